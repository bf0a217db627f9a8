package io.libchan.core.yamux;

import java.nio.ByteBuffer;

/** The numbers of the yamux wire, section 3 of the specification. */
final class Wire {
  static final int HEADER_BYTES = 12;
  static final int INITIAL_WINDOW = 256 * 1024;
  static final int MAX_DATA = 64 * 1024;

  static final int DATA = 0;
  static final int WINDOW_UPDATE = 1;
  static final int PING = 2;
  static final int GO_AWAY = 3;

  // On bodies only, section 3.1.
  static final int BODY = 4;
  static final int PARK = 5;

  // What a body is for: the flags of BODY.
  static final int FOR_STREAM = 1;
  static final int PARKED = 2;
  static final int CONTROL = 4;
  static final int CONTINUED = 8;

  static final int SYN = 1;
  static final int ACK = 2;
  static final int FIN = 4;
  static final int RST = 8;

  private Wire() {}

  static void header(ByteBuffer out, int type, int flags, int stream, int length) {
    out.put((byte) 0).put((byte) type).putShort((short) flags).putInt(stream).putInt(length);
  }
}
