package io.libchan.core.yamux;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
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
import java.util.HashMap;
import java.util.Map;
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
public final class YamuxConnection implements MuxConnection, ByteConnection.Handler {
  private static final Duration FAREWELL = Duration.ofSeconds(1);
  private static final int MAX_PONGS = 16;
  private static final long PING_PERIOD_NANOS = 10_000_000_000L;

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    DONE
  }

  final ReentrantLock lock = new ReentrantLock();

  private final ByteConnection connection;
  private final @Nullable DescriptorConnection passing;
  private final boolean connecting;
  private final Limits limits;
  private final Environment environment;
  private final KeepAlive keepAlive;
  private @Nullable Handler handler;

  // Guarded by lock.
  private final Map<Integer, YamuxStream> streams = new HashMap<>();
  private final ArrayDeque<YamuxStream> opening = new ArrayDeque<>();
  private final ArrayDeque<YamuxStream> ready = new ArrayDeque<>();
  private final ArrayDeque<Integer> pongs = new ArrayDeque<>();
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
  private boolean lostTold;
  private boolean openedLast;
  private @Nullable YamuxStream control;
  private Environment.@Nullable Timer goodbye;

  // Only the reader's.
  private final ByteBuffer header = ByteBuffer.allocate(Wire.HEADER_BYTES);
  private int payloadLeft;
  private @Nullable YamuxStream receiving;
  private boolean payloadEnds;
  private int idleFrames;
  private int pings;
  private long pingsSince;

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
    this.keepAlive = new KeepAlive(this, environment, keepAliveInterval, keepAliveTimeout);
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
    byte[] preamble = Preamble.encode(headers);
    YamuxStream stream = new YamuxStream(this, preamble);
    stream.scheduled = true;
    stream.handler = owner.apply(stream);
    lock.lock();
    try {
      // Ids are given in the order in which the streams leave. Rule MUX-14.
      stream.id = nextId;
      nextId += 2;
      streams.put(stream.id, stream);
      if (control == null) {
        control = stream;
      }
      opening.add(stream);
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
    return stream;
  }

  void schedule(YamuxStream stream) {
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

  void reset(YamuxStream stream, int code) {
    lock.lock();
    try {
      if (stream.dead || streams.get(stream.id) != stream) {
        return;
      }
      stream.killed(code);
      unblock(stream);
      forget(stream);
    } finally {
      lock.unlock();
    }
    stream.wantWrite();
  }

  /** Guarded by lock. */
  private void forget(YamuxStream stream) {
    unblock(stream);
    if (streams.remove(stream.id) != null && !isOurs(stream.id)) {
      peerStreams--;
    }
  }

  private boolean isOurs(int id) {
    return (id & 1) == (connecting ? 1 : 0);
  }

  /** Guarded by lock. */
  private void unblock(YamuxStream stream) {
    if (stream.blocked) {
      stream.blocked = false;
      blockedStreams--;
    }
  }

  // ---- the writer ----

  @Override
  public boolean fill(ByteBuffer out) {
    while (out.remaining() >= 4 * Wire.HEADER_BYTES && !isFull()) {
      YamuxStream stream = next(out);
      if (stream == null) {
        return farewell(out);
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
      if (state == State.ABORTING) {
        return lastWords();
      }
      if (goAwaySent || peerGone || state == State.DONE) {
        return null;
      }
      YamuxStream stream = nextTurn();
      if (stream != null) {
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
    boolean opens = ready.isEmpty() || (!opening.isEmpty() && !openedLast);
    openedLast = opens;
    return opens ? opening.poll() : ready.poll();
  }

  /** The control stream, while it has something to say. Guarded by lock. */
  private @Nullable YamuxStream lastWords() {
    YamuxStream stream = control;
    if (stream == null || !stream.scheduled || goAwaySent) {
      return null;
    }
    stream.scheduled = false;
    return stream;
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

  /** Nothing to write now: says goodbye if it is time to; whether there is more to write. */
  private boolean farewell(ByteBuffer out) {
    boolean close;
    lock.lock();
    try {
      boolean leaving =
          peerGone
              || state == State.ABORTING
              || (state == State.CLOSING && blockedStreams == 0 && quiet());
      if (leaving && !goAwaySent) {
        goAwaySent = true;
        Wire.header(out, Wire.GO_AWAY, 0, 0, goAwayCode);
      }
      close = goAwaySent && (peerGone || state == State.ABORTING);
    } finally {
      lock.unlock();
    }
    if (close) {
      connection.close();
    }
    return false;
  }

  /** Guarded by lock. */
  private boolean quiet() {
    return ready.isEmpty() && opening.isEmpty();
  }

  /** The window of a stream that has a turn; −1 if it has no more data to send. */
  long window(YamuxStream stream) {
    lock.lock();
    try {
      return stream.dead || stream.finished ? -1 : stream.sendWindow;
    } finally {
      lock.unlock();
    }
  }

  void spend(YamuxStream stream, int count) {
    lock.lock();
    try {
      stream.sendWindow -= count;
    } finally {
      lock.unlock();
    }
  }

  /** The stream has data but no window; false if it has window by now. */
  boolean block(YamuxStream stream) {
    lock.lock();
    try {
      if (stream.sendWindow > 0 || stream.dead) {
        return false;
      }
      if (!stream.blocked) {
        stream.blocked = true;
        blockedStreams++;
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  void finished(YamuxStream stream) {
    boolean over;
    lock.lock();
    try {
      stream.finished = true;
      unblock(stream);
      over = stream.peerEnded && !stream.dead;
      if (over) {
        forget(stream);
      }
    } finally {
      lock.unlock();
    }
    if (over) {
      tellOver(stream);
    }
  }

  /** Tells the owner once; one that does not exist yet is told by {@link #register}. */
  void tellOver(YamuxStream stream) {
    MuxStream.Handler owner;
    lock.lock();
    try {
      owner = stream.handler;
      if (stream.overTold || owner == null) {
        return;
      }
      stream.overTold = true;
    } finally {
      lock.unlock();
    }
    owner.over();
  }

  // ---- the reader ----

  @Override
  public void received(ByteBuffer bytes) {
    keepAlive.heard();
    try {
      while (bytes.hasRemaining() && !isLost()) {
        if (payloadLeft > 0) {
          readPayload(bytes);
        } else {
          readHeader(bytes);
        }
      }
      bytes.position(bytes.limit());
    } catch (Broken e) {
      bytes.position(bytes.limit());
      abort(e.reason);
    }
  }

  private boolean isLost() {
    lock.lock();
    try {
      return lostTold;
    } finally {
      lock.unlock();
    }
  }

  private void readHeader(ByteBuffer bytes) throws Broken {
    while (bytes.hasRemaining() && header.hasRemaining()) {
      header.put(bytes.get());
    }
    if (header.hasRemaining()) {
      return;
    }
    int version = header.get(0);
    int type = header.get(1) & 0xff;
    int flags = header.getShort(2) & 0xffff;
    int id = header.getInt(4);
    int length = header.getInt(8);
    header.clear();
    if (version != 0 || type > Wire.GO_AWAY) {
      throw new Broken("MUX-15", "version " + version + ", type " + type);
    }
    switch (type) {
      case Wire.PING -> ping(flags, length);
      case Wire.GO_AWAY -> goAway(length);
      default -> streamFrame(type, flags, id, length);
    }
  }

  private void streamFrame(int type, int flags, int id, int length) throws Broken {
    if (id <= 0) {
      throw new Broken("MUX-14", "stream " + Integer.toUnsignedString(id));
    }
    if ((flags & Wire.SYN) != 0) {
      accept(id);
    }
    YamuxStream stream = find(id);
    boolean reset = (flags & Wire.RST) != 0;
    if (type == Wire.DATA) {
      progress(length != 0 || (flags & (Wire.SYN | Wire.FIN | Wire.RST)) != 0);
      data(stream, id, length, (flags & Wire.FIN) != 0);
    } else {
      progress(length != 0 || flags != 0);
      if (stream != null && !reset && length != 0) {
        granted(stream, length);
      }
      if (stream != null && (flags & Wire.FIN) != 0) {
        peerEnded(stream);
      }
    }
    if (reset && stream != null) {
      peerReset(stream, type == Wire.WINDOW_UPDATE ? length : ReasonCode.CANCELLED.number());
    }
  }

  /** Rule MUX-16: a frame that moves nothing forward may not come for ever. */
  private void progress(boolean moved) throws Broken {
    if (moved) {
      idleFrames = 0;
    } else if (++idleFrames > limits.maxIdleFrames()) {
      throw new Broken(
          Reason.limit("idle-frames", idleFrames + " frames in a row moved nothing forward"));
    }
  }

  private void accept(int id) throws Broken {
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
        streams.put(id, stream);
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

  private void data(@Nullable YamuxStream stream, int id, int length, boolean ends) throws Broken {
    if (length < 0) {
      throw new Broken("MUX-7", "DATA of " + Integer.toUnsignedString(length) + " bytes");
    }
    if (length > 0) {
      pings = 0;
    }
    if (stream != null) {
      lock.lock();
      try {
        if (length > stream.receiveWindow) {
          throw new Broken(
              "MUX-7", "stream " + id + ": " + length + " bytes, window " + stream.receiveWindow);
        }
        if (stream.peerEnded && length > 0) {
          throw new Broken("MUX-15", "stream " + id + ": DATA after FIN");
        }
        stream.receiveWindow -= length;
      } finally {
        lock.unlock();
      }
    }
    receiving = stream;
    payloadLeft = length;
    payloadEnds = ends;
    if (length == 0 && ends && stream != null) {
      peerEnded(stream);
    }
  }

  private void readPayload(ByteBuffer bytes) throws Broken {
    int count = Math.min(payloadLeft, bytes.remaining());
    int limit = bytes.limit();
    bytes.limit(bytes.position() + count);
    payloadLeft -= count;
    YamuxStream stream = receiving;
    if (stream != null && !stream.dead) {
      deliver(stream, bytes);
    }
    bytes.position(bytes.limit()).limit(limit);
    if (payloadLeft == 0 && payloadEnds && stream != null && !stream.dead) {
      peerEnded(stream);
    }
  }

  private void deliver(YamuxStream stream, ByteBuffer bytes) throws Broken {
    if (stream.handler == null && !opened(stream, bytes)) {
      return;
    }
    MuxStream.Handler streamHandler = stream.handler;
    if (bytes.hasRemaining() && streamHandler != null && !stream.dead) {
      streamHandler.received(bytes);
    }
  }

  /** Reads the preamble; whether it is complete and the stream has a handler. */
  private boolean opened(YamuxStream stream, ByteBuffer bytes) throws Broken {
    ByteBuffer opening = stream.opening;
    if (opening == null) {
      opening = ByteBuffer.allocate(2);
      stream.opening = opening;
    }
    int before = bytes.remaining();
    transfer(bytes, opening);
    if (!opening.hasRemaining() && opening.capacity() == 2) {
      int length = opening.getShort(0) & 0xffff;
      if (length > limits.maxPreambleBytes()) {
        throw new Broken(
            Reason.limit("preamble-bytes", length + " bytes > " + limits.maxPreambleBytes()));
      }
      opening = ByteBuffer.allocate(2 + length).putShort((short) length);
      stream.opening = opening;
      transfer(bytes, opening);
    }
    stream.credit(before - bytes.remaining());
    if (opening.hasRemaining()) {
      return false;
    }
    stream.opening = null;
    return register(stream, opening.flip().position(2));
  }

  private boolean register(YamuxStream stream, ByteBuffer preamble) throws Broken {
    try {
      StreamHeaders headers = Preamble.decode(preamble);
      Handler session = handler;
      if (session == null) {
        return false;
      }
      MuxStream.Handler owner = session.opened(stream, headers);
      boolean over;
      lock.lock();
      try {
        stream.handler = owner;
        // Refused while it was opened, and the writer was quicker.
        over = stream.dead && !stream.resetOwed;
      } finally {
        lock.unlock();
      }
      if (over) {
        tellOver(stream);
      }
      stream.wantWrite();
      return true;
    } catch (Preamble.Malformed e) {
      if (!e.unsupported()) {
        throw new Broken("PRE-2", String.valueOf(e.getMessage()));
      }
      reset(stream, ReasonCode.UNSUPPORTED.number());
      return false;
    }
  }

  private static void transfer(ByteBuffer from, ByteBuffer into) {
    while (from.hasRemaining() && into.hasRemaining()) {
      into.put(from.get());
    }
  }

  private void granted(YamuxStream stream, int bytes) throws Broken {
    boolean goesOn;
    lock.lock();
    try {
      stream.sendWindow += bytes & 0xffff_ffffL;
      if (stream.sendWindow > Integer.MAX_VALUE) {
        throw new Broken("MUX-7", "stream " + stream.id + ": window of " + stream.sendWindow);
      }
      goesOn = stream.blocked;
      unblock(stream);
    } finally {
      lock.unlock();
    }
    if (goesOn) {
      stream.wantWrite();
    }
  }

  private void peerEnded(YamuxStream stream) throws Broken {
    boolean over;
    lock.lock();
    try {
      if (stream.dead || stream.peerEnded) {
        return;
      }
      stream.peerEnded = true;
      over = stream.finished;
      if (over) {
        forget(stream);
      }
    } finally {
      lock.unlock();
    }
    MuxStream.Handler streamHandler = stream.handler;
    if (streamHandler == null) {
      throw new Broken("PRE-2", "stream " + stream.id + " ended inside its preamble");
    }
    streamHandler.peerEnded();
    if (over) {
      tellOver(stream);
    }
  }

  private void peerReset(YamuxStream stream, int code) {
    lock.lock();
    try {
      if (stream.dead) {
        return;
      }
      stream.dead = true;
      unblock(stream);
      forget(stream);
    } finally {
      lock.unlock();
    }
    MuxStream.Handler streamHandler = stream.handler;
    if (streamHandler != null) {
      streamHandler.reset(code);
    }
    tellOver(stream);
  }

  private void ping(int flags, int value) throws Broken {
    if ((flags & Wire.SYN) == 0) {
      progress(false);
      return;
    }
    long now = environment.nanoTime();
    if (pings == 0 || now - pingsSince > PING_PERIOD_NANOS) {
      pings = 0;
      pingsSince = now;
    }
    if (++pings > limits.maxPings()) {
      throw new Broken(Reason.limit("pings", pings + " pings within 10 s without data"));
    }
    lock.lock();
    try {
      if (pongs.size() < MAX_PONGS) {
        pongs.add(value);
      }
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
    } else if (cause instanceof ChannelException known) {
      tellLost(known.reason()); // the transport knows more than that the connection is gone
    } else {
      String detail = cause == null ? "the peer ended it without goodbye" : describe(cause);
      tellLost(Reason.of(ReasonCode.CONNECTION_LOST, "the connection was lost: " + detail));
    }
  }

  private static String describe(IOException cause) {
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

  void pingPeer() {
    lock.lock();
    try {
      pingOwed = true;
    } finally {
      lock.unlock();
    }
    connection.wantWrite();
  }

  /** What makes the session end. */
  private static final class Broken extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Reason reason;

    Broken(String rule, String what) {
      this(Reason.of(ReasonCode.PROTOCOL_ERROR, rule + ": " + what));
    }

    Broken(Reason reason) {
      super(reason.toString(), null, false, false);
      this.reason = reason;
    }
  }
}
