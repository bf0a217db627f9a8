package io.libchan.codec.jackson;

import com.fasterxml.jackson.core.Base64Variant;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * A parser of messages over a parser that knows the format, and nothing of attachments. What it
 * makes of that one's tokens is up to {@link #advance}.
 *
 * <p>Not thread-safe.
 */
public abstract class DelegatingParser extends MessageParser {
  /** The parser below. */
  protected final JsonParser parser;

  private @Nullable AttachmentReference reference;

  /** A parser that has read nothing yet. */
  protected DelegatingParser(JsonParser parser, Claims claims, ObjectCodec mapper) {
    super(parser.streamReadConstraints(), claims, mapper);
    this.parser = parser;
  }

  /** The next token, or null at the end. */
  protected abstract @Nullable JsonToken advance() throws IOException;

  /** The token of an attachment, for {@link #advance} to return. */
  protected final JsonToken attachment(int index) {
    reference = reference(index);
    return JsonToken.VALUE_EMBEDDED_OBJECT;
  }

  @Override
  public final @Nullable JsonToken nextToken() throws IOException {
    reference = null;
    _currToken = advance();
    return _currToken;
  }

  @Override
  public @Nullable String currentName() throws IOException {
    return parser.currentName();
  }

  @Override
  public @Nullable String getText() throws IOException {
    return reference == null ? parser.getText() : null;
  }

  @Override
  public @Nullable Object getEmbeddedObject() throws IOException {
    return reference == null ? parser.getEmbeddedObject() : reference;
  }

  @Override
  public void close() throws IOException {
    super.close();
    parser.close();
  }

  @Override
  public JsonStreamContext getParsingContext() {
    return parser.getParsingContext();
  }

  @Override
  public void overrideCurrentName(String name) {
    parser.overrideCurrentName(name);
  }

  @Override
  public byte[] getBinaryValue(Base64Variant variant) throws IOException {
    return parser.getBinaryValue(variant);
  }

  @Override
  public NumberType getNumberType() throws IOException {
    return parser.getNumberType();
  }

  @Override
  public NumberTypeFP getNumberTypeFP() throws IOException {
    return parser.getNumberTypeFP();
  }

  @Override
  public boolean isNaN() throws IOException {
    return parser.isNaN();
  }

  @Override
  public Number getNumberValue() throws IOException {
    return parser.getNumberValue();
  }

  @Override
  public Number getNumberValueExact() throws IOException {
    return parser.getNumberValueExact();
  }

  @Override
  public Object getNumberValueDeferred() throws IOException {
    return parser.getNumberValueDeferred();
  }

  @Override
  public int getIntValue() throws IOException {
    return parser.getIntValue();
  }

  @Override
  public long getLongValue() throws IOException {
    return parser.getLongValue();
  }

  @Override
  public BigInteger getBigIntegerValue() throws IOException {
    return parser.getBigIntegerValue();
  }

  @Override
  public float getFloatValue() throws IOException {
    return parser.getFloatValue();
  }

  @Override
  public double getDoubleValue() throws IOException {
    return parser.getDoubleValue();
  }

  @Override
  public BigDecimal getDecimalValue() throws IOException {
    return parser.getDecimalValue();
  }
}
