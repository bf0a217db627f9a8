package io.libchan.core.yamux;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One body: its frames, the one stream on it, and the signs of life of both sides. Section 3.1 of
 * the specification.
 *
 * <p>Thread-safe: what arrives comes in the mux's turn, {@code fill} on the writer of this body.
 */
final class Body implements ByteConnection.Handler, FrameCutter.Sink {
  private static final int MAX_PONGS = 16;
  private static final int MAX_HEARTBEAT_MILLIS = 3_600_000;

  private enum Ending {
    NONE,
    CLOSE,
    ABORT
  }

  private final BodyMux mux;
  private final long since;
  private final FrameCutter cutter = new FrameCutter(Wire.PARK);
  private final FloodGuard flood;

  /** What it is for, as BODY's flags; 0 while the listening side has not been told. */
  private volatile int role;

  private volatile @Nullable ByteConnection connection;
  private volatile @Nullable BodyStream stream;
  private volatile boolean greeted;
  private volatile boolean filled;
  private volatile boolean closed;
  private volatile boolean foreign;
  private volatile long heardAt;
  private volatile long spokeAt;
  private volatile long peerSilenceNanos;

  // Guarded by the mux's lock.
  private final ArrayDeque<Integer> pongs = new ArrayDeque<>(0);
  private boolean mayGreet; // the listening side does not know how, at first
  private boolean greetingOwed;
  private int greetingCount;
  private boolean pingOwed; // with SYN: an answer is wanted
  private boolean heartbeatOwed;
  private boolean parkOwed;
  private boolean goodbyeOwed;
  private boolean goodbyeWritten;
  private Ending ending = Ending.NONE;
  private @Nullable Reason lostBy;

  // Only in the mux's turn.
  private @Nullable BodyStream receiving;
  private boolean peerGoodbye;
  private int resumesAt;

  Body(BodyMux mux, int role) {
    this.mux = mux;
    this.role = role;
    since = mux.environment().nanoTime();
    heardAt = since;
    spokeAt = since;
    flood = new FloodGuard(mux.limits(), mux.environment());
    mayGreet = role != 0;
    greetingOwed = mayGreet;
  }

  // ---- what the mux asks ----

  boolean isFor(int one) {
    return (role & one) != 0;
  }

  boolean isControl() {
    return isFor(Wire.CONTROL | Wire.CONTINUED);
  }

  boolean isIdle() {
    return isFor(Wire.PARKED) && stream == null;
  }

  /** Whether the peer's BODY has come. */
  boolean isGreeted() {
    return greeted;
  }

  /** Whether anything may have left. */
  boolean isFilled() {
    return filled;
  }

  boolean isClosed() {
    return closed;
  }

  /** Whether the peer said that nothing more follows, as its session ends. In the mux's turn. */
  boolean peerSaidGoodbye() {
    return peerGoodbye;
  }

  /** How many of this side's control bytes the peer has. In the mux's turn. */
  int resumesAt() {
    return resumesAt;
  }

  void resumesAt(int count) {
    resumesAt = count;
  }

  @Nullable BodyStream stream() {
    return stream;
  }

  /** Why it was given up here. */
  @Nullable Reason lostBy() {
    return lostBy;
  }

  // ---- what the mux does ----

  /** Begins. */
  void start(ByteConnection bytes) {
    Ending asked;
    bytes.start(this);
    mux.lock().lock();
    try {
      connection = bytes; // only now: nobody ends what has not begun
      asked = ending;
    } finally {
      mux.lock().unlock();
    }
    bytes.wantWrite();
    end(bytes, asked);
  }

  void carry(BodyStream newStream) {
    stream = newStream;
    newStream.ride(this);
  }

  void wantWrite() {
    ByteConnection bytes = connection;
    if (bytes != null) {
      bytes.wantWrite();
    }
  }

  /** What goes first from here. Guarded by the mux's lock. */
  void greet(int count) {
    mayGreet = true;
    greetingOwed = true;
    greetingCount = count;
  }

  /** A sign of life is wanted. Guarded by the mux's lock. */
  void ping() {
    pingOwed = true;
  }

  /** The peer is to be told how many are wanted. Guarded by the mux's lock. */
  void park() {
    parkOwed = true;
  }

  /** GO_AWAY goes behind the last of it. Guarded by the mux's lock. */
  void sayGoodbye() {
    goodbyeOwed = true;
  }

  /** Ends in good order. Idempotent. */
  void close() {
    end(Ending.CLOSE);
  }

  /** Takes it for lost. */
  void lose(Reason reason) {
    mux.lock().lock();
    try {
      if (lostBy == null) {
        lostBy = reason;
      }
    } finally {
      mux.lock().unlock();
    }
    end(Ending.ABORT);
  }

  private void end(Ending how) {
    ByteConnection bytes;
    mux.lock().lock();
    try {
      if (ending.compareTo(how) >= 0) {
        return;
      }
      ending = how;
      bytes = connection;
    } finally {
      mux.lock().unlock();
    }
    end(bytes, how);
  }

