package io.libchan.codec.msgpack;

import com.fasterxml.jackson.core.Base64Variant;
import com.fasterxml.jackson.core.JsonGenerationException;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.base.GeneratorBase;
import com.fasterxml.jackson.core.json.JsonWriteContext;
import io.libchan.LimitExceeded;
import io.libchan.codec.jackson.AttachmentReference;
import io.libchan.codec.jackson.Bytes;
import io.libchan.codec.jackson.MessageGenerator;
import io.libchan.codec.jackson.Outgoing;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Malformed;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes one message. A container's size is known only at its end, so that its header is written
 * then, into the byte kept for it; a large one moves its content to make room.
 */
final class MsgpackGenerator extends GeneratorBase implements MessageGenerator {
  private final Outgoing outgoing;
  private final @Nullable ReferenceExtensions reference;
  private final EncodeBuffer out;
  private final int from;
  private int[] starts = new int[8]; // where the header of each open container goes
  private boolean freeNames; // names that come from data; those of a class are different

  /**
   * A generator.
   *
   * @param reference writes numbers and extensions as the Go reference has them; null: wire 1
   */
  MsgpackGenerator(Outgoing outgoing, ObjectCodec mapper, @Nullable ReferenceExtensions reference) {
    super(0, mapper, null, JsonWriteContext.createRootContext(null));
    this.reference = reference;
    this.outgoing = outgoing;
    this.out = outgoing.buffer();
    this.from = out.length();
  }

  @Override
  public Outgoing outgoing() {
    return outgoing;
  }

  @Override
  public void writeStartArray() throws IOException {
    _verifyValueWrite("start an array");
    open();
    _writeContext = _writeContext.createChildArrayContext();
  }

  @Override
  public void writeStartObject() throws IOException {
    _verifyValueWrite("start an object");
    open();
    _writeContext = _writeContext.createChildObjectContext();
  }

  private void open() throws LimitExceeded {
    int depth = _writeContext.getNestingDepth();
    if (depth == starts.length) {
      starts = Arrays.copyOf(starts, 2 * depth);
    }
    starts[depth] = out.length();
    reserve(1);
    out.advance(1);
  }

  @Override
  public void writeEndArray() throws IOException {
    if (!_writeContext.inArray()) {
      _reportError("not in an array");
    }
    close(0x90, 0xdc);
  }

  @Override
  public void writeEndObject() throws IOException {
    if (!_writeContext.inObject()) {
      _reportError("not in an object");
    }
    close(0x80, 0xde);
  }

  private void close(int fix, int large) throws LimitExceeded {
    int count = _writeContext.getEntryCount();
    _writeContext = _writeContext.getParent();
    int start = starts[_writeContext.getNestingDepth()];
    if (count < 16) {
      out.array()[start] = (byte) (fix | count);
      return;
    }
    int more = count < 0x10000 ? 2 : 4;
    reserve(more);
    byte[] bytes = out.array();
    System.arraycopy(bytes, start + 1, bytes, start + 1 + more, out.length() - start - 1);
    out.advance(more);
    bytes[start] = (byte) (more == 2 ? large : large + 1);
    if (more == 2) {
      Bytes.put16(bytes, start + 1, count);
    } else {
      Bytes.put32(bytes, start + 1, count);
    }
  }

  @Override
  public void writeFieldName(String name) throws IOException {
    freeNames = true;
    beginName(name);
    text(name);
  }

  @Override
  public void writeFieldName(SerializableString name) throws IOException {
    beginName(name.getValue());
    byte[] utf8 = name.asUnquotedUTF8();
    textBytes(utf8, 0, utf8.length);
  }

  private void beginName(String name) throws IOException {
    if (_writeContext.writeFieldName(name) == JsonWriteContext.STATUS_EXPECT_VALUE) {
      _reportError("a name where a value is due");
    }
  }

  @Override
  protected void _verifyValueWrite(String what) throws IOException {
    if (_writeContext.writeValue() == JsonWriteContext.STATUS_EXPECT_NAME) {
      _reportError("a value where a name is due");
    }
  }

