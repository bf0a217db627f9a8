package io.libchan.transport.http2.common.requests;

/** The names of the headers of the HTTP/2 binding. Rules H2-2 and H2-8. */
public final class Names {
  /** 32 hexadecimal digits that the connecting side chose at random for the session. */
  public static final String SESSION = "libchan-session";

  /** The number of the request within the session, from 1. */
  public static final String REF = "libchan-ref";

  /** {@code streams} or {@code single}; comes back in the answer. */
  public static final String CARRIER = "libchan-carrier";

  /** Number and text of a refusal. */
  public static final String REASON = "libchan-reason";

  private Names() {}
}
