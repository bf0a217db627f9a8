package io.libchan.codec.xml;

import io.libchan.ProtocolViolation;
import io.libchan.spi.Malformed;

/** What the value of an element is. Rule COD-31. */
enum XmlType {
  TEXT,
  ESCAPED,
  NUMBER,
  BOOLEAN,
  NULL,
  MAP,
  LIST,
  ATTACHMENT;

  /** The type of this name in the attribute; text has none. */
  static XmlType of(String name) throws ProtocolViolation {
    return switch (name) {
      case "escaped" -> ESCAPED;
      case "number" -> NUMBER;
      case "boolean" -> BOOLEAN;
      case "null" -> NULL;
      case "map" -> MAP;
      case "list" -> LIST;
      case "attachment" -> ATTACHMENT;
      default -> throw Malformed.bytes("a type that is not known");
    };
  }

  /** The attribute, with a space in front. */
  String attribute() {
    return switch (this) {
      case TEXT -> "";
      case ESCAPED -> " type=\"escaped\"";
      case NUMBER -> " type=\"number\"";
      case BOOLEAN -> " type=\"boolean\"";
      case NULL -> " type=\"null\"";
      case MAP -> " type=\"map\"";
      case LIST -> " type=\"list\"";
      case ATTACHMENT -> " type=\"attachment\"";
    };
  }
}