  @Override
  public void writeString(String text) throws IOException {
    _verifyValueWrite("write text");
    text(text);
  }

  @Override
  public void writeString(char[] text, int offset, int count) throws IOException {
    writeString(new String(text, offset, count));
  }

  @Override
  public void writeString(SerializableString text) throws IOException {
    writeString(text.getValue());
  }

  @Override
  public void writeUTF8String(byte[] text, int offset, int count) throws IOException {
    writeString(new String(text, offset, count, StandardCharsets.UTF_8));
  }

  private void text(String text) throws IOException {
    int count = text.length();
    int header = count < 32 ? 1 : count < 0x100 ? 2 : count < 0x10000 ? 3 : 5;
    reserve(header + count);
    byte[] bytes = out.array();
    int at = out.length() + header;
    for (int i = 0; i < count; i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        wideText(text);
        return;
      }
      bytes[at + i] = (byte) c;
    }
    textHeader(count);
    out.advance(count);
  }

  private void wideText(String text) throws IOException {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        if (Character.isBmpCodePoint(text.codePointAt(i))) {
          throw new JsonGenerationException("text with half a surrogate pair", this);
        }
        i++;
      }
    }
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    textBytes(utf8, 0, utf8.length);
  }

  private void textBytes(byte[] utf8, int offset, int count) throws IOException {
    textHeader(count);
    raw(utf8, offset, count);
  }

  private void textHeader(int count) throws LimitExceeded {
    if (count < 32) {
      one(0xa0 | count);
    } else {
      header(0xd9, count);
    }
  }

  /** A code for lengths of one byte; those for two and four bytes follow it. */
  private void header(int code, int count) throws LimitExceeded {
    if (count < 0x100) {
      two(code, count);
    } else if (count < 0x10000) {
      three(code + 1, count);
    } else {
      five(code + 2, count);
    }
  }

  @Override
  public void writeBinary(Base64Variant variant, byte[] data, int offset, int count)
      throws IOException {
    _verifyValueWrite("write bytes");
    header(0xc4, count);
    raw(data, offset, count);
  }

  /** False, as this is about UUIDs only: they are text, which every language reads. */
  @Override
  public boolean canWriteBinaryNatively() {
    return false;
  }

  @Override
  public void writeEmbeddedObject(Object value) throws IOException {
    if (reference != null) {
      _verifyValueWrite("write an extension");
      byte[] extension = reference.bytes(value, outgoing);
      raw(extension, 0, extension.length);
    } else if (value instanceof AttachmentReference attachment) {
      _verifyValueWrite("write an attachment");
      if (attachment.index() > 0xffff) {
        throw outgoing.refuse(Malformed.value("COD-8", "an index above 65535"));
      }
      two(0xd5, MsgpackCodec.ATTACHMENT_TYPE);
      reserve(2);
      Bytes.put16(out.array(), out.length(), attachment.index());
      out.advance(2);
    } else {
      super.writeEmbeddedObject(value);
    }
  }

  @Override
  public void writeNumber(int value) throws IOException {
    _verifyValueWrite("write a number");
    integer(value);
  }

  @Override
  public void writeNumber(long value) throws IOException {
    _verifyValueWrite("write a number");
    integer(value);
  }

  private void integer(long value) throws LimitExceeded {
    if (value >= -32 && value < 0x80) {
      one((int) value);
    } else if (value >= 0) {
      positive(value);
    } else if (value >= Byte.MIN_VALUE) {
      two(0xd0, (int) value);
    } else if (value >= Short.MIN_VALUE) {
      three(0xd1, (int) value);
    } else if (value >= Integer.MIN_VALUE) {
      five(0xd2, (int) value);
    } else {
      nine(0xd3, value);
    }
  }

  private void positive(long value) throws LimitExceeded {
    if (reference != null) {
      signed(value);
    } else if (value < 0x100) {
      two(0xcc, (int) value);
    } else if (value < 0x10000) {
      three(0xcd, (int) value);
    } else if (value <= 0xffffffffL) {
      five(0xce, (int) value);
    } else {
      nine(0xcf, value);
    }
  }

  /** As Go writes its signed integers. Rule SPDY-12. */
  private void signed(long value) throws LimitExceeded {
    if (value <= Short.MAX_VALUE) {
      three(0xd1, (int) value);
    } else if (value <= Integer.MAX_VALUE) {
      five(0xd2, (int) value);
    } else {
      nine(0xd3, value);
    }
  }

  @Override
  public void writeNumber(BigInteger value) throws IOException {
    if (value.bitLength() < 64) {
      writeNumber(value.longValue());
    } else if (value.signum() > 0 && value.bitLength() == 64) {
      _verifyValueWrite("write a number");
      nine(0xcf, value.longValue());
    } else {
      writeString(value.toString());
    }
  }

  @Override
  public void writeNumber(double value) throws IOException {
    _verifyValueWrite("write a number");
    nine(0xcb, Double.doubleToRawLongBits(value));
  }

  @Override
  public void writeNumber(float value) throws IOException {
    if (reference != null) {
      writeNumber((double) value);
      return;
    }
    _verifyValueWrite("write a number");
    five(0xca, Float.floatToRawIntBits(value));
  }

  @Override
  public void writeNumber(BigDecimal value) throws IOException {
    writeString(value.toString());
  }

  @Override
  public void writeNumber(String encoded) throws IOException {
    writeNumber(new BigDecimal(encoded));
  }

  @Override
  public void writeBoolean(boolean value) throws IOException {
    _verifyValueWrite("write a truth value");
    one(value ? 0xc3 : 0xc2);
  }

  @Override
  public void writeNull() throws IOException {
    _verifyValueWrite("write nil");
    one(0xc0);
  }

  private void one(int code) throws LimitExceeded {
    reserve(1);
    out.array()[out.length()] = (byte) code;
    out.advance(1);
  }

  private void two(int code, int value) throws LimitExceeded {
    reserve(2);
    byte[] bytes = out.array();
    bytes[out.length()] = (byte) code;
    bytes[out.length() + 1] = (byte) value;
    out.advance(2);
  }

  private void three(int code, int value) throws LimitExceeded {
    reserve(3);
    out.array()[out.length()] = (byte) code;
    Bytes.put16(out.array(), out.length() + 1, value);
    out.advance(3);
  }

  private void five(int code, int value) throws LimitExceeded {
    reserve(5);
    out.array()[out.length()] = (byte) code;
    Bytes.put32(out.array(), out.length() + 1, value);
    out.advance(5);
  }

  private void nine(int code, long value) throws LimitExceeded {
    reserve(9);
    out.array()[out.length()] = (byte) code;
    Bytes.put64(out.array(), out.length() + 1, value);
    out.advance(9);
  }

  private void raw(byte[] from, int offset, int count) throws LimitExceeded {
    reserve(count);
    System.arraycopy(from, offset, out.array(), out.length(), count);
    out.advance(count);
  }

  private void reserve(int count) throws LimitExceeded {
    outgoing.ensure(count);
  }

  @Override
  public void writeRawUTF8String(byte[] text, int offset, int count) throws IOException {
    _reportUnsupportedOperation();
  }

  @Override
  public void writeRaw(String text) throws IOException {
    _reportUnsupportedOperation();
  }

  @Override
  public void writeRaw(String text, int offset, int count) throws IOException {
    _reportUnsupportedOperation();
  }

  @Override
  public void writeRaw(char[] text, int offset, int count) throws IOException {
    _reportUnsupportedOperation();
  }

  @Override
  public void writeRaw(char c) throws IOException {
    _reportUnsupportedOperation();
  }

  @Override
  public void flush() {}

  /** Checks a complete message for keys that come twice, such as 1 and "1" of one map. */
  @Override
  public void close() throws IOException {
    super.close();
    if (freeNames && _writeContext.inRoot()) {
      int any = Integer.MAX_VALUE; // the limits are the reader's
      Extensions extensions = reference == null ? Extensions.WIRE_1 : reference;
      new MsgpackScan(out.array(), any, any, any, extensions).check(from, out.length());
    }
  }

  @Override
  protected void _releaseBuffers() {}
}
