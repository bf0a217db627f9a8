package io.libchan.testkit;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Services;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A peer that writes what a test tells it to, right or wrong, and looks at what the engine writes:
 * the wire of {@code spec/protocol.md}, by hand.
 *
 * <p>Thread-safe, but one thread scripts it.
 */
public final class ScriptedPeer implements AutoCloseable {
  /** Frame types. */
  public static final int DATA = 0;

  /** Frame type. */
  public static final int WINDOW_UPDATE = 1;

  /** Frame type. */
  public static final int PING = 2;

  /** Frame type. */
  public static final int GO_AWAY = 3;

  /** Flag. */
  public static final int SYN = 1;

  /** Flag. */
  public static final int ACK = 2;

  /** Flag. */
  public static final int FIN = 4;

  /** Flag. */
  public static final int RST = 8;

  private final ByteConnection connection;
  private final boolean connecting;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<ByteBuffer> writing = new ArrayDeque<>(); // guarded by lock
  private final ByteArrayOutputStream reading = new ByteArrayOutputStream(); // reader only
  private final LinkedBlockingQueue<Frame> frames = new LinkedBlockingQueue<>();
  private final Map<Integer, ByteArrayOutputStream> streams = new ConcurrentHashMap<>();
  private final List<Frame> seen = new ArrayList<>();
  private final Queue<Frame> all = new ConcurrentLinkedQueue<>();
  private volatile boolean over;
  private int nextStream;
  private long nextReference;

  /**
   * Plays one side of a connection.
   *
   * @param connecting whether the peer is the connecting side
   */
  public ScriptedPeer(ByteConnection connection, boolean connecting) {
    this.connection = connection;
    this.connecting = connecting;
    nextStream = connecting ? 3 : 2;
    nextReference = connecting ? 3 : 2;
    connection.start(new Wire());
  }

