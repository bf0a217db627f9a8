package io.libchan.core.yamux;

import io.libchan.Limits;
import io.libchan.ReasonCode;
import io.libchan.core.table.Table;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One yamux stream: its two windows, its two directions, and what it owes the peer.
 *
 * <p>A stream that has anything to write gets a turn from its carrier; the turn writes, in this
 * order, SYN and preamble, ACK, credit, data, FIN; or RST instead of all that is left.
 *
 * <p>Thread-safe: fields marked so are guarded by the carrier's lock.
 */
class YamuxStream implements MuxStream, Table.Keyed {
  private static final VarHandle OWED;
  private static final VarHandle SPENT;

  static {
    try {
      OWED = MethodHandles.lookup().findVarHandle(YamuxStream.class, "owed", int.class);
      SPENT = MethodHandles.lookup().findVarHandle(YamuxStream.class, "spent", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What streams ride on: one connection for all, or a body for each. */
  interface Carrier {
    /** Guards what streams share with it. */
    ReentrantLock lock();

    /** The limits of this side. */
    Limits limits();

    /** What writes and reads the preambles. */
    Preambles preambles();

    /** The session that is told of the peer's streams; null before the start. */
    MuxConnection.@Nullable Handler session();

    /** The stream has something to write. */
    void schedule(YamuxStream stream);

    /** What windows of its streams may grow by; null where they do not. */
    default @Nullable WindowGrowth growth() {
      return null;
    }

    /** Ends a stream, from here. */
    void reset(YamuxStream stream, int code);

    /** A stream has data and no window, or has it no more. Guarded by the lock. */
    default void blocked(boolean isBlocked) {}

    /** FIN of a stream was written. */
    void finished(YamuxStream stream);

    /** RST of a stream was written. */
    void resetWritten(YamuxStream stream);

    /** No event of a stream comes any more; once for each. Guarded by the lock. */
    void forget(YamuxStream stream);
  }

  private final Carrier carrier;

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

  // What is granted at once: half the window. Set under the carrier's lock.
  private volatile int creditThreshold = Wire.INITIAL_WINDOW / 2;

  // A window is what was granted less what was spent, both of them sums that may wrap: so who
  // spends needs no lock. Grants, to us and to the peer, are guarded by the carrier's lock; what we
  // send is counted by the writer alone, and what arrives by the reader.
  private int granted = Wire.INITIAL_WINDOW;
  private volatile int allowed = Wire.INITIAL_WINDOW;

  private volatile int spent;
  private int arrived;

  // From the first grant on, where windows grow; what is in it is guarded by the carrier's lock.
  private volatile @Nullable Pace pace;

  // Guarded by the carrier's lock.
  boolean blocked; // has data, but no window
  boolean ackOwed;
  boolean resetOwed;
  boolean finished; // FIN written
  boolean peerEnded; // FIN read; set by the reader
  boolean dead; // reset by either side
  boolean overTold;
  private int resetCode;

  // Only the writer's.
  private @Nullable ByteBuffer preamble; // what is left of it
  private boolean finOwed;

  // Only the reader's: the peer's preamble while it is incomplete.
  private @Nullable PreambleReader opening;
  private boolean payloadEnds;

  YamuxStream(Carrier carrier, byte @Nullable [] preamble) {
    this.carrier = carrier;
    this.preamble = preamble == null ? null : ByteBuffer.wrap(preamble);
    this.announced = preamble == null;
  }

  @Override
  public final long key() {
    return id;
  }

  @Override
  public void wantWrite() {
    if (!scheduled) {
      carrier.schedule(this);
    }
  }

  @Override
  public void credit(int bytes) {
    if (bytes > 0 && (int) OWED.getAndAdd(this, bytes) + bytes >= creditThreshold) {
      wantWrite();
    }
  }

  @Override
  public boolean announced() {
    return announced;
  }

  @Override
  public void reset(int code) {
    carrier.reset(this, code);
  }

  /** Guarded by the carrier's lock. */
  void killed(int code) {
    dead = true;
    resetOwed = true;
    resetCode = code;
  }

  boolean isOpening() {
    return !announced;
  }

  /** It will never leave: messages that name it need not wait for it. */
  void markAnnounced() {
    announced = true;
  }

  /** Bytes sent that no credit of the peer's covers yet. */
  int uncredited() {
    carrier.lock().lock();
    try {
      return (int) Math.max(0, Wire.INITIAL_WINDOW - window());
    } finally {
      carrier.lock().unlock();
    }
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
    boolean over;
    boolean ended;
    long window;
    carrier.lock().lock();
    try {
      over = writeOwed(out);
      ended = finished || (dead && !finOwed);
      window = window();
    } finally {
      carrier.lock().unlock();
    }
    if (over) {
      carrier.resetWritten(this);
    }
    return !over && !ended && (finOwed ? writeFin(out) : writeData(out, window));
  }

  private boolean writePreamble(ByteBuffer out) {
    ByteBuffer bytes = preamble;
    if (bytes == null) {
      return true;
    }
    if (bytes.position() == 0) {
      if (out.remaining() < 2 * Wire.HEADER_BYTES + 1) {
        return false;
      }
      Wire.header(out, Wire.WINDOW_UPDATE, Wire.SYN, id, 0);
    }
    int count = Math.min(bytes.remaining(), out.remaining() - Wire.HEADER_BYTES);
    if (count <= 0) {
      return false;
    }
    Wire.header(out, Wire.DATA, 0, id, count);
    int end = bytes.limit();
    out.put(bytes.limit(bytes.position() + count));
    bytes.limit(end);
    spend(count);
    if (bytes.hasRemaining()) {
      return false;
    }
    preamble = null;
    announced = true;
    return true;
  }

  /** RST, or ACK and credit; whether the stream is over by it. Guarded by the carrier's lock. */
  private boolean writeOwed(ByteBuffer out) {
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
    int taken = (int) OWED.getOpaque(this);
    if (peerEnded) {
      giveBackUnused();
    } else if (taken >= creditThreshold) {
      OWED.getAndAdd(this, -taken);
      int grant = taken + changeOfWindow();
      int sum = allowed + grant;
      allowed = sum;
      if (grant > 0) {
        Wire.header(out, Wire.WINDOW_UPDATE, 0, id, grant);
      }
    }
    return false;
  }

  /** Guarded by the carrier's lock. */
  private int changeOfWindow() {
    WindowGrowth growth = carrier.growth();
    if (growth == null) {
      return 0;
    }
    Pace known = pace;
    if (known == null) {
      pace = new Pace(growth.now());
      return 0;
    }
    int change = known.change(growth);
    creditThreshold = known.window() / 2;
    return change;
  }

  /**
   * The peer has ended, and what its window has grown by serves nobody any more, though the stream
   * may live for long: it is given back as soon as what is unread would fit into a first window. If
   * that is later, the credit that makes it fit asks for a turn. Rule MUX-22. Guarded by the
   * carrier's lock.
   */
  private void giveBackUnused() {
    Pace known = pace;
    if (known != null) {
      int fits = known.window() - (allowed - arrived) - Wire.INITIAL_WINDOW;
      creditThreshold = fits; // first, or credit that comes now would be seen by nobody
      if ((int) OWED.getVolatile(this) >= fits) {
        giveBackWindow();
      }
    }
  }

  /** The window needs no more than that of a new stream from now on. Guarded by the same lock. */
  final void giveBackWindow() {
    WindowGrowth growth = carrier.growth();
    Pace known = pace;
    if (known != null && growth != null) {
      growth.giveBack(known.grown());
      pace = null;
      creditThreshold = Integer.MAX_VALUE;
    }
  }

  private boolean writeData(ByteBuffer out, long window) {
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
      spend(count);
    }
    return switch (left) {
      case NOTHING -> false;
      case ENDED -> writeFin(out);
      case MORE -> count == window ? !block() : true;
    };
  }

  private boolean writeFin(ByteBuffer out) {
    finOwed = true;
    if (out.remaining() < Wire.HEADER_BYTES) {
      return true;
    }
    Wire.header(out, Wire.DATA, Wire.FIN, id, 0);
    finOwed = false;
    carrier.finished(this);
    return false;
  }

  // ---- windows ----

  /** What may be sent now. Guarded by the carrier's lock. */
  private long window() {
    return Integer.toUnsignedLong(granted - spent);
  }

  /** By the writer only. */
  private void spend(int count) {
    SPENT.setRelease(this, spent + count);
  }

  /** There is data but no window; false if there is window by now. */
  private boolean block() {
    carrier.lock().lock();
    try {
      if (window() > 0 || dead) {
        return false;
      }
      if (!blocked) {
        blocked = true;
        carrier.blocked(true);
      }
      return true;
    } finally {
      carrier.lock().unlock();
    }
  }

  /** Guarded by the carrier's lock. */
  void unblock() {
    if (blocked) {
      blocked = false;
      carrier.blocked(false);
    }
  }

  // ---- what the peer says ----

  /** Credit. */
  void granted(int bytes) throws Broken {
    boolean goesOn;
    carrier.lock().lock();
    try {
      long window = window() + Integer.toUnsignedLong(bytes);
      if (window > Integer.MAX_VALUE) {
        throw new Broken("MUX-7", "stream " + id + ": window of " + window);
      }
      granted += bytes;
      goesOn = blocked;
      unblock();
    } finally {
      carrier.lock().unlock();
    }
    if (goesOn) {
      wantWrite();
    }
  }

  /** The header of a DATA frame, whose length is not negative. */
  void data(int length, boolean ends) throws Broken {
    int window = allowed - arrived;
    if (length > window) {
      throw new Broken("MUX-7", "stream " + id + ": " + length + " bytes, window " + window);
    }
    if (peerEnded && length > 0) {
      throw new Broken("MUX-19", "stream " + id + ": DATA after FIN");
    }
    Pace known = pace;
    if (known != null) {
      watch(known);
    }
    arrived += length;
    payloadEnds = ends;
    if (length == 0 && ends) {
      peerEnded();
    }
  }

  private void watch(Pace known) {
    carrier.lock().lock();
    try {
      known.data(allowed - arrived + (int) OWED.getOpaque(this));
    } finally {
      carrier.lock().unlock();
    }
  }

  /** Some of the payload that {@link #data} announced; {@link #receivedAll} follows. */
  void payload(ByteBuffer bytes, boolean last) throws Broken {
    if (dead) {
      return;
    }
    if (handler != null || opened(bytes)) {
      Handler owner = handler;
      if (bytes.hasRemaining() && owner != null && !dead) {
        owner.receivedSome(bytes);
      }
    }
    if (last && payloadEnds && !dead) {
      peerEnded();
    }
  }

  /** All that is at hand was received. */
  void receivedAll() {
    Handler owner = handler;
    if (owner != null) {
      owner.receivedAll();
    }
  }

  /** Reads the preamble; whether it is complete and there is a handler. */
  private boolean opened(ByteBuffer bytes) throws Broken {
    PreambleReader reader = opening;
    if (reader == null) {
      reader = new PreambleReader();
      opening = reader;
    }
    int before = bytes.remaining();
    ByteBuffer whole = reader.read(bytes, carrier.limits().maxPreambleBytes());
    credit(before - bytes.remaining());
    if (whole == null) {
      return false;
    }
    opening = null;
    return register(whole);
  }

  private boolean register(ByteBuffer whole) throws Broken {
    try {
      StreamHeaders headers = carrier.preambles().decode(whole);
      MuxConnection.Handler session = carrier.session();
      if (session == null) {
        return false;
      }
      Handler owner = session.opened(this, headers);
      boolean over;
      carrier.lock().lock();
      try {
        handler = owner;
        // Refused while it was opened, and the writer was quicker.
        over = dead && !resetOwed;
      } finally {
        carrier.lock().unlock();
      }
      if (over) {
        tellOver();
      }
      wantWrite();
      return true;
    } catch (Preamble.Malformed e) {
      if (!e.unsupported()) {
        throw new Broken("PRE-2", String.valueOf(e.getMessage()));
      }
      reset(ReasonCode.UNSUPPORTED.number());
      return false;
    }
  }

  /** FIN. */
  void peerEnded() throws Broken {
    boolean over;
    carrier.lock().lock();
    try {
      if (dead || peerEnded) {
        return;
      }
      peerEnded = true;
      giveBackUnused();
      over = finished;
      if (over) {
        carrier.forget(this);
      }
    } finally {
      carrier.lock().unlock();
    }
    Handler owner = handler;
    if (owner == null) {
      throw new Broken("PRE-2", "stream " + id + " ended inside its preamble");
    }
    owner.peerEnded();
    if (over) {
      tellOver();
    }
  }

  /** RST. */
  void peerReset(int code) {
    carrier.lock().lock();
    try {
      if (dead) {
        return;
      }
      dead = true;
      unblock();
      carrier.forget(this);
    } finally {
      carrier.lock().unlock();
    }
    Handler owner = handler;
    if (owner != null) {
      owner.reset(code);
    }
    tellOver();
  }

  /** Tells the owner once; one that does not exist yet is told when it does. */
  void tellOver() {
    Handler owner;
    carrier.lock().lock();
    try {
      owner = handler;
      if (overTold || owner == null) {
        return;
      }
      overTold = true;
    } finally {
      carrier.lock().unlock();
    }
    owner.over();
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
  enum None implements Handler {
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
