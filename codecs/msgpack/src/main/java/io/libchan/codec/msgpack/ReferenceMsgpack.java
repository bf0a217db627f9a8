package io.libchan.codec.msgpack;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdSerializer;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.codec.jackson.JacksonCodec;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.codec.jackson.Syntax;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Codec.Format;
import io.libchan.spi.ReferenceCodec;
import io.libchan.spi.ReferenceDialect;
import java.io.IOException;
import java.lang.reflect.Type;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The message encoding of the Go reference. Section 3 of spec/spdy.md.
 *
 * <p>What the other side sees: a record as a map whose keys are its fields' names with a capital
 * first letter, or as {@code @JsonProperty} says; no field that is null; every float and double in
 * nine bytes; signed integers; {@link Instant} as extension 6, {@link Duration} as its nanoseconds.
 *
 * <p>Thread-safe.
 */
public final class ReferenceMsgpack implements ReferenceCodec {
  private final Dialect head = new Dialect(ReferenceDialect.HEAD);
  private final Dialect jschan = new Dialect(ReferenceDialect.JSCHAN);

  /** The codec; {@link java.util.ServiceLoader} calls this. */
  public ReferenceMsgpack() {}

  @Override
  public Format format(Type type, Limits limits, ReferenceDialect dialect) {
    return (dialect == ReferenceDialect.HEAD ? head : jschan).format(type, limits);
  }

  private static void rules(JsonMapper.Builder mapper) {
    mapper
        .propertyNamingStrategy(PropertyNamingStrategies.UPPER_CAMEL_CASE)
        .defaultPropertyInclusion(
            JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
        .addModule(
            new SimpleModule("libchan-reference")
                .addSerializer(Instant.class, new TimeWriter())
                .addDeserializer(Instant.class, new TimeReader())
                .addSerializer(Duration.class, new DurationWriter())
                .addDeserializer(Duration.class, new DurationReader()));
  }

  /** One of the two, as a codec that is offered to nobody. */
  private static final class Dialect extends JacksonCodec {
    private final ReferenceExtensions extensions;

    Dialect(ReferenceDialect dialect) {
      super("msgpack", ReferenceMsgpack::rules);
      extensions = new ReferenceExtensions(dialect);
    }

    @Override
    protected Syntax syntax(Limits limits) {
      return new ReferenceSyntax(limits, new NameCache(), extensions);
    }
  }

  private record ReferenceSyntax(Limits limits, NameCache names, ReferenceExtensions extensions)
      implements Syntax {
    @Override
    public MessageParser parser(
        byte[] bytes, int offset, int length, Claims claims, ObjectCodec mapper)
        throws ChannelException {
      new MsgpackScan(
              bytes, limits.maxDepth(), limits.maxElements(), limits.maxStringBytes(), extensions)
          .check(offset, offset + length);
      return new MsgpackParser(bytes, offset, names, claims, mapper, extensions);
    }

    @Override
    public JsonGenerator generator(Outgoing out, ObjectCodec mapper) {
      return new MsgpackGenerator(out, mapper, extensions);
    }
  }

  private static final class TimeWriter extends StdSerializer<Instant> {
    private static final long serialVersionUID = 1L;

    TimeWriter() {
      super(Instant.class);
    }

    @Override
    public void serialize(Instant time, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeEmbeddedObject(time);
    }
  }

  private static final class TimeReader extends StdDeserializer<Instant> {
    private static final long serialVersionUID = 1L;

    TimeReader() {
      super(Instant.class);
    }

    /** Null for an empty map, which is what Go writes for a field that has the type of a time. */
    @Override
    public @Nullable Instant deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (parser.currentToken() == JsonToken.VALUE_EMBEDDED_OBJECT
          && parser.getEmbeddedObject() instanceof Instant time) {
        return time;
      }
      if (parser.currentToken() == JsonToken.START_OBJECT
          && parser.nextToken() == JsonToken.END_OBJECT) {
        return null;
      }
      return context.reportInputMismatch(this, "not a time");
    }
  }

  private static final class DurationWriter extends StdSerializer<Duration> {
    private static final long serialVersionUID = 1L;

    DurationWriter() {
      super(Duration.class);
    }

    @Override
    public void serialize(Duration time, JsonGenerator generator, SerializerProvider provider)
        throws IOException {
      generator.writeNumber(time.toNanos());
    }
  }

  private static final class DurationReader extends StdDeserializer<Duration> {
    private static final long serialVersionUID = 1L;

    DurationReader() {
      super(Duration.class);
    }

    @Override
    public Duration deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      if (parser.currentToken() != JsonToken.VALUE_NUMBER_INT) {
        return context.reportInputMismatch(this, "not a duration in nanoseconds");
      }
      return Duration.ofNanos(parser.getLongValue());
    }
  }
}
