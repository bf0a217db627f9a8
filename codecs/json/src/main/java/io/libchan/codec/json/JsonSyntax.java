package io.libchan.codec.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.exc.InputCoercionException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.core.io.IOContext;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.codec.jackson.Syntax;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Malformed;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** JSON under the limits of one format. Thread-safe. */
final class JsonSyntax implements Syntax {
  private static final int MAX_CAUSES = 32;

  private final Limits limits;
  private final Factory factory;

  JsonSyntax(Limits limits) {
    this.limits = limits;
    this.factory = new Factory(limits);
  }

  @Override
  public MessageParser parser(
      byte[] bytes, int offset, int length, Claims claims, ObjectCodec mapper) throws IOException {
    new JsonScan(bytes, limits).check(offset, offset + length);
    return new AttachmentParser(factory.createParser(bytes, offset, length), claims, mapper);
  }

  @Override
  public JsonGenerator generator(Outgoing out, ObjectCodec mapper) throws IOException {
    return factory.createGenerator(out).setCodec(mapper);
  }

  @Override
  public @Nullable ChannelException blame(Throwable failure) {
    Throwable cause = failure;
    for (int i = 0; cause != null && i < MAX_CAUSES; i++, cause = cause.getCause()) {
      if (cause instanceof StreamConstraintsException) {
        // The scan has checked all but the length of a number.
        return new LimitExceeded(
            Reason.limit(
                "string-bytes",
                "a number has more than "
                    + StreamReadConstraints.DEFAULT_MAX_NUM_LEN
                    + " characters"));
      }
      if (cause instanceof StreamReadException parsing
          && !(cause instanceof InputCoercionException)
          && !(parsing.getProcessor() instanceof MessageParser)) {
        return Malformed.bytes("not JSON");
      }
    }
    return null;
  }

  private static final class Factory extends JsonFactory {
    private static final long serialVersionUID = 1L;

    Factory(Limits limits) {
      super(
          new JsonFactoryBuilder()
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
              .enable(StreamWriteFeature.STRICT_DUPLICATE_DETECTION)
              .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(limits.maxDepth())
                      .maxStringLength(limits.maxStringBytes())
                      .maxNameLength(limits.maxStringBytes())
                      .build()));
    }

    @Override
    protected JsonGenerator _createUTF8Generator(OutputStream out, IOContext context)
        throws IOException {
      return out instanceof Outgoing outgoing
          ? new AttachmentGenerator(context, _generatorFeatures, outgoing)
          : super._createUTF8Generator(out, context);
    }
  }
}
