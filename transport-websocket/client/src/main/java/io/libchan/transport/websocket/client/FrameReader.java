package io.libchan.transport.websocket.client;

import io.libchan.spi.ByteConnection.Handler;
import io.libchan.transport.websocket.internal.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;

/**
 * Reads the frames of a server and hands their payload on as it comes, so that a message costs no
 * memory whatever its length. RFC 6455 §5. Not thread-safe.
 */
final class FrameReader {
  private static final int CONTINUATION = 0;
  private static final int TEXT = 1;
  private static final int BINARY = 2;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;

  private static final int MAX_CONTROL_BYTES = 125;

  private final BufferedSource source;
  private final long maxMessageBytes;
  private final Consumer<byte[]> pings;
  private final byte[] chunk = new byte[8 * 1024];

  private boolean inMessage;
  private long messageBytes;

  /**
   * A reader.
   *
   * @param pings gets what each ping carries
   */
  FrameReader(BufferedSource source, long maxMessageBytes, Consumer<byte[]> pings) {
    this.source = source;
    this.maxMessageBytes = maxMessageBytes;
    this.pings = pings;
  }

  /**
   * Reads until the peer closes.
   *
   * @throws EOFException if the connection ends without a close frame
   * @throws Violation if the peer breaks a rule; nothing is read any more
   */
  Close readAll(Handler handler) throws IOException, Violation {
    Close close = null;
    while (close == null) {
      close = readFrame(handler);
    }
    return close;
  }

  private @Nullable Close readFrame(Handler handler) throws IOException, Violation {
    int first = source.readByte();
    int second = source.readByte();
    if ((first & 0x70) != 0) {
      throw violation("a frame has a bit of an extension that nobody asked for");
    }
    if ((second & 0x80) != 0) {
      throw violation("a server's frame is masked");
    }
    boolean last = (first & 0x80) != 0;
    int opcode = first & 0x0f;
    long length = length(second & 0x7f);
    if (opcode >= CLOSE) {
      return control(opcode, last, length);
    }
    begin(opcode);
    count(length);
    payload(length, handler);
    inMessage = !last;
    return null;
  }

  private long length(int shortLength) throws IOException, Violation {
    if (shortLength < 126) {
      return shortLength;
    }
    long length = shortLength == 126 ? source.readShort() & 0xffff : source.readLong();
    if (length < 0) {
      throw violation("a frame's length has its first bit set");
    }
    return length;
  }

  private void begin(int opcode) throws Violation {
    switch (opcode) {
      case CONTINUATION -> {
        if (!inMessage) {
          throw violation("a continuation of no message");
        }
      }
      case BINARY -> {
        if (inMessage) {
          throw violation("a message begins within another");
        }
        messageBytes = 0;
      }
      case TEXT -> throw new Violation(Wire.UNSUPPORTED_DATA, Wire.textMessage());
      default -> throw violation("a frame of unknown kind " + opcode);
    }
  }

  private void count(long length) throws Violation {
    if (length > maxMessageBytes - messageBytes) {
      throw new Violation(Wire.TOO_BIG, Wire.messageTooBig(maxMessageBytes));
    }
    messageBytes += length;
  }

  private void payload(long length, Handler handler) throws IOException {
    for (long left = length; left > 0; ) {
      int count = source.read(chunk, 0, (int) Math.min(left, chunk.length));
      if (count < 0) {
        throw new EOFException();
      }
      left -= count;
      handler.received(ByteBuffer.wrap(chunk, 0, count));
    }
  }

  private @Nullable Close control(int opcode, boolean last, long length)
      throws IOException, Violation {
    if (!last || length > MAX_CONTROL_BYTES) {
      throw violation(
          last ? "a control frame of " + length + " bytes" : "a control frame in parts");
    }
    byte[] payload = source.readByteArray(length);
    switch (opcode) {
      case CLOSE -> {
        return close(payload);
      }
      case PING -> pings.accept(payload);
      case PONG -> {
        // Nobody asked; allowed as a sign of life.
      }
      default -> throw violation("a frame of unknown kind " + opcode);
    }
    return null;
  }

  private static Close close(byte[] payload) throws Violation {
    if (payload.length == 0) {
      return new Close(Wire.NO_CODE, "");
    }
    if (payload.length == 1) {
      throw violation("a close frame with half a code");
    }
    int code = ((payload[0] & 0xff) << 8) | (payload[1] & 0xff);
    if (!Wire.maySend(code)) {
      throw violation("a close frame with code " + code);
    }
    try {
      ByteBuffer text = ByteBuffer.wrap(payload, 2, payload.length - 2);
      return new Close(code, StandardCharsets.UTF_8.newDecoder().decode(text).toString());
    } catch (CharacterCodingException e) {
      throw new Violation(Wire.INVALID_TEXT, Wire.broken("a close frame's text is not UTF-8"));
    }
  }

  private static Violation violation(String what) {
    return new Violation(Wire.PROTOCOL_ERROR, Wire.broken(what));
  }
}
