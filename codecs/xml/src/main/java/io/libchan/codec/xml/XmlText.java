package io.libchan.codec.xml;

import io.libchan.ProtocolViolation;
import io.libchan.spi.Malformed;

/** Names and text as XML has them. Rules COD-32 and COD-34. */
final class XmlText {
  /** The name of the whole message. */
  static final String ROOT = "message";

  /** The name of an element of a list. */
  static final String ITEM = "item";

  /** The name of an entry of a map whose key is no name. */
  static final String ENTRY = "entry";

  private static final int ESCAPE_CHARS = 6; // of a backslash, u and four digits

  private XmlText() {}

  /** Whether a key may be the name of an element. */
  static boolean isName(String key) {
    if (key.isEmpty() || key.regionMatches(true, 0, "xml", 0, 3)) {
      return false;
    }
    for (int i = 0; i < key.length(); i++) {
      char c = key.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '.'))) {
        return false;
      }
    }
    return true;
  }

  /** Whether XML can't hold this text as it is. */
  static boolean needsEscape(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isForeign(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isForeign(char c) {
    return (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == '\ufffe' || c == '\uffff';
  }

  /** Writes foreign characters as a backslash, u and four digits, and a backslash as two. */
  static String escape(String text) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isForeign(c)) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c == '\\' ? "\\\\" : String.valueOf(c));
      }
    }
    return out.toString();
  }

  /** The reverse. */
  static String unescape(String text) throws ProtocolViolation {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '\\') {
        out.append(c);
      } else if (text.startsWith("\\", i + 1)) {
        out.append('\\');
        i++;
      } else {
        out.append(escaped(text, i));
        i += ESCAPE_CHARS - 1;
      }
    }
    return out.toString();
  }

  private static char escaped(String text, int from) throws ProtocolViolation {
    if (text.length() < from + ESCAPE_CHARS || text.charAt(from + 1) != 'u') {
      throw Malformed.bytes("a wrong escape");
    }
    int value = 0;
    for (int i = from + 2; i < from + ESCAPE_CHARS; i++) {
      int digit = Character.digit(text.charAt(i), 16);
      if (digit < 0 || text.charAt(i) > 'f') {
        throw Malformed.bytes("a wrong escape");
      }
      value = value << 4 | digit;
    }
    if (Character.isSurrogate((char) value)) {
      throw Malformed.bytes("text that is not UTF-8");
    }
    return (char) value;
  }

  /** Appends text so that a parser gives back the same, in an element or an attribute. */
  static void quote(String text, StringBuilder out) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '&' -> out.append("&amp;");
        case '"' -> out.append("&quot;");
        case '\t' -> out.append("&#9;");
        case '\n' -> out.append("&#10;");
        case '\r' -> out.append("&#13;");
        default -> out.append(c);
      }
    }
  }

  /** The bytes of a text that has no half surrogate pair. */
  static long utf8Length(String text) {
    long length = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return length;
  }

  /** Whether this is a number as JSON writes them. */
  static boolean isNumber(String text) {
    int at = text.startsWith("-") ? 1 : 0;
    int whole = digits(text, at);
    if (whole == at || (whole > at + 1 && text.charAt(at) == '0')) {
      return false;
    }
    at = whole;
    if (text.startsWith(".", at)) {
      int end = digits(text, at + 1);
      if (end == at + 1) {
        return false;
      }
      at = end;
    }
    if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
      int first = at + 1;
      if (first < text.length() && (text.charAt(first) == '+' || text.charAt(first) == '-')) {
        first++;
      }
      at = digits(text, first);
      if (at == first) {
        return false;
      }
    }
    return at == text.length();
  }

  private static int digits(String text, int from) {
    int at = from;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    return at;
  }

  /** Whether a number has neither fraction nor exponent. */
  static boolean isWhole(String number) {
    return digits(number, number.startsWith("-") ? 1 : 0) == number.length();
  }
}
