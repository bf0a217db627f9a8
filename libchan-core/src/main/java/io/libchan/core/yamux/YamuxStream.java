package io.libchan.core.yamux;

import io.libchan.spi.MuxStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One yamux stream: its two windows, its two directions, and what it owes the peer.
 *
 * <p>A stream that has anything to write is in the connection's ready queue once; its turn writes,
 * in this order, SYN and preamble, ACK, credit, data, FIN; or RST instead of all that is left.
 *
 * <p>Thread-safe: fields marked so are guarded by the connection's lock.
 */
final class YamuxStream implements MuxStream {
  private static final int CREDIT_THRESHOLD = Wire.INITIAL_WINDOW / 2;
  private static final VarHandle OWED;

  static {
    try {
      OWED = MethodHandles.lookup().findVarHandle(YamuxStream.class, "owed", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final YamuxConnection connection;

  /** Set once, before the stream is known to anybody. */
  int id;

  /** Set before the first event; the reader's thread only, after {@code opened}. */
  @Nullable Handler handler;

  // Read without lock by wantWrite: it is called for each message.
  volatile boolean scheduled;
  private volatile boolean announced;

  // Bytes the application took and the peer was not told of yet. Only through OWED.
  @SuppressWarnings("unused")
  private volatile int owed;

  // Guarded by the connection's lock.
  long sendWindow = Wire.INITIAL_WINDOW;
  int receiveWindow = Wire.INITIAL_WINDOW;
  boolean blocked; // has data, but no window
  boolean ackOwed;
  boolean resetOwed;
  boolean finished; // FIN written
  boolean peerEnded; // FIN read
  boolean dead; // reset by either side
  boolean overTold;
  private int resetCode;

  // Only the writer's.
  private byte @Nullable [] preamble;
  private int preambleAt;
  private boolean finOwed;

  // Only the reader's: the peer's preamble while it is incomplete.
  @Nullable ByteBuffer opening;

  YamuxStream(YamuxConnection connection, byte @Nullable [] preamble) {
    this.connection = connection;
    this.preamble = preamble;
    this.announced = preamble == null;
  }

  @Override
  public void wantWrite() {
    if (!scheduled) {
      connection.schedule(this);
    }
  }

  @Override
  public void credit(int bytes) {
    if (bytes > 0 && (int) OWED.getAndAdd(this, bytes) + bytes >= CREDIT_THRESHOLD) {
      wantWrite();
    }
  }

  @Override
  public boolean announced() {
    return announced;
  }

  @Override
  public void reset(int code) {
    connection.reset(this, code);
  }

  /** Guarded by the connection's lock. */
  void killed(int code) {
    dead = true;
    resetOwed = true;
    resetCode = code;
  }

  boolean isOpening() {
    return !announced;
  }

  /**
   * Takes this stream's turn: at most one DATA frame.
   *
   * @return whether it has more to write and could
   */
  boolean write(ByteBuffer out) {
    if (!announced && !writePreamble(out)) {
      return true;
    }
    if (out.remaining() < 3 * Wire.HEADER_BYTES) {
      return true;
    }
    boolean over = writeOwed(out);
    if (over) {
      connection.tellOver(this);
      return false;
    }
    return finished ? false : finOwed ? writeFin(out) : writeData(out);
  }

  private boolean writePreamble(ByteBuffer out) {
    byte[] bytes = preamble;
    if (bytes == null) {
      return true;
    }
    if (preambleAt == 0) {
      if (out.remaining() < 2 * Wire.HEADER_BYTES + 1) {
        return false;
      }
      Wire.header(out, Wire.WINDOW_UPDATE, Wire.SYN, id, 0);
    }
    int count = Math.min(bytes.length - preambleAt, out.remaining() - Wire.HEADER_BYTES);
    if (count <= 0) {
      return false;
    }
    Wire.header(out, Wire.DATA, 0, id, count);
    out.put(bytes, preambleAt, count);
    connection.spend(this, count);
    preambleAt += count;
    if (preambleAt < bytes.length) {
      return false;
    }
    preamble = null;
    announced = true;
    return true;
  }

  /** RST, or ACK and credit; whether the stream is over by it. */
  private boolean writeOwed(ByteBuffer out) {
    connection.lock.lock();
    try {
      if (resetOwed) {
        resetOwed = false;
        Wire.header(out, Wire.WINDOW_UPDATE, Wire.RST, id, resetCode);
        return true;
      }
      if (dead) {
        return false;
      }
      if (ackOwed) {
        ackOwed = false;
        Wire.header(out, Wire.WINDOW_UPDATE, Wire.ACK, id, 0);
      }
      int grant = (int) OWED.getOpaque(this);
      if (grant >= CREDIT_THRESHOLD && !peerEnded) {
        OWED.getAndAdd(this, -grant);
        receiveWindow += grant;
        Wire.header(out, Wire.WINDOW_UPDATE, 0, id, grant);
      }
      return false;
    } finally {
      connection.lock.unlock();
    }
  }

  private boolean writeData(ByteBuffer out) {
    long window = connection.window(this);
    if (window < 0) {
      return false;
    }
    int start = out.position();
    int limit = out.limit();
    int room = out.remaining() - Wire.HEADER_BYTES;
    int most = (int) Math.min(Math.min(room, Wire.MAX_DATA), window);
    out.position(start + Wire.HEADER_BYTES).limit(start + Wire.HEADER_BYTES + most);
    Left left = Handlers.of(this).fill(out);
    int count = out.position() - start - Wire.HEADER_BYTES;
    out.limit(limit).position(start);
    if (count > 0) {
      Wire.header(out, Wire.DATA, 0, id, count);
      out.position(start + Wire.HEADER_BYTES + count);
      connection.spend(this, count);
    }
    return switch (left) {
      case NOTHING -> false;
      case ENDED -> writeFin(out);
      case MORE -> count == window ? !connection.block(this) : true;
    };
  }

  private boolean writeFin(ByteBuffer out) {
    finOwed = true;
    if (out.remaining() < Wire.HEADER_BYTES) {
      return true;
    }
    Wire.header(out, Wire.DATA, Wire.FIN, id, 0);
    finOwed = false;
    connection.finished(this);
    return false;
  }

  /** The handler, which is set before any event. */
  private static final class Handlers {
    static Handler of(YamuxStream stream) {
      Handler handler = stream.handler;
      if (handler == null) {
        return None.HANDLER;
      }
      return handler;
    }
  }

  /** Stands in while the peer's preamble is incomplete: nothing to write yet. */
  private enum None implements Handler {
    HANDLER;

    @Override
    public Left fill(ByteBuffer target) {
      return Left.NOTHING;
    }

    @Override
    public void received(ByteBuffer bytes) {}

    @Override
    public void peerEnded() {}

    @Override
    public void reset(int code) {}

    @Override
    public void over() {}
  }
}
