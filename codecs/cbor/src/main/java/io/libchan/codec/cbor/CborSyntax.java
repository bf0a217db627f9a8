package io.libchan.codec.cbor;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.io.IOContext;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORFactoryBuilder;
import io.libchan.Limits;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.codec.jackson.Syntax;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;

/** CBOR under the limits of one format. Thread-safe. */
final class CborSyntax implements Syntax {
  private final Limits limits;
  private final Factory factory;

  CborSyntax(Limits limits) {
    this.limits = limits;
    this.factory = new Factory(limits);
  }

  @Override
  public MessageParser parser(
      byte[] bytes, int offset, int length, Claims claims, ObjectCodec mapper) throws IOException {
    new CborScan(bytes, limits).check(offset, offset + length);
    return new CborAttachmentParser(factory.createParser(bytes, offset, length), claims, mapper);
  }

  @Override
  public JsonGenerator generator(Outgoing out, ObjectCodec mapper) {
    return factory.messageGenerator(out).setCodec(mapper);
  }

  private static final class Factory extends CBORFactory {
    private static final long serialVersionUID = 1L;

    Factory(Limits limits) {
      super(
          new CBORFactoryBuilder() {} // its constructors are protected
          .disable(CBORFactory.Feature.INTERN_FIELD_NAMES)
              .disable(StreamReadFeature.STRICT_DUPLICATE_DETECTION) // the scan's
              .enable(StreamWriteFeature.STRICT_DUPLICATE_DETECTION)
              .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(limits.maxDepth())
                      .maxStringLength(limits.maxStringBytes())
                      .maxNameLength(limits.maxStringBytes())
                      .build()));
    }

    JsonGenerator messageGenerator(Outgoing out) {
      IOContext context = _createContext(_createContentReference(out), false);
      return new CborAttachmentGenerator(
          context, _generatorFeatures, _formatGeneratorFeatures, out);
    }
  }
}
