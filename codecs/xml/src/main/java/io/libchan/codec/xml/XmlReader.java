package io.libchan.codec.xml;

import com.ctc.wstx.stax.WstxInputFactory;
import com.fasterxml.jackson.core.ObjectCodec;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.spi.Malformed;
import io.libchan.spi.Utf8;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.util.HashSet;
import java.util.Set;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Reads a whole message into tokens before anything is made of them, and checks it on the way: the
 * few forms of XML that a message has, keys that are different, and the limits. Rules COD-3 to
 * COD-6, COD-30 to COD-34.
 *
 * <p>Works without recursion; memory grows with the bytes read. Not thread-safe.
 */
final class XmlReader {
  private static final int MAX_NUMBER_CHARS = 1000;
  private static final int MAX_INDEX_CHARS = 5;
  private static final int SAFE_LONG_CHARS = 18;

  private final WstxInputFactory factory;
  private final Limits limits;
  private final TokenBuffer tokens = new TokenBuffer((ObjectCodec) null, false);
  private int depth;
  private int elements;
  private @Nullable Container open;
  private @Nullable XmlType scalar; // the type of the element whose text is being read
  private final StringBuilder text = new StringBuilder();

  /** A map or list whose end was not seen yet. */
  private record Container(@Nullable Container outer, @Nullable Set<String> keys) {}

  /** An attachment in the tokens. */
  record Index(int value) {}

  XmlReader(WstxInputFactory factory, Limits limits) {
    this.factory = factory;
    this.limits = limits;
  }

  TokenBuffer read(byte[] bytes, int offset, int length) throws IOException {
    if (!Utf8.valid(bytes, offset, offset + length)) {
      throw Malformed.bytes("text that is not UTF-8");
    }
    if (length > 0 && bytes[offset] == (byte) 0xef) {
      throw Malformed.bytes("a byte order mark");
    }
    try {
      XMLStreamReader xml =
          factory.createXMLStreamReader(new ByteArrayInputStream(bytes, offset, length), "UTF-8");
      checkDeclaration(xml);
      while (xml.hasNext()) {
        event(xml, xml.next());
      }
      xml.close();
    } catch (XMLStreamException | RuntimeException e) {
      throw Malformed.bytes("not XML");
    }
    return tokens;
  }

  private static void checkDeclaration(XMLStreamReader xml) throws ChannelException {
    String version = xml.getVersion();
    String encoding = xml.getCharacterEncodingScheme();
    if ((version != null && !version.equals("1.0"))
        || (encoding != null && !encoding.equalsIgnoreCase("UTF-8"))) {
      throw Malformed.bytes("not XML 1.0 in UTF-8");
    }
  }

  private void event(XMLStreamReader xml, int event) throws IOException {
    switch (event) {
      case XMLStreamConstants.START_ELEMENT -> begin(xml);
      case XMLStreamConstants.END_ELEMENT -> end();
      case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE ->
          text(xml);
      case XMLStreamConstants.END_DOCUMENT -> {}
      default ->
          throw Malformed.bytes("a document type, entity, instruction or comment in a message");
    }
  }

  private void begin(XMLStreamReader xml) throws IOException {
    if (scalar != null) {
      throw Malformed.bytes("an element in a value that has none");
    }
    XmlType type = XmlType.TEXT;
    String key = null;
    for (int i = 0; i < xml.getAttributeCount(); i++) {
      String value = xml.getAttributeValue(i);
      switch (xml.getAttributeLocalName(i)) {
        case "type" -> type = XmlType.of(value);
        case "key" -> key = oneKey(key, value);
        case "escapedKey" -> key = oneKey(key, XmlText.unescape(value));
        default -> throw Malformed.bytes("an attribute that is not known");
      }
    }
    name(xml.getLocalName(), key);
    if (type == XmlType.MAP || type == XmlType.LIST) {
      open(type == XmlType.MAP);
    } else {
      scalar = type;
      text.setLength(0);
    }
  }

  private static String oneKey(@Nullable String before, String key) throws ChannelException {
    if (before != null) {
      throw Malformed.bytes("two keys");
    }
    return key;
  }