  private static void end(@Nullable ByteConnection bytes, Ending how) {
    if (bytes != null && how == Ending.ABORT) {
      bytes.abort();
    } else if (bytes != null && how == Ending.CLOSE) {
      bytes.close();
    }
  }

  /** Looks at the time, now and then. Rules BOD-11, BOD-12, BOD-17. */
  void look(long now) {
    if (greeted && now - heardAt > peerSilenceNanos) {
      lose(
          Reason.of(
              ReasonCode.CONNECTION_LOST,
              "BOD-12: nothing came for " + (now - heardAt) / 1_000_000 + " ms"));
      return;
    }
    if (mux.isLate(now - since) && !hasBegun()) {
      lose(Reason.of(ReasonCode.CONNECTION_LOST, "BOD-17: the peer did not say what it is for"));
      return;
    }
    if (now - spokeAt >= mux.heartbeatNanos() / 2) {
      mux.lock().lock();
      try {
        heartbeatOwed = true;
      } finally {
        mux.lock().unlock();
      }
      wantWrite();
    }
  }

  /** Whether the peer's BODY has come, and the stream that it promised. */
  private boolean hasBegun() {
    BodyStream begun = stream;
    return greeted && (isFor(Wire.PARKED) || (begun != null && begun.handler != null));
  }

  // ---- the writer ----

  @Override
  public boolean fill(ByteBuffer out) {
    filled = true;
    int start = out.position();
    boolean more = write(out);
    more |= hasPongs();
    if (out.position() > start) {
      spokeAt = mux.environment().nanoTime();
    }
    if (!more) {
      mux.resting();
    }
    return more;
  }

  private boolean write(ByteBuffer out) {
    if (!writeOwed(out)) {
      return false;
    }
    BodyStream turn = stream;
    if (turn == null || !mux.mayWrite(this)) {
      return !farewell(out, turn);
    }
    boolean more = true;
    while (more && out.remaining() >= 4 * Wire.HEADER_BYTES) {
      turn.scheduled = false;
      boolean wasAnnounced = turn.announced();
      long seen = mux.openings();
      int before = out.position();
      more = turn.write(out);
      if (!wasAnnounced && turn.announced()) {
        mux.announced();
      }
      if (more && out.position() == before) {
        more = !mux.awaitOpenings(turn, seen);
        if (!more) {
          return false;
        }
      }
    }
    if (more) {
      turn.scheduled = true;
      return true;
    }
    return !farewell(out, turn);
  }

  private boolean hasPongs() {
    mux.lock().lock();
    try {
      return mayGreet && !pongs.isEmpty();
    } finally {
      mux.lock().unlock();
    }
  }

  /** What goes before the stream's turn; false if nothing may be written yet. */
  private boolean writeOwed(ByteBuffer out) {
    mux.lock().lock();
    try {
      if (greetingOwed) {
        greetingOwed = false;
        int heartbeat = (int) (mux.heartbeatNanos() / 1_000_000);
        Wire.header(out, Wire.BODY, role, greetingCount, heartbeat);
      } else if (!mayGreet) {
        return false;
      }
      while (out.remaining() >= 5 * Wire.HEADER_BYTES) {
        Integer pong = pongs.poll();
        if (pong == null) {
          break;
        }
        Wire.header(out, Wire.PING, Wire.ACK, 0, pong);
      }
      if (pingOwed) {
        pingOwed = false;
        Wire.header(out, Wire.PING, Wire.SYN, 0, 0);
      } else if (heartbeatOwed) {
        Wire.header(out, Wire.PING, 0, 0, 0);
      }
      heartbeatOwed = false;
      if (parkOwed) {
        parkOwed = false;
        Wire.header(out, Wire.PARK, 0, mux.parkNumber(), mux.parkWanted());
      }
      return true;
    } finally {
      mux.lock().unlock();
    }
  }

  /** GO_AWAY, if it is time and there is room; whether nothing is left to write. */
  private boolean farewell(ByteBuffer out, @Nullable BodyStream turn) {
    mux.lock().lock();
    try {
      if (!goodbyeOwed || goodbyeWritten || mux.isHeldBack(turn)) {
        return true;
      }
      if (mux.hasLastWords(turn) || out.remaining() < Wire.HEADER_BYTES) {
        return false;
      }
      goodbyeWritten = true;
      int opened = isControl() ? mux.opened() : 0;
      Wire.header(out, Wire.GO_AWAY, 0, opened, mux.goodbyeCode());
      return true;
    } finally {
      mux.lock().unlock();
    }
  }

  // ---- the reader ----

