package io.libchan.codec.msgpack;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How values of one type {@code T} are written and read.
 *
 * @param writer {@code (FieldWriter, T)void}
 * @param reader {@code (FieldReader)T}, or {@code (FieldReader)int} if there is a {@code taker}
 * @param taker {@code (FieldReader, int)T}, for attachments, which are taken when all was read
 * @param cost in a message
 */
record FieldKind(
    MethodHandle writer, MethodHandle reader, @Nullable MethodHandle taker, Cost cost) {
  private static final MethodHandles.Lookup HERE = MethodHandles.lookup();
  private static final int MOST_BYTES = 9; // that a scalar takes, with its code
  private static final MethodHandle IS_NULL;
  private static final MethodHandle WRITE_NIL = writing("nil");
  private static final MethodHandle READ_NIL = reading(boolean.class, "nil");

  static {
    try {
      IS_NULL =
          HERE.findStatic(
              Objects.class, "isNull", MethodType.methodType(boolean.class, Object.class));
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** A value of at most nine bytes, or of which the rest makes room for itself. */
  static FieldKind of(MethodHandle writer, MethodHandle reader) {
    return new FieldKind(writer, reader, null, Cost.ofBytes(MOST_BYTES));
  }

  /** {@code (FieldWriter, parameters)void} */
  static MethodHandle writing(String method, Class<?>... parameters) {
    return method(FieldWriter.class, method, MethodType.methodType(void.class, parameters));
  }

  /** {@code (FieldReader, parameters)result} */
  static MethodHandle reading(Class<?> result, String method, Class<?>... parameters) {
    return method(FieldReader.class, method, MethodType.methodType(result, parameters));
  }

  private static MethodHandle method(Class<?> owner, String name, MethodType type) {
    try {
      return HERE.findVirtual(owner, name, type);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }

  /** An attachment, of which this reads the index. */
  FieldKind takenBy(MethodHandle newTaker) {
    return new FieldKind(writer, reader, newTaker, cost);
  }

  /** The same as values of another type, which casts lead to and from. */
  FieldKind as(Class<?> type) {
    return new FieldKind(
        writer.asType(writer.type().changeParameterType(1, type)),
        taker == null ? reader.asType(reader.type().changeReturnType(type)) : reader,
        taker == null ? null : taker.asType(taker.type().changeReturnType(type)),
        cost);
  }

  /** The same with nil for null. */
  FieldKind orNil() {
    Class<?> type = reader.type().returnType();
    return new FieldKind(
        MethodHandles.guardWithTest(
            MethodHandles.dropArguments(
                IS_NULL.asType(IS_NULL.type().changeParameterType(0, type)), 0, FieldWriter.class),
            MethodHandles.dropArguments(WRITE_NIL, 1, type),
            writer),
        MethodHandles.guardWithTest(
            READ_NIL,
            MethodHandles.dropArguments(MethodHandles.constant(type, null), 0, FieldReader.class),
            reader),
        null,
        cost);
  }
}
