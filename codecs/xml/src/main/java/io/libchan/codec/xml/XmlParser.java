package io.libchan.codec.xml;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.libchan.codec.jackson.DelegatingParser;
import io.libchan.spi.Codec.Claims;
import java.io.IOException;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** The tokens that {@link XmlReader} made. A number with a fraction is kept as its digits. */
final class XmlParser extends DelegatingParser {
  XmlParser(TokenBuffer tokens, Claims claims, ObjectCodec mapper) {
    super(tokens.asParser(StreamReadConstraints.defaults()), claims, mapper);
  }

  @Override
  protected @Nullable JsonToken advance() throws IOException {
    JsonToken token = parser.nextToken();
    return token == JsonToken.VALUE_EMBEDDED_OBJECT
            && parser.getEmbeddedObject() instanceof XmlReader.Index index
        ? attachment(index.value())
        : token;
  }

  private boolean isReal() {
    return _currToken == JsonToken.VALUE_NUMBER_FLOAT;
  }

  @Override
  public NumberType getNumberType() throws IOException {
    return isReal() ? NumberType.DOUBLE : super.getNumberType();
  }

  @Override
  public NumberTypeFP getNumberTypeFP() {
    return NumberTypeFP.UNKNOWN;
  }

  @Override
  public boolean isNaN() {
    return false;
  }

  @Override
  public Number getNumberValue() throws IOException {
    return isReal() ? (Number) getDoubleValue() : super.getNumberValue();
  }

  @Override
  public Number getNumberValueExact() throws IOException {
    return isReal() ? getDecimalValue() : super.getNumberValueExact();
  }

  @Override
  public Object getNumberValueDeferred() throws IOException {
    return isReal() ? parser.getText() : super.getNumberValueDeferred();
  }

  @Override
  public float getFloatValue() throws IOException {
    return isReal() ? Float.parseFloat(parser.getText()) : super.getFloatValue();
  }

  @Override
  public double getDoubleValue() throws IOException {
    return isReal() ? Double.parseDouble(parser.getText()) : super.getDoubleValue();
  }

  @Override
  public BigDecimal getDecimalValue() throws IOException {
    return isReal() ? new BigDecimal(parser.getText()) : super.getDecimalValue();
  }
}
