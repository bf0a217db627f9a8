package io.libchan.conformance;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the peer answered to a command. Thread-safe: nobody writes into it.
 *
 * @param ends the streams it opened for it, by field
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Answer(String op, long n, String text, byte[] data, Map<String, Stream> ends) {
  static Answer of(Map<?, ?> fields, Map<String, Stream> ends) {
    Object op = fields.get("op");
    Object n = fields.get("n");
    Object text = fields.get("text");
    Object data = fields.get("data");
    return new Answer(
        op instanceof String word ? word : "no op",
        n instanceof Long number ? number : 0,
        text instanceof String words ? words : "",
        data instanceof byte[] bytes ? bytes : new byte[0],
        ends);
  }

  /** The end in a field. */
  @Nullable Stream end(String field) {
    return ends.get(field);
  }

  /** The outcome without words. */
  String outcome() {
    return op.equals("failed") ? op + " " + Codes.reason(n) : op;
  }

  @Override
  public String toString() {
    return (outcome() + " " + text).strip();
  }
}
