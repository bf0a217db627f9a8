package io.libchan.conformance;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A packet that the tester sends: fields, and the streams that they name. Not thread-safe. */
final class Packet {
  final Map<Object, Object> fields = new LinkedHashMap<>();
  final List<Stream> ends = new ArrayList<>();

  static Packet op(String op) {
    return new Packet().with("op", op);
  }

  static Packet number(long n) {
    return new Packet().n(n);
  }

  Packet with(String field, Object value) {
    fields.put(field, value);
    return this;
  }

  Packet n(long n) {
    return with("n", n);
  }

  Packet text(String text) {
    return with("text", text);
  }

  Packet data(byte[] data) {
    return with("data", data);
  }

  /** With an end, in a field. */
  Packet end(String field, Stream stream) {
    fields.put(field, new Pack.End(ends.size()));
    ends.add(stream);
    return this;
  }

  byte[] codec() {
    return Pack.write(fields);
  }
}
