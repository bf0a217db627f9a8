package io.libchan.conformance;

import java.util.Arrays;

/**
 * What the tester says of itself. Thread-safe: immutable.
 *
 * @param more headers behind the others, right or wrong
 */
@SuppressWarnings("ArrayRecordComponent") // compared by nobody
record Hello(String version, long streams, long messageBytes, long attachments, byte[] more) {
  static final int STREAMS = 5;
  static final int MESSAGE_BYTES = 6;
  static final int ATTACHMENTS = 8;

  static final Hello USUAL = new Hello("1", 10_000, 4 << 20, 128, new byte[0]);

  Hello version(String other) {
    return new Hello(other, streams, messageBytes, attachments, more);
  }

  Hello streams(long most) {
    return new Hello(version, most, messageBytes, attachments, more);
  }

  Hello messageBytes(long most) {
    return new Hello(version, streams, most, attachments, more);
  }

  Hello attachments(long most) {
    return new Hello(version, streams, messageBytes, most, more);
  }

  Hello more(byte[]... headers) {
    return new Hello(version, streams, messageBytes, attachments, Bytes.join(headers));
  }

  byte[] frame() {
    return ChannelFrame.bytes(
        Codes.HELLO,
        Bytes.join(
            Preamble.header(1, Bytes.text(version)),
            Preamble.header(2, Bytes.text("libchan conformance")),
            Preamble.header(3, Bytes.text("tester")),
            Preamble.header(4, Bytes.text("msgpack")),
            Preamble.header(STREAMS, Bytes.u32(streams)),
            Preamble.header(MESSAGE_BYTES, Bytes.u32(messageBytes)),
            Preamble.header(ATTACHMENTS, Bytes.u32(attachments)),
            Arrays.copyOf(more, more.length)));
  }
}
