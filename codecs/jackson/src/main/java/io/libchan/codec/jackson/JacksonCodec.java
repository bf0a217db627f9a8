package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import io.libchan.Limits;
import io.libchan.spi.Codec;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * A codec whose messages Jackson maps to Java: records, plain classes, maps, lists, enums, {@code
 * java.time}, {@code byte[]} and {@code JsonNode}. What its bytes look like is up to a {@link
 * Syntax}.
 *
 * <p>What the other side sees: field names as they stand in the class, times as ISO-8601 text exact
 * to the nanosecond, and attachments as indexes. Fields that it does not know are ignored. A value
 * that does not fit is rejected, never cut or guessed: no text for a number, no fraction for an
 * integer, no number out of range. Rules COD-8 to COD-14. Bytes never name a class. Rule COD-16.
 *
 * <p>Thread-safe.
 */
public abstract class JacksonCodec implements Codec {
  private final String name;
  private final ObjectMapper mapper;

  /** A codec of this name on the wire. */
  protected JacksonCodec(String name) {
    this(name, mapper -> {});
  }

  /**
   * A codec of this name with rules of its own for names and values.
   *
   * @param rules changes how messages are mapped to Java
   */
  protected JacksonCodec(String name, Consumer<JsonMapper.Builder> rules) {
    this.name = name;
    JsonMapper.Builder builder = newMapper();
    rules.accept(builder);
    this.mapper = builder.build();
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final Format format(Type type, Limits limits) {
    JavaType resolved = mapper.constructType(Objects.requireNonNull(type));
    Class<?> raw = resolved.getRawClass();
    if (raw == void.class || raw == Void.class) {
      throw new IllegalArgumentException("a message can't be of type " + raw.getName());
    }
    Format format = new JacksonFormat(mapper, resolved, syntax(limits));
    return faster(format, mapper, resolved, limits);
  }

  /**
   * A format that does exactly what the given one does, in less time; or the given one.
   *
   * @param format of messages of this type under these limits
   * @param mapper which the format uses
   */
  protected Format faster(Format format, ObjectMapper mapper, JavaType type, Limits limits) {
    return format;
  }

  /** How messages are parsed under these limits, and how they are written. */
  protected abstract Syntax syntax(Limits limits);

  private static JsonMapper.Builder newMapper() {
    return JsonMapper.builder(new JsonFactory())
        .addModule(new JavaTimeModule().disable(JavaTimeFeature.NORMALIZE_DESERIALIZED_ZONE_ID))
        .addModule(new AttachmentModule())
        .enable(MapperFeature.BLOCK_UNSAFE_POLYMORPHIC_BASE_TYPES)
        .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .enable(DeserializationFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(SerializationFeature.WRITE_DATES_WITH_ZONE_ID)
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .disable(SerializationFeature.FLUSH_AFTER_WRITE_VALUE)
        .withCoercionConfig(
            LogicalType.Textual,
            other ->
                other
                    .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Float, CoercionAction.Fail)
                    .setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail))
        // Formats without numbers of any size write these as text.
        .withCoercionConfig(
            BigDecimal.class,
            text -> text.setCoercion(CoercionInputShape.String, CoercionAction.TryConvert))
        .withCoercionConfig(
            BigInteger.class,
            text -> text.setCoercion(CoercionInputShape.String, CoercionAction.TryConvert));
  }
}
