package io.libchan.transport.http2;

import io.netty.util.AsciiString;

/** The names of the headers of the HTTP/2 binding. Rules H2-2 and H2-8. */
final class Names {
  /** 32 hexadecimal digits that the connecting side chose at random for the session. */
  static final AsciiString SESSION = AsciiString.cached("libchan-session");

  /** The number of the request within the session, from 1. */
  static final AsciiString REF = AsciiString.cached("libchan-ref");

  /** {@code streams} or {@code single}; comes back in the answer. */
  static final AsciiString CARRIER = AsciiString.cached("libchan-carrier");

  /** Number and text of a refusal. */
  static final AsciiString REASON = AsciiString.cached("libchan-reason");

  private Names() {}
}
