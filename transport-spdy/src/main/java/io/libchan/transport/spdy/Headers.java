package io.libchan.transport.spdy;

import io.libchan.spi.ReferenceDialect;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import io.netty.handler.codec.spdy.SpdyHeaders;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The headers of streams. Rules SPDY-5 to SPDY-8. Thread-safe: there is no state. */
final class Headers {
  static final String REFERENCE = "libchan-ref";
  static final String PARENT = "libchan-parent-ref";

  private Headers() {}

  /** The name of a reply's status. */
  static String status(ReferenceDialect dialect) {
    return dialect == ReferenceDialect.HEAD ? ":status" : "status";
  }

  /** Which dialect the peer's first stream is of: only the older one says that it has no parent. */
  static ReferenceDialect dialect(SpdyHeaders headers) {
    return "0".equals(headers.getAsString(PARENT))
        ? ReferenceDialect.JSCHAN
        : ReferenceDialect.HEAD;
  }

  /**
   * What the engine gets to know of a peer's stream. A stream with a parent, or in the older
   * dialect one without the header, is of kind BYTES: what it carries the message says.
   *
   * @return null if the headers are no good
   */
  static @Nullable StreamHeaders read(SpdyHeaders headers, ReferenceDialect dialect) {
    long reference = number(headers.getAsString(REFERENCE));
    String said = headers.getAsString(PARENT);
    boolean absent = said == null || said.isEmpty();
    long parent = absent ? 0 : number(said);
    if (reference <= 0 || parent < 0) {
      return null;
    }
    boolean top = parent == 0 && (dialect == ReferenceDialect.HEAD || !absent);
    return new StreamHeaders(
        reference, top ? Kind.SENDING : Kind.BYTES, "", null, 0, parent, Map.of());
  }

  /** A decimal number that a long holds; -1 if it is none. */
  private static long number(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > 19) {
      return -1;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return -1;
      }
    }
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /** Writes the headers of a stream of ours. */
  static void write(StreamHeaders from, ReferenceDialect dialect, SpdyHeaders to) {
    if (from.parent() != 0 && (dialect == ReferenceDialect.HEAD || from.kind() != Kind.BYTES)) {
      to.set(PARENT, Long.toString(from.parent()));
    } else if (dialect == ReferenceDialect.JSCHAN && from.kind() != Kind.BYTES) {
      to.set(PARENT, "0");
    }
    to.set(REFERENCE, Long.toString(from.reference()));
  }
}
