package io.libchan.codec.msgpack;

import static io.libchan.codec.msgpack.FieldKind.reading;
import static io.libchan.codec.msgpack.FieldKind.writing;
import static java.util.stream.Collectors.toUnmodifiableMap;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.libchan.ByteStream;
import io.libchan.FileHandle;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.codec.jackson.Types;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds how a field is written and read, by its type. There is only what comes out as Jackson would
 * have it; everything else is {@link Abandoned}.
 */
final class FieldKinds {
  private static final int MOST_LEVELS = 8; // of types; one that holds itself has no end
  private static final int MOST_FIELDS = 100; // all together, as the code for them is one piece
  private static final Set<Class<?>> ENDS = Set.of(Sender.class, Receiver.class);
  private static final Set<Class<?>> STREAMS =
      Set.of(ByteStream.class, FileHandle.class, InputStream.class, OutputStream.class);
  private static final MethodHandle WRITE_INTEGER = writing("integer", long.class);

  private static final Map<Class<?>, FieldKind> SCALARS =
      Map.of(
          long.class, FieldKind.of(WRITE_INTEGER, reading(long.class, "int64")),
          int.class, integer(int.class, "int32"),
          short.class, integer(short.class, "int16"),
          byte.class, integer(byte.class, "int8"),
          boolean.class, scalar(boolean.class, "truth"),
          char.class, scalar(char.class, "character"),
          float.class, scalar(float.class, "float32"),
          double.class, scalar(double.class, "float64"),
          String.class, scalar(String.class, "text"),
          byte[].class, scalar(byte[].class, "binary"));

  /** Types whose text form is {@code toString()}, and what parses it. */
  private static final Map<Class<?>, Function<String, Object>> FORMS =
      Map.of(
          UUID.class, UUID::fromString,
          Instant.class, Instant::parse,
          Duration.class, Duration::parse,
          LocalDate.class, LocalDate::parse);

  private final ObjectMapper mapper;
  private int level;
  private int fields;

  FieldKinds(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  private static FieldKind scalar(Class<?> type, String method) {
    return FieldKind.of(writing(method, type), reading(type, method));
  }

  private static FieldKind integer(Class<?> type, String method) {
    return FieldKind.of(
        WRITE_INTEGER.asType(MethodType.methodType(void.class, FieldWriter.class, type)),
        reading(type, method));
  }

  /** The kind of a field of this type. */
  FieldKind of(JavaType type) throws JsonMappingException, IllegalAccessException {
    if (++fields > MOST_FIELDS) {
      throw Abandoned.now();
    }
    Class<?> raw = type.getRawClass();
    FieldKind scalar = SCALARS.get(raw);
    if (scalar != null) {
      return scalar;
    }
    FieldKind unboxed = SCALARS.get(MethodType.methodType(raw).unwrap().returnType());
    if (unboxed != null) {
      return unboxed.as(raw).orNil();
    }
    Function<String, Object> parse = FORMS.get(raw);
    if (parse != null) {
      return form(raw, parse);
    }
    if (ENDS.contains(raw)) {
      return attachment(raw, Types.of(type.containedTypeOrUnknown(0)));
    }
    if (STREAMS.contains(raw)) {
      return attachment(raw, null);
    }
    return raw.isEnum() ? constants(raw) : container(type);
  }

  private FieldKind container(JavaType type) throws JsonMappingException, IllegalAccessException {
    if (++level > MOST_LEVELS) {
      throw Abandoned.now();
    }
    FieldKind kind =
        type.getRawClass() == List.class
            ? list(of(type.getContentType()))
            : RecordKind.of(type, this).kind().orNil();
    level--;
    return kind;
  }

  List<JavaType> fields(JavaType type) throws JsonMappingException {
    return RecordFields.of(type, mapper);
  }

  private static FieldKind form(Class<?> type, Function<String, Object> parse) {
    MethodHandle read = reading(Object.class, "form", Function.class);
    return FieldKind.of(
            writing("form", Object.class), MethodHandles.insertArguments(read, 1, parse))
        .as(type);
  }

  private static FieldKind attachment(Class<?> type, @Nullable Type element) {
    MethodHandle take = reading(Object.class, "take", Class.class, Type.class, int.class);
    FieldKind index =
        FieldKind.of(writing("attachment", Object.class), reading(int.class, "attachment"));
    return index.takenBy(MethodHandles.insertArguments(take, 1, type, element)).as(type);
  }

  /** An enum whose constants have no class of their own, and so nothing that we don't see. */
  private static FieldKind constants(Class<?> type) {
    if (!Modifier.isFinal(type.getModifiers()) || Annotated.is(type)) {
      throw Abandoned.now();
    }
    Enum<?>[] constants = (Enum<?>[]) type.getEnumConstants();
    Map<String, Object> byName =
        Stream.of(constants).collect(toUnmodifiableMap(Enum::name, c -> c));
    MethodHandle read = reading(Object.class, "constant", Map.class);
    return FieldKind.of(
            writing("constant", Enum.class), MethodHandles.insertArguments(read, 1, byName))
        .as(type);
  }

  private static FieldKind list(FieldKind element) {
    if (element.taker() != null) {
      throw Abandoned.now(); // so many more to take than there are fields
    }
    FieldKind any = element.as(Object.class);
    MethodHandle write = writing("list", MethodHandle.class, List.class);
    MethodHandle read = reading(List.class, "list", MethodHandle.class, int.class);
    int cost = 1 + element.cost().elements();
    return new FieldKind(
        MethodHandles.insertArguments(write, 1, any.writer()),
        MethodHandles.insertArguments(read, 1, any.reader(), cost),
        null,
        element.cost().inList());
  }
}
