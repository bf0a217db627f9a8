package io.libchan.codec.xml;

import com.fasterxml.jackson.core.Base64Variant;
import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.base.GeneratorBase;
import com.fasterxml.jackson.core.json.DupDetector;
import com.fasterxml.jackson.core.json.JsonWriteContext;
import io.libchan.LimitExceeded;
import io.libchan.codec.jackson.AttachmentReference;
import io.libchan.codec.jackson.MessageGenerator;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.spi.Malformed;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes one message: an element for each value. Rules COD-30 to COD-34. */
final class XmlGenerator extends GeneratorBase implements MessageGenerator {
  private final Outgoing outgoing;
  private final StringBuilder piece = new StringBuilder();

  XmlGenerator(Outgoing outgoing, ObjectCodec mapper) {
    super(0, mapper, null, JsonWriteContext.createRootContext(null));
    this.outgoing = outgoing;
    _writeContext = _writeContext.withDupDetector(DupDetector.rootDetector((JsonGenerator) this));
  }

  @Override
  public Outgoing outgoing() {
    return outgoing;
  }

  // Elements.

  /** Begins the element of a value; its name is where the value stands. */
  private void begin(XmlType type) throws IOException {
    _verifyValueWrite("write a value");
    piece.append('<').append(name());
    if (_writeContext.inObject() && !XmlText.isName(_writeContext.getCurrentName())) {
      key(_writeContext.getCurrentName());
    }
    piece.append(type.attribute()).append('>');
  }

  private void key(String key) {
    boolean escaped = XmlText.needsEscape(key);
    piece.append(escaped ? " escapedKey=\"" : " key=\"");
    XmlText.quote(escaped ? XmlText.escape(key) : key, piece);
    piece.append('"');
  }

  private void end() throws LimitExceeded {
    piece.append("</").append(name()).append('>');
    byte[] bytes = piece.toString().getBytes(StandardCharsets.UTF_8);
    piece.setLength(0);
    outgoing.write(bytes, 0, bytes.length);
  }

  private String name() {
    if (_writeContext.inRoot()) {
      return XmlText.ROOT;
    }
    if (_writeContext.inArray()) {
      return XmlText.ITEM;
    }
    String key = _writeContext.getCurrentName();
    return XmlText.isName(key) ? key : XmlText.ENTRY;
  }

  private void plain(XmlType type, String value) throws IOException {
    begin(type);
    piece.append(value);
    end();
  }

  @Override
  protected void _verifyValueWrite(String what) throws IOException {
    if (_writeContext.writeValue() == JsonWriteContext.STATUS_EXPECT_NAME) {
      _reportError("a value where a name is due");
    }
  }

  @Override
  public void writeStartArray() throws IOException {
    begin(XmlType.LIST);
    _writeContext = _writeContext.createChildArrayContext();
  }

  @Override
  public void writeEndArray() throws IOException {
    if (!_writeContext.inArray()) {
      _reportError("not in an array");
    }
    _writeContext = _writeContext.getParent();
    end();
  }

  @Override
  public void writeStartObject() throws IOException {
    begin(XmlType.MAP);
    _writeContext = _writeContext.createChildObjectContext();
  }

  @Override
  public void writeEndObject() throws IOException {
    if (!_writeContext.inObject()) {
      _reportError("not in an object");
    }
    _writeContext = _writeContext.getParent();
    end();
  }

  @Override
  public void writeFieldName(String name) throws IOException {
    checkPairs(name);
    if (_writeContext.writeFieldName(name) == JsonWriteContext.STATUS_EXPECT_VALUE) {
      _reportError("a name where a value is due");
    }
  }

  // Values.

  @Override
  public void writeString(String text) throws IOException {
    checkPairs(text);
    boolean escaped = XmlText.needsEscape(text);
    begin(escaped ? XmlType.ESCAPED : XmlType.TEXT);
    XmlText.quote(escaped ? XmlText.escape(text) : text, piece);
    end();
  }

  private void checkPairs(String text) throws JsonGenerationException {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.isBmpCodePoint(text.codePointAt(i))) {
          throw new JsonGenerationException("text with half a surrogate pair", this);
        }
        i++;
      }
    }
  }

  @Override
  public void writeString(char[] text, int offset, int count) throws IOException {
    writeString(new String(text, offset, count));
  }

  @Override
  public void writeUTF8String(byte[] text, int offset, int count) throws IOException {
    writeString(new String(text, offset, count, StandardCharsets.UTF_8));
  }

  @Override
  public void writeBinary(Base64Variant variant, byte[] data, int offset, int count)
      throws IOException {
    plain(XmlType.TEXT, variant.encode(Arrays.copyOfRange(data, offset, offset + count)));
  }

  @Override
  public void writeEmbeddedObject(Object value) throws IOException {
    if (value instanceof AttachmentReference reference) {
      plain(XmlType.ATTACHMENT, Integer.toString(reference.index()));
    } else {
      super.writeEmbeddedObject(value);
    }
  }

  @Override
  public void writeNumber(int value) throws IOException {
    plain(XmlType.NUMBER, Integer.toString(value));
  }

  @Override
  public void writeNumber(long value) throws IOException {
    plain(XmlType.NUMBER, Long.toString(value));
  }

  @Override
  public void writeNumber(BigInteger value) throws IOException {
    plain(XmlType.NUMBER, value.toString());
  }

  @Override
  public void writeNumber(double value) throws IOException {
    plain(Double.isFinite(value) ? XmlType.NUMBER : XmlType.TEXT, Double.toString(value));
  }

  @Override
  public void writeNumber(float value) throws IOException {
    plain(Float.isFinite(value) ? XmlType.NUMBER : XmlType.TEXT, Float.toString(value));
  }

  @Override
  public void writeNumber(BigDecimal value) throws IOException {
    plain(XmlType.NUMBER, value.toString());
  }

  @Override
  public void writeNumber(String encoded) throws IOException {
    writeNumber(new BigDecimal(encoded));
  }

  @Override
  public void writeBoolean(boolean value) throws IOException {
    plain(XmlType.BOOLEAN, Boolean.toString(value));
  }

  @Override
  public void writeNull() throws IOException {
    plain(XmlType.NULL, "");
  }

  // Raw text could be anything.

  @Override
  public void writeRaw(String text) throws IOException {
    throw outgoing.refuse(Malformed.value("COD-33", "raw XML could look like an attachment"));
  }

  @Override
  public void writeRaw(String text, int offset, int count) throws IOException {
    writeRaw("");
  }

  @Override
  public void writeRaw(char[] text, int offset, int count) throws IOException {
    writeRaw("");
  }

  @Override
  public void writeRaw(char c) throws IOException {
    writeRaw("");
  }

  @Override
  public void writeRawUTF8String(byte[] text, int offset, int count) throws IOException {
    writeRaw("");
  }

  @Override
  public void flush() {}

  @Override
  protected void _releaseBuffers() {}
}
