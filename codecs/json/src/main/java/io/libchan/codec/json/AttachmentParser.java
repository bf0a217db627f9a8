package io.libchan.codec.json;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import io.libchan.MessageRejected;
import io.libchan.codec.jackson.DelegatingParser;
import io.libchan.spi.Codec.Claims;
import io.libchan.spi.Malformed;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a JSON parser, in which the object of an attachment is one token. To know it, the
 * parser below is one token ahead while this one stands at the start of an object.
 */
final class AttachmentParser extends DelegatingParser {
  private @Nullable JsonToken ahead;

  AttachmentParser(JsonParser json, Claims claims, ObjectCodec mapper) {
    super(json, claims, mapper);
  }

  @Override
  protected @Nullable JsonToken advance() throws IOException {
    JsonToken token = ahead == null ? parser.nextToken() : ahead;
    ahead = null;
    if (token == JsonToken.START_OBJECT) {
      ahead = parser.nextToken();
      if (ahead == JsonToken.FIELD_NAME && isReserved()) {
        token = attachment();
      }
    } else if (token == JsonToken.FIELD_NAME && isReserved()) {
      throw notAnAttachment();
    }
    return token;
  }

  private boolean isReserved() throws IOException {
    return JsonCodec.ATTACHMENT_KEY.equals(parser.currentName());
  }

  private JsonToken attachment() throws IOException {
    if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT
        || parser.getNumberType() != NumberType.INT) {
      throw notAnAttachment();
    }
    int index = parser.getIntValue();
    if (parser.nextToken() != JsonToken.END_OBJECT) {
      throw notAnAttachment();
    }
    ahead = null;
    return attachment(index);
  }

  private MessageRejected notAnAttachment() {
    return refuse(Malformed.value("COD-9", "the key \"@attachment\" belongs to attachments"));
  }

  @Override
  public @Nullable String currentName() throws IOException {
    if (_currToken != JsonToken.START_OBJECT) {
      return super.currentName();
    }
    JsonStreamContext parent = parser.getParsingContext().getParent();
    return parent == null ? null : parent.getCurrentName();
  }

  @Override
  public @Nullable String getText() throws IOException {
    return _currToken == JsonToken.START_OBJECT ? _currToken.asString() : super.getText();
  }
}
