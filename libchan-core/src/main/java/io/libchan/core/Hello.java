package io.libchan.core;

import io.libchan.Options;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a side says of itself first, section 5.1 of the specification.
 *
 * @param version the wire's version
 * @param node the name the side gives itself
 * @param codecs what it can decode
 * @param streams how many streams of the peer's it lets be open
 * @param messageBytes the largest message that it takes
 * @param maxAttachments the most attachments of a message that it takes
 * @param descriptors how many of the peer's descriptors it holds at once; 0: none
 * @param credentials for the authenticator
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Hello(
    String version,
    String node,
    List<String> codecs,
    int streams,
    int messageBytes,
    int maxAttachments,
    int descriptors,
    byte[] credentials) {
  static final String VERSION = "1";
  private static final String AGENT = "libchan-java";
  private static final int LAST_KNOWN = 9;

  static Hello of(Options options, List<String> codecs, boolean connecting, int descriptors) {
    return new Hello(
        VERSION,
        options.nodeName(),
        codecs,
        options.limits().maxStreams(),
        options.limits().maxMessageBytes(),
        options.limits().maxAttachments(),
        descriptors,
        connecting ? options.credentials() : new byte[0]);
  }

  byte[] frame() {
    ByteBuffer out = ByteBuffer.allocate(16 * 1024).put((byte) Frames.HELLO).putInt(0);
    put(out, 1, bytes(version));
    put(out, 2, bytes(AGENT));
    put(out, 3, bytes(node));
    put(out, 4, bytes(String.join(",", codecs)));
    put(out, 5, number(streams));
    put(out, 6, number(messageBytes));
    put(out, 7, credentials);
    put(out, 8, number(maxAttachments));
    if (descriptors > 0) {
      put(out, 9, number(descriptors));
    }
    out.putInt(1, out.position() - Frames.HEADER_BYTES);
    byte[] frame = new byte[out.position()];
    out.flip().get(frame);
    return frame;
  }

  private static void put(ByteBuffer out, int key, byte[] value) {
    if (value.length > 0) {
      out.put((byte) key).putShort((short) value.length).put(value);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] number(int value) {
    byte[] bytes = new byte[4];
    ByteBuffer.wrap(bytes).putInt(value);
    return bytes;
  }

  /** Rules CTL-3, CTL-8, CTL-10. */
  static Hello parse(byte[] body) throws Failure {
    ByteBuffer in = ByteBuffer.wrap(body);
    String version = "";
    String node = "";
    List<String> codecs = List.of();
    int streams = 0;
    int messageBytes = 0;
    int attachments = 0;
    int descriptors = 0;
    byte[] credentials = new byte[0];
    Set<Integer> seen = new HashSet<>();
    while (in.hasRemaining()) {
      int key = in.get() & 0xff;
      if (in.remaining() < 2 || (in.getShort(in.position()) & 0xffff) > in.remaining() - 2) {
        throw Failure.protocol("CTL-10", "HELLO header " + key + " is cut short");
      }
      byte[] value = new byte[in.getShort() & 0xffff];
      in.get(value);
      if (value.length > most(key)) {
        throw Failure.protocol("CTL-10", "HELLO header " + key + " of " + value.length + " bytes");
      }
      if (key >= 1 && key <= LAST_KNOWN && !seen.add(key)) {
        throw Failure.protocol("CTL-10", "HELLO header " + key + " stands twice");
      }
      switch (key) {
        case 1 -> version = text(key, value);
        case 2 -> {
          String unused = text(key, value); // the agent is for people
        }
        case 3 -> node = text(key, value);
        case 4 -> codecs = List.of(text(key, value).split(","));
        case 5 -> streams = number(key, value);
        case 6 -> messageBytes = number(key, value);
        case 7 -> credentials = value;
        case 8 -> attachments = number(key, value);
        case 9 -> descriptors = number(key, value);
        default -> {}
      }
    }
    return new Hello(
        version, node, codecs, streams, messageBytes, attachments, descriptors, credentials);
  }

  private static int most(int key) {
    return switch (key) {
      case 2, 3 -> 1024;
      case 7 -> 4096;
      default -> Integer.MAX_VALUE;
    };
  }

  private static String text(int key, byte[] value) throws Failure {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
    } catch (CharacterCodingException e) {
      throw Failure.protocol("CTL-10", "HELLO header " + key + " is not UTF-8");
    }
  }

  private static int number(int key, byte[] value) throws Failure {
    if (value.length != 4) {
      throw Failure.protocol("CTL-10", "HELLO header " + key + " of " + value.length + " bytes");
    }
    int number = ByteBuffer.wrap(value).getInt();
    return number < 0 ? Integer.MAX_VALUE : number;
  }
}