  @Override
  public void received(ByteBuffer bytes) {
    heardAt = mux.environment().nanoTime();
    mux.heard();
    mux.turn().lock();
    try {
      cutter.read(bytes, this);
    } catch (Broken e) {
      broken(e);
    } finally {
      mux.turn().unlock();
    }
    bytes.position(bytes.limit());
    if (isControl()) {
      mux.stir();
    }
    mux.after();
  }

  /** Rule BOD-14: what somebody between the two sides wrote costs this body only. */
  private void broken(Broken e) {
    if (e.foreign) {
      foreign = true;
      lose(Reason.of(ReasonCode.CONNECTION_LOST, "BOD-14: no frames: " + e.reason.message()));
    } else {
      mux.abort(e.reason);
    }
  }

  @Override
  public boolean isReading() {
    return !foreign && !mux.isLost();
  }

  @Override
  public void frame(int type, int flags, int id, int length) throws Broken {
    if (!greeted) {
      if (type != Wire.BODY) {
        throw Broken.foreign("BOD-2", "the first frame is of type " + type);
      }
      greeted(flags, id, length);
      return;
    }
    switch (type) {
      case Wire.BODY -> throw new Broken("BOD-2", "a second BODY");
      case Wire.PARK -> mux.parkAsked(id, length);
      case Wire.PING -> pinged(flags, length);
      case Wire.GO_AWAY -> {
        peerGoodbye = true;
        mux.goodbye(this, id, length);
      }
      default -> streamFrame(type, flags, id, length);
    }
  }

  private void greeted(int flags, int count, int heartbeatMillis) throws Broken {
    if (heartbeatMillis < 1 || heartbeatMillis > MAX_HEARTBEAT_MILLIS) {
      throw new Broken("BOD-11", "a heartbeat of " + heartbeatMillis + " ms");
    }
    if (role != 0 ? flags != role : Integer.bitCount(flags) != 1 || flags > Wire.CONTINUED) {
      throw new Broken("BOD-2", "a body for " + flags);
    }
    peerSilenceNanos = 3L * heartbeatMillis * 1_000_000;
    role = flags;
    greeted = true;
    mux.greeted(this, count);
  }

  private void pinged(int flags, int value) throws Broken {
    if ((flags & Wire.SYN) == 0) {
      flood.frame(false);
      return;
    }
    flood.ping();
    mux.lock().lock();
    try {
      if (pongs.size() == MAX_PONGS) {
        Integer unused = pongs.poll(); // the last ones count
      }
      pongs.add(value);
    } finally {
      mux.lock().unlock();
    }
    wantWrite();
  }

  private void streamFrame(int type, int flags, int id, int length) throws Broken {
    boolean peerOpens = isFor(Wire.PARKED) == mux.isConnecting();
    if (id != (isFor(Wire.PARKED) ? 2 : 1)) {
      throw new Broken("BOD-4", "stream " + Integer.toUnsignedString(id));
    }
    if ((flags & Wire.SYN) != 0) {
      if (!peerOpens || stream != null) {
        throw new Broken("BOD-4", "SYN on a body that has its stream");
      }
      mux.accept(this, id);
    }
    BodyStream current = stream;
    if (current == null) {
      throw new Broken("BOD-4", "a frame before SYN");
    }
    boolean reset = (flags & Wire.RST) != 0;
    boolean over = mux.isDone(current);
    if (type == Wire.DATA) {
      flood.frame(length != 0 || (flags & (Wire.SYN | Wire.FIN | Wire.RST)) != 0);
      if (length < 0) {
        throw new Broken("MUX-7", "DATA of " + Integer.toUnsignedString(length) + " bytes");
      }
      if (length > 0) {
        flood.data();
      }
      receiving = over ? null : current;
      if (!over) {
        current.data(length, !reset && (flags & Wire.FIN) != 0);
      }
    } else {
      flood.frame(length != 0 || flags != 0);
      if (!over && !reset && length != 0) {
        current.granted(length);
      }
      if (!over && !reset && (flags & Wire.FIN) != 0) {
        current.peerEnded();
      }
    }
    if (reset && !over) {
      current.peerReset(type == Wire.WINDOW_UPDATE ? length : 0); // rule MUX-5
    }
  }

  @Override
  public void payload(ByteBuffer part, boolean last) throws Broken {
    BodyStream current = receiving;
    if (current != null) {
      current.payload(part, last);
      current.receivedAll();
    }
  }

  @Override
  public void closed(@Nullable IOException cause) {
    mux.turn().lock();
    try {
      closed = true;
      mux.closed(this, cause);
    } finally {
      mux.turn().unlock();
    }
    mux.after();
  }

  @Override
  public String toString() {
    BodyStream carried = stream;
    return "Body["
        + role
        + (greeted ? " greeted" : "")
        + (ending == Ending.NONE ? "" : " " + ending)
        + (carried == null ? "" : " stream " + (carried.done ? "done" : "live"))
        + (carried != null && carried.scheduled ? " scheduled" : "")
        + (carried != null && carried.blocked ? " blocked" : "")
        + "]";
  }
}