  /** Checks that an element may have this name where it is, and counts it. */
  private void name(String name, @Nullable String key) throws IOException {
    Container inside = open;
    if (inside != null && inside.keys() != null) {
      if (key != null && !name.equals(XmlText.ENTRY)) {
        throw Malformed.bytes("a key where the name is one");
      }
      key(inside.keys(), key == null ? name : key);
    } else if (key != null || !name.equals(inside == null ? XmlText.ROOT : XmlText.ITEM)) {
      throw Malformed.bytes("an element of another name");
    }
    if (inside != null && elements++ == limits.maxElements()) {
      throw Malformed.elements(limits.maxElements());
    }
  }

  private void key(Set<String> keys, String key) throws IOException {
    checkLength(key);
    if (!keys.add(key)) {
      throw Malformed.bytes("a key comes twice");
    }
    tokens.writeFieldName(key);
  }

  private void open(boolean map) throws IOException {
    if (depth++ == limits.maxDepth()) {
      throw Malformed.depth(limits.maxDepth());
    }
    open = new Container(open, map ? new HashSet<>() : null);
    if (map) {
      tokens.writeStartObject();
    } else {
      tokens.writeStartArray();
    }
  }

  private void text(XMLStreamReader xml) throws ChannelException {
    if (scalar != null) {
      text.append(xml.getTextCharacters(), xml.getTextStart(), xml.getTextLength());
    } else if (!xml.isWhiteSpace()) {
      throw Malformed.bytes("text between elements");
    }
  }

  private void end() throws IOException {
    if (scalar != null) {
      value(scalar, text.toString());
      scalar = null;
      return;
    }
    Container inside = open;
    if (inside == null) {
      throw Malformed.bytes("not XML");
    }
    if (inside.keys() != null) {
      tokens.writeEndObject();
    } else {
      tokens.writeEndArray();
    }
    open = inside.outer();
    depth--;
  }

  private void value(XmlType type, String value) throws IOException {
    switch (type) {
      case TEXT -> string(value);
      case ESCAPED -> string(XmlText.unescape(value));
      case NUMBER -> number(value);
      case BOOLEAN -> {
        if (!value.equals("true") && !value.equals("false")) {
          throw Malformed.bytes("neither true nor false");
        }
        tokens.writeBoolean(value.equals("true"));
      }
      case NULL -> {
        if (!value.isEmpty()) {
          throw Malformed.bytes("text in null");
        }
        tokens.writeNull();
      }
      case ATTACHMENT -> attachment(value);
      default -> throw new IllegalStateException("not a scalar: " + type);
    }
  }

  private void string(String value) throws IOException {
    checkLength(value);
    tokens.writeString(value);
  }

  private void checkLength(String value) throws ChannelException {
    int max = limits.maxStringBytes();
    if (value.length() > max / 3) { // a char has three bytes at most
      long length = XmlText.utf8Length(value);
      if (length > max) {
        throw Malformed.string(length, max);
      }
    }
  }

  private void number(String value) throws IOException {
    if (value.length() > MAX_NUMBER_CHARS) {
      throw new LimitExceeded(
          Reason.limit(
              "string-bytes", "a number has more than " + MAX_NUMBER_CHARS + " characters"));
    }
    if (!XmlText.isNumber(value)) {
      throw Malformed.bytes("not a number");
    }
    if (!XmlText.isWhole(value)) {
      tokens.writeNumber(value);
    } else if (value.length() > SAFE_LONG_CHARS) {
      big(new BigInteger(value));
    } else {
      whole(Long.parseLong(value));
    }
  }

  private void big(BigInteger value) throws IOException {
    if (value.bitLength() < Long.SIZE) {
      whole(value.longValue());
    } else {
      tokens.writeNumber(value);
    }
  }

  private void whole(long value) throws IOException {
    if (value == (int) value) {
      tokens.writeNumber((int) value);
    } else {
      tokens.writeNumber(value);
    }
  }

  private void attachment(String value) throws IOException {
    if (value.isEmpty()
        || value.length() > MAX_INDEX_CHARS
        || !value.chars().allMatch(c -> c >= '0' && c <= '9')
        || Integer.parseInt(value) > 0xffff) {
      throw Malformed.bytes("an attachment is not an index");
    }
    tokens.writeObject(new Index(Integer.parseInt(value)));
  }
}
