package io.libchan.codec.msgpack;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * How records of one type are written and read: each as one method handle, composed of those for
 * the fields. There is one plan for each class, as the JVM compiles every handle on its own.
 *
 * <p>Thread-safe: immutable.
 *
 * @param writer {@code (FieldWriter, Object)void}
 * @param reader {@code (FieldReader)Object}
 * @param cost of a message
 */
record RecordPlan(MethodHandle writer, MethodHandle reader, Cost cost) {
  private static final Plans PLANS = new Plans();

  /** The plan of each class, or that there is none; null until it is known. */
  private static final class Plans extends ClassValue<AtomicReference<Optional<RecordPlan>>> {
    @Override
    protected AtomicReference<Optional<RecordPlan>> computeValue(Class<?> type) {
      return new AtomicReference<>();
    }
  }

  /**
   * The plan for this type, or none if it is something that Jackson has to do or is not open to us.
   *
   * @param mapper where it does not matter which one, as the mappers of all codecs are alike
   */
  static Optional<RecordPlan> of(JavaType type, ObjectMapper mapper) {
    if (!type.getRawClass().isRecord() || type.containedTypeCount() > 0) {
      return Optional.empty();
    }
    AtomicReference<Optional<RecordPlan>> place = PLANS.get(type.getRawClass());
    Optional<RecordPlan> known = place.get();
    if (known != null) {
      return known;
    }
    Optional<RecordPlan> composed = compose(type, mapper);
    Optional<RecordPlan> first = place.compareAndExchange(null, composed);
    return first == null ? composed : first;
  }

  private static Optional<RecordPlan> compose(JavaType type, ObjectMapper mapper) {
    try {
      FieldKind message = RecordKind.of(type, new FieldKinds(mapper)).message();
      return Optional.of(
          new RecordPlan(
              message
                  .writer()
                  .asType(MethodType.methodType(void.class, FieldWriter.class, Object.class)),
              message.reader().asType(MethodType.methodType(Object.class, FieldReader.class)),
              message.cost()));
    } catch (JsonMappingException
        | IllegalAccessException
        | RuntimeException
        | LinkageError
        | StackOverflowError e) {
      return Optional.empty(); // whatever it is, Jackson will tell
    }
  }
}
