package io.libchan.core.yamux;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.table.Table;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.DescriptorConnection;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Streams over a byte connection: yamux version 0 under the strict profile, section 3 of the
 * specification.
 *
 * <p>Life: <em>open</em>; then <em>closing</em>, by {@link #close}: what streams have to write is
 * written, then GO_AWAY, then the peer's GO_AWAY or end is awaited so that nothing of ours is lost
 * in a reset, then the connection closes. Or <em>aborting</em>, by {@link #abort} or a broken rule:
 * the control stream may still say why, GO_AWAY follows, and the connection closes in any case
 * after a second. <em>Lost</em> is told to the session once, whatever came first.
 *
 * <p>Three kinds of threads come here: the connection's reader ({@code received}), its writer
 * ({@code fill}), and applications. One lock guards all that they share; nothing is called under
 * it.
 *
 * <p>Thread-safe.
 */
public final class YamuxConnection
    implements MuxConnection, ByteConnection.Handler, FrameCutter.Sink, YamuxStream.Carrier {
  private static final Duration FAREWELL = Duration.ofSeconds(1);
  private static final int MAX_PONGS = 16;

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    DONE
  }

  private final ReentrantLock lock = new ReentrantLock();

  private final ByteConnection connection;
  private final @Nullable DescriptorConnection passing;
  private final boolean connecting;
  private final Limits limits;
  private final Environment environment;
  private final KeepAlive keepAlive;
  private final Preambles preambles = new Preambles();
  private @Nullable Handler handler;

  // Guarded by lock.
  private final Table<YamuxStream> streams = new Table<>();
  private final ArrayDeque<YamuxStream> opening = new ArrayDeque<>();
  private final ArrayDeque<YamuxStream> ready = new ArrayDeque<>();
  private final ArrayDeque<Integer> pongs = new ArrayDeque<>();
  private final WindowGrowth growth;
  private State state = State.OPEN;
  private int nextId;
  private int lastPeerId;
  private int peerStreams;
  private int maxPeerStreams;
  private int blockedStreams;
  private boolean pingOwed;
  private boolean goAwaySent;
  private int goAwayCode;
  private boolean peerGone;
  private boolean aborted;
  private volatile boolean lostTold; // asked without it for each frame
  private boolean openedLast;
  private @Nullable YamuxStream control;
  private Environment.@Nullable Timer goodbye;

  // Only the reader's.
  private final FrameCutter cutter = new FrameCutter(Wire.GO_AWAY);
  private final FloodGuard flood;
  private @Nullable YamuxStream receiving;

  /**
   * Streams over a connection.
   *
   * @param connecting whether this side is the connecting one: it opens odd ids
   */
  public YamuxConnection(
      ByteConnection connection,
      boolean connecting,
      Limits limits,
      Duration keepAliveInterval,
      Duration keepAliveTimeout,
      Environment environment) {
    this.connection = connection;
    this.passing = connection instanceof DescriptorConnection descriptors ? descriptors : null;
    this.connecting = connecting;
    this.limits = limits;
    this.environment = environment;
    this.nextId = connecting ? 1 : 2;
    this.maxPeerStreams = limits.maxUnauthenticatedStreams();
    this.flood = new FloodGuard(limits, environment);
    this.growth = new WindowGrowth(limits, environment);
    this.keepAlive =
        new KeepAlive(
            this::pingPeer, this::abort, environment, keepAliveInterval, keepAliveTimeout);
  }

  @Override
  public PeerInfo peer() {
    return connection.peer();
  }

  @Override
  public void start(Handler newHandler) {
    handler = newHandler;
    connection.start(this);
    keepAlive.start();
  }

  @Override
  public void limitStreams(int count) {
    lock.lock();
    try {
      // The control stream is always one of the connecting side's.
      maxPeerStreams = connecting ? count : count + 1;
    } finally {
      lock.unlock();
    }
  }

  // ---- streams, from applications ----

  @Override
  public MuxStream open(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
    MuxStream stream = openNamed(headers, owner);
    connection.wantWrite();
    return stream;
  }

  @Override
  public MuxStream openNamed(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
    byte[] preamble = preambles.encode(headers);
    YamuxStream stream = new YamuxStream(this, preamble);
    stream.scheduled = true;
    stream.handler = owner.apply(stream);
    lock.lock();
    try {
      // Ids are given in the order in which the streams leave. Rule MUX-14.
      stream.id = nextId;
      nextId += 2;
      streams.put(stream);
      if (control == null) {
        control = stream;
      }
      opening.add(stream);
    } finally {
      lock.unlock();
    }
    return stream;
  }

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  @Override
  public Limits limits() {
    return limits;
  }

  @Override
  public WindowGrowth growth() {
    return growth;
  }

  @Override
  public Preambles preambles() {
    return preambles;
  }

  @Override
  public @Nullable Handler session() {
    return handler;
  }

  @Override
  public void schedule(YamuxStream stream) {
    lock.lock();
    try {
      if (stream.scheduled) {
        return;
      }
      stream.scheduled = true;
      enqueue(stream);
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
  }

  /** Streams whose SYN may not have left go first. Rule MUX-14. Guarded by lock. */
  private void enqueue(YamuxStream stream) {
    if (stream.isOpening()) {
      opening.addFirst(stream);
    } else {
      ready.add(stream);
    }
  }

  @Override
  public void reset(YamuxStream stream, int code) {
    lock.lock();
    try {
      if (stream.dead || streams.get(stream.id) != stream) {
        return;
      }
      stream.killed(code);
      forget(stream);
    } finally {
      lock.unlock();
    }
    stream.wantWrite();
  }

  /** Guarded by lock. */
  @Override
  public void forget(YamuxStream stream) {
    stream.unblock();
    if (streams.remove(stream.id) != null) {
      stream.giveBackWindow();
      peerStreams -= isOurs(stream.id) ? 0 : 1;
    }
  }

  private boolean isOurs(int id) {
    return (id & 1) == (connecting ? 1 : 0);
  }

  /** Guarded by lock. */
  @Override
  public void blocked(boolean isBlocked) {
    blockedStreams += isBlocked ? 1 : -1;
  }

  // ---- the writer ----

  @Override
  public boolean fill(ByteBuffer out) {
    while (out.remaining() >= 4 * Wire.HEADER_BYTES && !isFull()) {
      YamuxStream stream = next(out);
      if (stream == null) {
        closeAfterGoodbye();
        return false;
      }
      if (stream.write(out)) {
        again(stream);
      }
    }
    return true;
  }

  /** Whether what goes beside the bytes has no more room in this write. */
  private boolean isFull() {
    return passing != null && passing.isFull();
  }

  /**
   * Whose turn it is. If it is nobody's, GO_AWAY is written if it is time to: in the same hold of
   * the lock, so that the last words of the control stream don't come between, and so too late.
   */
  private @Nullable YamuxStream next(ByteBuffer out) {
    lock.lock();
    try {
      for (Integer pong = pongs.poll(); pong != null; pong = pongs.poll()) {
        Wire.header(out, Wire.PING, Wire.ACK, 0, pong);
        if (out.remaining() < 3 * Wire.HEADER_BYTES) {
          break;
        }
      }
      if (pingOwed) {
        pingOwed = false;
        Wire.header(out, Wire.PING, Wire.SYN, 0, 0);
      }
      YamuxStream stream = nextTurn();
      if (stream == null) {
        sayGoodbye(out);
      } else {
        stream.scheduled = false;
      }
      return stream;
    } finally {
      lock.unlock();
    }
  }

  /**
   * New streams and old ones take turns, so that messages leave soon after the streams they name:
   * the peer bounds how many it keeps that no message named. Guarded by lock.
   */
  private @Nullable YamuxStream nextTurn() {
    if (state == State.ABORTING) {
      return lastWords();
    }
    if (goAwaySent || peerGone || state == State.DONE) {
      return null;
    }
    boolean opens = ready.isEmpty() || (!opening.isEmpty() && !openedLast);
    openedLast = opens;
    return opens ? opening.poll() : ready.poll();
  }

  /** The control stream, while it has something to say. Guarded by lock. */
  private @Nullable YamuxStream lastWords() {
    YamuxStream stream = control;
    return stream == null || !stream.scheduled || goAwaySent ? null : stream;
  }

  private void again(YamuxStream stream) {
    lock.lock();
    try {
      if (!stream.scheduled) {
        stream.scheduled = true;
        enqueue(stream);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Nothing to write now: GO_AWAY, if it is time to. Guarded by lock. */
  private void sayGoodbye(ByteBuffer out) {
    boolean leaving =
        peerGone
            || state == State.ABORTING
            || (state == State.CLOSING && blockedStreams == 0 && quiet());
    if (leaving && !goAwaySent) {
      goAwaySent = true;
      Wire.header(out, Wire.GO_AWAY, 0, 0, goAwayCode);
    }
  }

  private void closeAfterGoodbye() {
    boolean close;
    lock.lock();
    try {
      close = goAwaySent && (peerGone || state == State.ABORTING);
    } finally {
      lock.unlock();
    }
    if (close) {
      connection.close();
    }
  }

  /** Guarded by lock. */
  private boolean quiet() {
    return ready.isEmpty() && opening.isEmpty();
  }

  @Override
  public void finished(YamuxStream stream) {
    boolean over;
    lock.lock();
    try {
      stream.finished = true;
      stream.unblock();
      over = stream.peerEnded && !stream.dead;
      if (over) {
        forget(stream);
      }
    } finally {
      lock.unlock();
    }
    if (over) {
      stream.tellOver();
    }
  }

  @Override
  public void resetWritten(YamuxStream stream) {
    stream.tellOver();
  }

  // ---- the reader ----

  @Override
  public void received(ByteBuffer bytes) {
    receivedSome(bytes);
    receivedAll();
  }

  @Override
  public void receivedSome(ByteBuffer bytes) {
    keepAlive.heard();
    try {
      cutter.read(bytes, this);
    } catch (Broken e) {
      abort(e.reason);
    }
    bytes.position(bytes.limit());
  }

  @Override
  public void receivedAll() {
    YamuxStream last = receiving;
    if (last != null) {
      last.receivedAll();
    }
  }

  @Override
  public boolean isReading() {
    return !lostTold;
  }

  @Override
  public void frame(int type, int flags, int id, int length) throws Broken {
    switch (type) {
      case Wire.PING -> ping(flags, length);
      case Wire.GO_AWAY -> goAway(length);
      default -> streamFrame(type, flags, id, length);
    }
  }

  private void streamFrame(int type, int flags, int id, int length) throws Broken {
    if (id <= 0) {
      throw new Broken("MUX-15", "stream " + Integer.toUnsignedString(id));
    }
    if ((flags & Wire.SYN) != 0) {
      accept(id);
    }
    YamuxStream stream = find(id);
    boolean reset = (flags & Wire.RST) != 0;
    if (type == Wire.DATA) {
      flood.frame(length != 0 || (flags & (Wire.SYN | Wire.FIN | Wire.RST)) != 0);
      data(stream, length, !reset && (flags & Wire.FIN) != 0);
    } else {
      flood.frame(length != 0 || flags != 0);
      if (stream != null && !reset && length != 0) {
        stream.granted(length);
      }
      if (stream != null && !reset && (flags & Wire.FIN) != 0) {
        stream.peerEnded();
      }
    }
    if (reset && stream != null) {
      // On DATA the length is the payload's: such a reset has no number. Rule MUX-5.
      stream.peerReset(type == Wire.WINDOW_UPDATE ? length : 0);
    }
  }

  private void accept(int id) throws Broken {
    YamuxStream accepted = null;
    YamuxStream refused;
    lock.lock();
    try {
      if (isOurs(id) || id <= lastPeerId) {
        throw new Broken("MUX-14", "SYN for stream " + id + " after " + lastPeerId);
      }
      lastPeerId = id;
      YamuxStream stream = new YamuxStream(this, null);
      stream.id = id;
      if (state != State.OPEN) {
        return;
      }
      if (ready.size() - streams.size() > limits.maxIdleFrames()) {
        throw new Broken(
            Reason.limit("idle-frames", ready.size() + " streams were opened in vain"));
      }
      if (peerStreams >= maxPeerStreams) {
        stream.killed(ReasonCode.LIMIT.number());
        refused = stream;
      } else {
        peerStreams++;
        stream.ackOwed = true;
        streams.put(stream);
        accepted = stream;
        refused = null;
        if (control == null) {
          control = stream;
        }
        stream.scheduled = true;
        ready.add(stream);
      }
    } finally {
      lock.unlock();
    }
    if (accepted != null) {
      turnTo(accepted); // its preamble follows
    }
    if (refused != null) {
      refused.wantWrite();
    } else {
      connection.wantWrite();
    }
  }

  private @Nullable YamuxStream find(int id) throws Broken {
    YamuxStream last = receiving;
    if (last != null && last.id == id && !last.dead && !last.peerEnded) {
      return last;
    }
    lock.lock();
    try {
      YamuxStream stream = streams.get(id);
      if (stream == null && (isOurs(id) ? id >= nextId : id > lastPeerId)) {
        throw new Broken("MUX-15", "frame for stream " + id + ", which was never opened");
      }
      return stream;
    } finally {
      lock.unlock();
    }
  }

  private void data(@Nullable YamuxStream stream, int length, boolean ends) throws Broken {
    if (length < 0) {
      throw new Broken("MUX-7", "DATA of " + Integer.toUnsignedString(length) + " bytes");
    }
    if (length > 0) {
      flood.data();
    }
    turnTo(stream);
    if (stream != null) {
      stream.data(length, ends);
    }
  }

  /** What comes next is this stream's; the one before has had all that was at hand. */
  private void turnTo(@Nullable YamuxStream stream) {
    if (stream != receiving) {
      receivedAll();
      receiving = stream;
    }
  }

  @Override
  public void payload(ByteBuffer part, boolean last) throws Broken {
    YamuxStream stream = receiving;
    if (stream != null) {
      stream.payload(part, last);
    }
  }

  private void ping(int flags, int value) throws Broken {
    if ((flags & Wire.SYN) == 0) {
      flood.frame(false);
      return;
    }
    flood.ping();
    lock.lock();
    try {
      if (pongs.size() == MAX_PONGS) {
        Integer unused = pongs.poll(); // the last ones count
      }
      pongs.add(value);
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
  }

  private void goAway(int code) {
    lock.lock();
    try {
      peerGone = true;
      if (state == State.OPEN) {
        state = State.CLOSING;
      }
      // Nobody reads any more what streams here would still write.
      opening.clear();
      ready.clear();
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
    goSoon();
    if (code == 0) {
      tellLost(Reason.of(ReasonCode.SESSION_CLOSED, "the peer closed the session"));
    } else {
      tellLost(Reason.of(ReasonCode.CONNECTION_LOST, "the peer gave the session up, code " + code));
    }
  }

  // ---- the end ----

  @Override
  public void close() {
    lock.lock();
    try {
      if (state != State.OPEN) {
        return;
      }
      state = State.CLOSING;
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
  }

  @Override
  public void abort(Reason reason) {
    lock.lock();
    try {
      if (aborted || state == State.DONE) {
        return;
      }
      aborted = true;
    } finally {
      lock.unlock();
    }
    // First, so that the control stream has its last words queued before only those are written.
    tellLost(reason);
    lock.lock();
    try {
      if (state == State.DONE) {
        return;
      }
      state = State.ABORTING;
      goAwayCode =
          switch (reason.code()) {
            case SESSION_CLOSED -> 0;
            case PROTOCOL_ERROR, LIMIT -> 1;
            default -> 2;
          };
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
    goSoon();
  }

  /** The connection closes after a while even if the peer does not read what is left to say. */
  private void goSoon() {
    lock.lock();
    try {
      if (state != State.DONE && goodbye == null) {
        goodbye = environment.schedule(FAREWELL, connection::abort);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void closed(@Nullable IOException cause) {
    boolean orderly;
    lock.lock();
    try {
      orderly = peerGone || (goAwaySent && cause == null);
      state = State.DONE;
      if (goodbye != null) {
        goodbye.cancel();
      }
    } finally {
      lock.unlock();
    }
    if (orderly) {
      tellLost(Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed"));
    } else if (cause instanceof ChannelException told) {
      tellLost(told.reason()); // the transport knows why: the peer refused the request, for one
    } else {
      String detail = cause == null ? "the peer ended it without goodbye" : describe(cause);
      tellLost(Reason.of(ReasonCode.CONNECTION_LOST, "the connection was lost: " + detail));
    }
  }

  static String describe(IOException cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private void tellLost(Reason reason) {
    Handler session;
    lock.lock();
    try {
      if (lostTold) {
        return;
      }
      lostTold = true;
      session = handler;
    } finally {
      lock.unlock();
    }
    keepAlive.stop();
    if (session != null) {
      session.lost(reason);
    }
  }

  private void pingPeer() {
    lock.lock();
    try {
      pingOwed = true;
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
  }
}
