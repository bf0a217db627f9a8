package io.libchan.codec.json;

import com.fasterxml.jackson.core.Base64Variant;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import io.libchan.MessageRejected;
import io.libchan.codec.jackson.AttachmentReference;
import io.libchan.codec.jackson.Malformed;
import io.libchan.codec.jackson.MessageParser;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a JSON parser, in which the object of an attachment is one token. To know it, the
 * parser below is one token ahead while this one stands at the start of an object.
 */
final class AttachmentParser extends MessageParser {
  private final JsonParser json;
  private @Nullable JsonToken ahead;
  private @Nullable AttachmentReference reference;

  AttachmentParser(JsonParser json, Claims claims, ObjectCodec mapper) {
    super(json.streamReadConstraints(), claims, mapper);
    this.json = json;
  }

  @Override
  public @Nullable JsonToken nextToken() throws IOException {
    JsonToken token = ahead == null ? json.nextToken() : ahead;
    ahead = null;
    if (token == JsonToken.START_OBJECT) {
      ahead = json.nextToken();
      if (ahead == JsonToken.FIELD_NAME && isReserved()) {
        token = attachment();
      }
    } else if (token == JsonToken.FIELD_NAME && isReserved()) {
      throw notAnAttachment();
    }
    _currToken = token;
    return token;
  }

  private boolean isReserved() throws IOException {
    return JsonCodec.ATTACHMENT_KEY.equals(json.currentName());
  }

  private JsonToken attachment() throws IOException {
    if (json.nextToken() != JsonToken.VALUE_NUMBER_INT || json.getNumberType() != NumberType.INT) {
      throw notAnAttachment();
    }
    int index = json.getIntValue();
    if (json.nextToken() != JsonToken.END_OBJECT) {
      throw notAnAttachment();
    }
    ahead = null;
    reference = reference(index);
    return JsonToken.VALUE_EMBEDDED_OBJECT;
  }

  private MessageRejected notAnAttachment() {
    return refuse(Malformed.value("COD-9", "the key \"@attachment\" belongs to attachments"));
  }

  @Override
  public void close() throws IOException {
    super.close();
    json.close();
  }

  @Override
  public JsonStreamContext getParsingContext() {
    return json.getParsingContext();
  }

  @Override
  public @Nullable String currentName() throws IOException {
    if (_currToken != JsonToken.START_OBJECT) {
      return json.currentName();
    }
    JsonStreamContext parent = json.getParsingContext().getParent();
    return parent == null ? null : parent.getCurrentName();
  }

  @Override
  public void overrideCurrentName(String name) {
    json.overrideCurrentName(name);
  }

  @Override
  public @Nullable String getText() throws IOException {
    return _currToken == JsonToken.START_OBJECT ? _currToken.asString() : json.getText();
  }

  @Override
  public @Nullable Object getEmbeddedObject() {
    return _currToken == JsonToken.VALUE_EMBEDDED_OBJECT ? reference : null;
  }

  @Override
  public byte[] getBinaryValue(Base64Variant variant) throws IOException {
    return json.getBinaryValue(variant);
  }

  @Override
  public NumberType getNumberType() throws IOException {
    return json.getNumberType();
  }

  @Override
  public NumberTypeFP getNumberTypeFP() throws IOException {
    return json.getNumberTypeFP();
  }

  @Override
  public boolean isNaN() throws IOException {
    return json.isNaN();
  }

  @Override
  public Number getNumberValue() throws IOException {
    return json.getNumberValue();
  }

  @Override
  public Number getNumberValueExact() throws IOException {
    return json.getNumberValueExact();
  }

  @Override
  public Object getNumberValueDeferred() throws IOException {
    return json.getNumberValueDeferred();
  }

  @Override
  public int getIntValue() throws IOException {
    return json.getIntValue();
  }

  @Override
  public long getLongValue() throws IOException {
    return json.getLongValue();
  }

  @Override
  public BigInteger getBigIntegerValue() throws IOException {
    return json.getBigIntegerValue();
  }

  @Override
  public float getFloatValue() throws IOException {
    return json.getFloatValue();
  }

  @Override
  public double getDoubleValue() throws IOException {
    return json.getDoubleValue();
  }

  @Override
  public BigDecimal getDecimalValue() throws IOException {
    return json.getDecimalValue();
  }
}