  /**
   * One frame that the engine wrote.
   *
   * @param type the frame's type
   * @param flags its flags
   * @param stream its stream
   * @param length its length field
   * @param payload its payload; empty but for DATA
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  public record Frame(int type, int flags, int stream, int length, byte[] payload) {
    @Override
    public String toString() {
      return "type " + type + " flags " + flags + " stream " + stream + " length " + length;
    }

    /** Whether it has this flag. */
    public boolean has(int flag) {
      return (flags & flag) != 0;
    }
  }

  // Writing.

  /** Writes bytes as they are. */
  public void raw(byte... bytes) {
    lock.lock();
    try {
      writing.add(ByteBuffer.wrap(bytes));
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
  }

  /** Writes a frame header, whose length may lie. */
  public void header(int type, int flags, int stream, int length) {
    raw(headerBytes(type, flags, stream, length));
  }

  private static byte[] headerBytes(int type, int flags, int stream, int length) {
    return ByteBuffer.allocate(12)
        .put((byte) 0)
        .put((byte) type)
        .putShort((short) flags)
        .putInt(stream)
        .putInt(length)
        .array();
  }

  /** Writes DATA. */
  public void data(int stream, byte... payload) {
    data(0, stream, payload);
  }

  /** Writes DATA with flags. */
  public void data(int flags, int stream, byte[] payload) {
    raw(join(headerBytes(DATA, flags, stream, payload.length), payload));
  }

  /** Ends this direction of a stream. */
  public void fin(int stream) {
    header(DATA, FIN, stream, 0);
  }

  /** Resets a stream. */
  public void rst(int stream, ReasonCode code) {
    header(WINDOW_UPDATE, RST, stream, code.number());
  }

  /** Ends the connection as if the process had ended in good order, without a word. */
  public void hangUp() {
    connection.close();
  }

  @Override
  public void close() {
    connection.abort();
  }

  // The session.

  /** Does the whole handshake. */
  public ScriptedPeer hello() throws Exception {
    return hello("msgpack,json");
  }

  /** The same, of a peer that can read these codecs. */
  public ScriptedPeer hello(String codecs) throws Exception {
    if (connecting) {
      header(WINDOW_UPDATE, SYN, 1, 0);
      data(1, join(preamble(0, 1), helloFrame("1", codecs)));
    } else {
      expect("the control stream", frame -> frame.stream() == 1 && frame.has(SYN));
      header(WINDOW_UPDATE, ACK, 1, 0);
      data(1, helloFrame("1", codecs));
    }
    Waits.until("the engine's hello", () -> controlFrame(1) != null);
    return this;
  }

  /** A HELLO of this version. */
  public static byte[] helloFrame(String version) {
    return helloFrame(version, "msgpack,json");
  }

  private static byte[] helloFrame(String version, String codecs) {
    return frame(
        1,
        join(
            headerValue(1, text(version)),
            headerValue(2, text("scripted")),
            headerValue(3, text("peer")),
            headerValue(4, text(codecs)),
            headerValue(5, number(100_000)),
            headerValue(6, number(4 << 20)),
            headerValue(8, number(128))));
  }

  /** A preamble with its length. */
  public static byte[] preamble(int kind, long reference, byte[]... headers) {
    byte[] all = join(headers);
    return ByteBuffer.allocate(2 + 9 + all.length)
        .putShort((short) (9 + all.length))
        .put((byte) kind)
        .putLong(reference)
        .put(all)
        .array();
  }

  /** A header of a preamble or of HELLO. */
  public static byte[] headerValue(int key, byte[] value) {
    return ByteBuffer.allocate(3 + value.length)
        .put((byte) key)
        .putShort((short) value.length)
        .put(value)
        .array();
  }

  /** A text as bytes. */
  public static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Four bytes. */
  public static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** Eight bytes. */
  public static byte[] longNumber(long value) {
    return ByteBuffer.allocate(8).putLong(value).array();
  }

  /** A frame of a channel or of the control stream. */
  public static byte[] frame(int kind, byte... body) {
    return join(frameHeader(kind, body.length), body);
  }

  /** The header of such a frame, whose length may lie. */
  public static byte[] frameHeader(int kind, int length) {
    return ByteBuffer.allocate(5).put((byte) kind).putInt(length).array();
  }

  /** A MESSAGE frame. */
  public static byte[] message(byte[] table, byte[] body) {
    return frame(16, join(table, body));
  }

  /** An attachment table: pairs of type and reference. */
  public static byte[] table(long... typesAndReferences) {
    ByteBuffer out = ByteBuffer.allocate(2 + typesAndReferences.length / 2 * 9);
    out.putShort((short) (typesAndReferences.length / 2));
    for (int i = 0; i < typesAndReferences.length; i += 2) {
      out.put((byte) typesAndReferences[i]).putLong(typesAndReferences[i + 1]);
    }
    return out.array();
  }

  /** A reason as it stands on the wire. */
  public static byte[] reason(int number, String text) {
    byte[] bytes = text(text);
    return ByteBuffer.allocate(4 + 2 + bytes.length + 2 + 1)
        .putInt(number)
        .putShort((short) bytes.length)
        .put(bytes)
        .putShort((short) 0)
        .put((byte) 0)
        .array();
  }

  /** A message as a codec writes it; attachments get the indexes 0, 1 and so on. */
  public static byte[] encode(String codecName, Object message) throws ChannelException {
    Codec codec =
        Services.codecs().stream()
            .filter(one -> one.name().equals(codecName))
            .findFirst()
            .orElseThrow();
    EncodeBuffer buffer = new EncodeBuffer(8 << 20);
    int[] count = {0};
    codec.format(message.getClass(), Limits.DEFAULTS).encode(message, end -> count[0]++, buffer);
    return java.util.Arrays.copyOf(buffer.array(), buffer.length());
  }

  /** Joins bytes. */
  public static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  /** A stream id that this peer did not use yet. */
  public int newStream() {
    nextStream += 2;
    return nextStream - 2;
  }

  /** A reference that this peer did not use yet. */
  public long newReference() {
    nextReference += 2;
    return nextReference - 2;
  }

  /** Opens a stream with a preamble as it should be. */
  public int open(int kind, long reference, byte[]... headers) {
    int stream = newStream();
    header(WINDOW_UPDATE, SYN, stream, 0);
    data(stream, preamble(kind, reference, headers));
    return stream;
  }

  /** Opens a top-level channel on which the peer sends. */
  public int openChannel(String name, String codec, int capacity) {
    return open(
        1,
        newReference(),
        headerValue(1, text(name)),
        headerValue(2, text(codec)),
        headerValue(3, number(capacity)));
  }

  // Reading.

  /** Whether the connection is closed. */
  public boolean isOver() {
    return over;
  }

  /** The next frame that passes, within {@link Waits#BOUND}; others are remembered. */
  public Frame expect(String what, Predicate<Frame> wanted) throws Exception {
    for (Frame frame : seen) {
      if (wanted.test(frame)) {
        seen.remove(frame);
        return frame;
      }
    }
    long deadline = System.nanoTime() + Waits.BOUND.toNanos();
    while (true) {
      Frame frame = frames.poll(5, TimeUnit.MILLISECONDS);
      if (frame != null) {
        if (wanted.test(frame)) {
          return frame;
        }
        seen.add(frame);
      } else if (over && frames.isEmpty()) {
        throw new AssertionError("the connection ended before " + what + "; seen: " + seen);
      } else if (System.nanoTime() > deadline) {
        throw new AssertionError("not within the bound: " + what + "; seen: " + seen);
      }
    }
  }

  /** Expects the engine to reset a stream, for this reason. */
  public void expectReset(int stream, ReasonCode code) throws Exception {
    Frame frame =
        expect("a reset of stream " + stream, one -> one.stream() == stream && one.has(RST));
    if (frame.length() != code.number()) {
      throw new AssertionError("stream " + stream + " was reset by " + frame.length());
    }
  }

  /** Every frame that the engine wrote so far, in order. */
  public List<Frame> written() {
    return List.copyOf(all);
  }

  /** The next stream that the engine opens. */
  public int expectOpen() throws Exception {
    return expect("a stream of the engine's", frame -> frame.has(SYN) && frame.type() != PING)
        .stream();
  }

  /** Everything that the engine wrote on a stream so far. */
  public byte[] bytes(int stream) {
    ByteArrayOutputStream bytes = streams.get(stream);
    if (bytes == null) {
      return new byte[0];
    }
    return bytes.toByteArray();
  }

  /** The frames of this kind that the engine wrote on a stream so far, without the preamble. */
  public List<byte[]> frames(int stream, int kind) {
    ByteBuffer in = ByteBuffer.wrap(bytes(stream));
    List<byte[]> found = new ArrayList<>();
    boolean engineOpened = (stream % 2 == 1) != connecting;
    if (engineOpened) {
      if (in.remaining() < 2 || in.remaining() < 2 + in.getShort(0)) {
        return found;
      }
      in.position(2 + in.getShort(0));
    }
    while (in.remaining() >= 5 && in.remaining() >= 5 + in.getInt(in.position() + 1)) {
      int type = in.get();
      byte[] body = new byte[in.getInt()];
      in.get(body);
      if (type == kind) {
        found.add(body);
      }
    }
    return found;
  }

  /** The reference of a stream that the engine opened. */
  public long reference(int stream) throws Exception {
    Waits.until("the preamble of stream " + stream, () -> bytes(stream).length >= 11);
    return ByteBuffer.wrap(bytes(stream)).getLong(3);
  }

  private byte @Nullable [] controlFrame(int kind) {
    List<byte[]> found = frames(1, kind);
    return found.isEmpty() ? null : found.get(0);
  }

  /** The reason that the engine gave for ending the session; null if it gave none yet. */
  public @Nullable Reason sessionEnd() {
    byte[] body = controlFrame(3);
    if (body == null) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(body);
    int number = in.getInt();
    byte[] text = new byte[in.getShort()];
    in.get(text);
    return new Reason(number, new String(text, StandardCharsets.UTF_8), "", List.of());
  }

  /** Expects the engine to close the connection. */
  public void expectOver() throws Exception {
    Waits.until("the end of the connection", () -> over);
  }

  private final class Wire implements ByteConnection.Handler {
    @Override
    public boolean fill(ByteBuffer target) {
      lock.lock();
      try {
        while (target.hasRemaining() && !writing.isEmpty()) {
          ByteBuffer next = writing.element();
          int count = Math.min(target.remaining(), next.remaining());
          target.put(target.position(), next, next.position(), count);
          target.position(target.position() + count);
          next.position(next.position() + count);
          if (!next.hasRemaining()) {
            writing.remove();
          }
        }
        return !writing.isEmpty();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void received(ByteBuffer bytes) {
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(piece);
      reading.writeBytes(piece);
      ByteBuffer in = ByteBuffer.wrap(reading.toByteArray());
      while (in.remaining() >= 12) {
        int type = in.get(in.position() + 1);
        int length = in.getInt(in.position() + 8);
        int payload = type == DATA ? length : 0;
        if (in.remaining() < 12 + payload) {
          break;
        }
        take(in, type, length, payload);
      }
      reading.reset();
      reading.write(in.array(), in.position(), in.remaining());
    }

    private void take(ByteBuffer in, int type, int length, int payload) {
      in.getShort();
      int flags = in.getShort();
      int stream = in.getInt();
      in.getInt();
      byte[] body = new byte[payload];
      in.get(body);
      if (type == DATA) {
        streams.computeIfAbsent(stream, id -> new ByteArrayOutputStream()).writeBytes(body);
      }
      Frame frame = new Frame(type, flags, stream, length, body);
      all.add(frame);
      frames.add(frame);
    }

    @Override
    public void closed(@Nullable IOException cause) {
      over = true;
    }
  }
}
