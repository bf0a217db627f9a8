package io.libchan.codec.cbor;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.dataformat.cbor.CBORParser;
import io.libchan.codec.jackson.DelegatingParser;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The tokens of bytes that {@link CborScan} found good; a number with a tag is an attachment. */
final class CborAttachmentParser extends DelegatingParser {
  private final CBORParser cbor;

  CborAttachmentParser(CBORParser cbor, Claims claims, ObjectCodec mapper) {
    super(cbor, claims, mapper);
    this.cbor = cbor;
  }

  @Override
  protected @Nullable JsonToken advance() throws IOException {
    JsonToken token = cbor.nextToken();
    return token == JsonToken.VALUE_NUMBER_INT && cbor.getCurrentTag() == CborCodec.ATTACHMENT_TAG
        ? attachment(cbor.getIntValue())
        : token;
  }
}
