package io.libchan.transport.spdy;

import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.MuxStream.Left;
import io.libchan.spi.ReferenceDialect;
import io.libchan.spi.StreamHeaders;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdyWindowUpdateFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a connection: their numbers, turns, windows and ends. Rules SPDY-5 to SPDY-11.
 *
 * <p>What is asked from other threads waits in queues, and is done in a turn on the event loop:
 * first SYN_STREAMs, as a message may name them, then resets, then the bytes of one stream after
 * the other, 16 KiB each.
 *
 * <p>Thread-safe where it says so; else for the event loop.
 */
final class Streams {
  private static final int TURN_BYTES = 16 * 1024;
  private static final int TURNS = 64;
  private static final int FIRST_WINDOW = 64 * 1024;

  private final SpdyConnection connection;
  private final Channel channel;
  private final Limits limits;
  private final boolean connecting;
  private final @Nullable ReferenceDialect forced;

  // Any thread.
  private final Queue<SpdyStream> opens = new ConcurrentLinkedQueue<>();
  private final Queue<SpdyStream> resets = new ConcurrentLinkedQueue<>();
  private final Queue<SpdyStream> ready = new ConcurrentLinkedQueue<>();
  private final Queue<SpdyStream> renewals = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean wanted = new AtomicBoolean();
  private final AtomicLong unread = new AtomicLong();
  private final AtomicLong owed = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();
  private final Runnable turn = this::turn;
  private volatile ReferenceDialect dialect;
  private volatile boolean windows; // the peer has them
  private volatile int mostOfPeer;

  // The loop's.
  private final Map<Integer, SpdyStream> byId = new HashMap<>();
  private final Set<SpdyStream> holders = new HashSet<>();
  private MuxConnection.@Nullable Handler handler;
  private int nextId;
  private int lastPeerId;
  private boolean peersFirst = true;
  private int openOfPeer;
  private int unconfirmed; // streams that ended here, whose peer may not have read all
  private long firstWindow = FIRST_WINDOW;
  private long sendWindow = FIRST_WINDOW;
  private boolean peerGoes;
  private boolean finished;
  private boolean inTurn;
  private @Nullable SpdyStream current;
  private int currentBytes;

  Streams(
      SpdyConnection connection,
      Channel channel,
      Limits limits,
      boolean connecting,
      @Nullable ReferenceDialect forced) {
    this.connection = connection;
    this.channel = channel;
    this.limits = limits;
    this.connecting = connecting;
    this.forced = forced;
    dialect = forced == null ? ReferenceDialect.HEAD : forced;
    nextId = connecting ? 1 : 2;
    mostOfPeer = limits.maxUnauthenticatedStreams();
  }

  /** Any thread. */
  ReferenceDialect dialect() {
    return dialect;
  }

  /** Any thread. */
  void limit(int count) {
    mostOfPeer = count;
  }

  void start(MuxConnection.Handler value) {
    handler = value;
    turn();
  }

  // ---- from any thread ----

  MuxStream open(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
    SpdyStream stream = new SpdyStream(this, headers, true);
    stream.handledBy(owner.apply(stream));
    opens.add(stream);
    wake();
    return stream;
  }

  void ready(SpdyStream stream) {
    ready.add(stream);
    wake();
  }

  void reset(SpdyStream stream) {
    resets.add(stream);
    wake();
  }

  void credited(SpdyStream stream, int bytes) {
    taken.addAndGet(bytes);
    owed.addAndGet(bytes);
    long still = unread.addAndGet(-bytes);
    boolean renews = stream.owed.addAndGet(bytes) >= FIRST_WINDOW / 2 && windows;
    if (renews) {
      renewals.add(stream);
    }
    if (renews || (connection.isPaused() && still < limits.maxSessionBytes() / 2)) {
      wake();
    }
  }

  /** Bytes that were read, ever. */
  long taken() {
    return taken.get();
  }

  /** Bytes that nobody has read. */
  long unread() {
    return unread.get();
  }

  void wake() {
    if (wanted.compareAndSet(false, true)) {
      try {
        channel.eventLoop().execute(turn);
      } catch (RejectedExecutionException e) {
        // The loop ended after the connection had.
      }
    }
  }

  // ---- writing ----

  void turn() {
    if (inTurn || handler == null || finished || !channel.isActive()) {
      return;
    }
    inTurn = true;
    wanted.set(false);
    try {
      writeOpens();
      writeResets();
      writeRenewals();
      connection.resume(unread());
      int turns = 0;
      for (SpdyStream next = next(turns); next != null; next = next(turns)) {
        write(next);
        turns++;
      }
      writeResets();
      channel.flush();
    } catch (RuntimeException | Error e) {
      connection.broken(Reason.of(ReasonCode.INTERNAL, "the handler failed: " + e));
    } finally {
      inTurn = false;
    }
    if (channel.isWritable() && (current != null || !ready.isEmpty() || !resets.isEmpty())) {
      wake();
    }
    connection.turned();
  }

  /**
   * Who writes next. A stream goes on until nothing is left of what it may have had queued when its
   * turn came, so that what was sent first, on whichever stream, leaves first. Rule SPDY-9.
   */
  private @Nullable SpdyStream next(int turns) {
    if (turns >= TURNS || !channel.isWritable()) {
      return null;
    }
    SpdyStream next = current;
    if (next == null) {
      next = ready.poll();
      currentBytes = 0;
    }
    current = null;
    return next;
  }

  private void writeOpens() {
    for (SpdyStream stream = opens.poll(); stream != null; stream = opens.poll()) {
      if (peerGoes || nextId < 0) {
        stream.over = true;
        stream
            .handler()
            .lost(Reason.of(ReasonCode.DRAINING, "SPDY-2: the peer is closing the session"));
        stream.handler().over();
        continue;
      }
      stream.id = nextId;
      nextId += 2;
      stream.sendWindow = firstWindow;
      byId.put(stream.id, stream);
      SpdySynStreamFrame frame = new DefaultSpdySynStreamFrame(stream.id, 0, (byte) 0);
      Headers.write(stream.headers, dialect, frame.headers());
      channel.write(frame);
      stream.announce();
      if (stream.ready.get()) {
        ready.add(stream); // it may have had its turn too early
      }
    }
  }

  private void write(SpdyStream stream) {
    stream.ready.set(false);
    if (stream.id == 0) {
      stream.ready.set(!stream.over); // when it is opened
      return;
    }
    if (stream.localEnded || stream.over) {
      overIfBothEnded(stream);
      return;
    }
    int room = TURN_BYTES;
    if (windows) {
      room = (int) Math.max(0, Math.min(room, Math.min(stream.sendWindow, sendWindow)));
    }
    ByteBuf buffer = channel.alloc().directBuffer(TURN_BYTES, TURN_BYTES);
    try {
      ByteBuffer target = buffer.nioBuffer(0, room);
      Left left = stream.handler().fill(target);
      int count = target.position();
      writeOpens(); // what these bytes name
      buffer.writerIndex(count);
      stream.sendWindow -= count;
      sendWindow -= count;
      if (count > 0 || left == Left.ENDED) {
        write(stream, buffer.retain(), left == Left.ENDED);
      }
      if (left == Left.MORE) {
        stream.blocked = count == room && windows && (stream.sendWindow <= 0 || sendWindow <= 0);
        currentBytes += count;
        if (stream.blocked) {
          return;
        }
        if (currentBytes < limits.maxQueuedBytes()) {
          stream.ready.set(true);
          current = stream;
        } else if (stream.ready.compareAndSet(false, true)) {
          ready.add(stream);
        }
      }
    } finally {
      buffer.release();
    }
  }

  private void write(SpdyStream stream, ByteBuf bytes, boolean last) {
    SpdyDataFrame frame = new DefaultSpdyDataFrame(stream.id, bytes);
    frame.setLast(last);
    stream.sent |= bytes.isReadable();
    channel.write(frame);
    if (last) {
      endLocal(stream);
    }
  }

  private void endLocal(SpdyStream stream) {
    if (!stream.localEnded) {
      stream.localEnded = true;
      openOfPeer -= stream.ours ? 0 : 1;
      overIfBothEnded(stream);
    }
  }

  private void overIfBothEnded(SpdyStream stream) {
    if (stream.localEnded && (stream.remoteEnded || stream.inputIgnored())) {
      unconfirmed += stream.sent && !stream.remoteEnded && !stream.over ? 1 : 0;
      over(stream);
    }
  }

  private void over(SpdyStream stream) {
    if (!stream.over) {
      stream.over = true;
      if (!stream.localEnded) {
        stream.localEnded = true;
        openOfPeer -= stream.ours ? 0 : 1;
      }
      byId.remove(stream.id, stream);
      stream.handler().over();
    }
  }

  private void writeResets() {
    for (SpdyStream stream = resets.poll(); stream != null; stream = resets.poll()) {
      if (!stream.over && stream.id != 0) {
        channel.write(new DefaultSpdyRstStreamFrame(stream.id, SpdyStreamStatus.CANCEL));
        over(stream);
      }
    }
  }

  /** New windows for what was read, where the peer has any. Rule SPDY-11. */
  private void writeRenewals() {
    if (!windows) {
      return;
    }
    for (SpdyStream stream = renewals.poll(); stream != null; stream = renewals.poll()) {
      int bytes = (int) Math.min(Integer.MAX_VALUE, stream.owed.getAndSet(0));
      if (bytes > 0 && !stream.over && !stream.remoteEnded) {
        channel.write(new DefaultSpdyWindowUpdateFrame(stream.id, bytes));
      }
    }
    int bytes = (int) Math.min(Integer.MAX_VALUE, owed.getAndSet(0));
    if (bytes > 0) {
      channel.write(new DefaultSpdyWindowUpdateFrame(0, bytes));
    }
  }

  /** Whether every stream has written its end, or never will. */
  boolean allEnded() {
    return opens.isEmpty() && byId.values().stream().allMatch(stream -> stream.localEnded);
  }

  /** Whether bytes were sent on a stream that is open, or whose end the peer has not answered. */
  boolean anySent() {
    return unconfirmed > 0 || byId.values().stream().anyMatch(stream -> stream.sent);
  }

  boolean isEmpty() {
    return opens.isEmpty() && byId.isEmpty();
  }

  /** Ends our direction of every stream that still has one. Rule SPDY-2. */
  void endAll() {
    for (SpdyStream stream : new ArrayList<>(byId.values())) {
      if (!stream.localEnded) {
        write(stream, channel.alloc().buffer(0), true);
      }
    }
  }

  int lastPeerId() {
    return lastPeerId;
  }

  void peerGoes() {
    peerGoes = true;
  }

  void finish() {
    finished = true;
  }

  // ---- from the peer ----

  /** SYN_STREAM; the reason if the session can't go on. */
  @Nullable Reason opened(SpdySynStreamFrame frame, MuxConnection.Handler to) {
    int id = frame.streamId();
    if ((id & 1) == (connecting ? 1 : 0) || id <= lastPeerId) {
      return Reason.of(ReasonCode.PROTOCOL_ERROR, "SPDY-5: stream " + id + " after " + lastPeerId);
    }
    lastPeerId = id;
    if (peersFirst && forced == null) {
      dialect = Headers.dialect(frame.headers());
    }
    peersFirst = false;
    // First the reply, also to what is refused: without one the reference's reader hangs.
    SpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
    reply.headers().set(Headers.status(dialect), "200");
    channel.write(reply);
    StreamHeaders headers = Headers.read(frame.headers(), dialect);
    if (headers == null || openOfPeer >= mostOfPeer || frame.isUnidirectional()) {
      SpdyStreamStatus why =
          headers == null || frame.isUnidirectional()
              ? SpdyStreamStatus.PROTOCOL_ERROR
              : SpdyStreamStatus.REFUSED_STREAM;
      channel.write(new DefaultSpdyRstStreamFrame(id, why));
      return null;
    }
    SpdyStream stream = new SpdyStream(this, headers, false);
    stream.id = id;
    stream.sendWindow = firstWindow;
    stream.announce();
    byId.put(id, stream);
    openOfPeer++;
    stream.handledBy(to.opened(stream, headers));
    if (stream.ready.get()) {
      ready.add(stream);
    }
    if (frame.isLast()) {
      ended(id);
    }
    return null;
  }

  /**
   * DATA; false if it carried nothing. A stream that is over here is nothing wrong: the reference
   * goes on writing to one that was reset, and behind its own end.
   */
  boolean data(SpdyDataFrame frame) {
    SpdyStream stream = byId.get(frame.streamId());
    ByteBuf bytes = frame.content();
    int count = bytes.readableBytes();
    if (stream == null || stream.remoteEnded) {
      owed.addAndGet(count); // of the session's window
      if (frame.isLast() && unconfirmed > 0) {
        unconfirmed--;
      }
      return count > 0;
    }
    if (count > 0) {
      if (stream.unread.getAndAdd(count) == 0) {
        holds(stream);
      }
      connection.received(unread.addAndGet(count));
      for (ByteBuffer part : bytes.nioBuffers()) {
        stream.handler().received(part);
      }
    }
    if (frame.isLast()) {
      ended(frame.streamId());
    }
    return count > 0 || frame.isLast();
  }

  void ended(int id) {
    SpdyStream stream = byId.get(id);
    if (stream != null && !stream.remoteEnded) {
      stream.remoteEnded = true;
      stream.handler().peerEnded();
      overIfBothEnded(stream);
    }
  }

  void resetByPeer(int id, int status) {
    SpdyStream stream = byId.get(id);
    if (stream != null) {
      stream.handler().reset(status);
      over(stream);
    }
  }

  /** The peer sent SETTINGS or WINDOW_UPDATE: it has windows. */
  void hasWindows() {
    if (!windows) {
      windows = true;
      for (SpdyStream stream : byId.values()) {
        if (stream.owed.get() > 0) {
          renewals.add(stream);
        }
      }
      wake();
    }
  }

  void firstWindow(int bytes) {
    long change = bytes - firstWindow;
    firstWindow = bytes;
    for (SpdyStream stream : byId.values()) {
      stream.sendWindow += change;
    }
    unblock();
  }

  /** WINDOW_UPDATE; the reason if the session can't go on. */
  @Nullable Reason renewed(int id, int bytes) {
    if (id == 0) {
      sendWindow += bytes;
    } else {
      SpdyStream stream = byId.get(id);
      if (stream != null) {
        stream.sendWindow += bytes;
        if (stream.sendWindow > Integer.MAX_VALUE && windows) {
          channel.write(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.FLOW_CONTROL_ERROR));
          stream.handler().reset(SpdyStreamStatus.FLOW_CONTROL_ERROR.code());
          over(stream);
        }
      }
    }
    unblock();
    return sendWindow > Integer.MAX_VALUE
        ? Reason.of(ReasonCode.PROTOCOL_ERROR, "SPDY-11: a window of more than 2^31-1 bytes")
        : null;
  }

  private void unblock() {
    for (SpdyStream stream : byId.values()) {
      if (stream.blocked && stream.sendWindow > 0 && sendWindow > 0) {
        stream.blocked = false;
        stream.wantWrite();
      }
    }
  }

  /** Streams that have ended may still hold what nobody has read. */
  private void holds(SpdyStream stream) {
    holders.add(stream);
    if (holders.size() > 2 * byId.size() + 64) {
      holders.removeIf(one -> one.unread.get() == 0);
    }
  }

  /** The stream that holds most of what nobody has read loses it. Rule SPDY-11. */
  void resetLargest() {
    SpdyStream largest = null;
    for (SpdyStream stream : holders) {
      if (largest == null || stream.unread.get() > largest.unread.get()) {
        largest = stream;
      }
    }
    if (largest != null && largest.unread.get() > 0) {
      if (!largest.over) {
        channel.write(new DefaultSpdyRstStreamFrame(largest.id, SpdyStreamStatus.CANCEL));
      }
      largest
          .handler()
          .lost(
              Reason.limit(
                  "session-memory",
                  "nobody read this stream, which held "
                      + largest.unread.get()
                      + " of "
                      + limits.maxSessionBytes()
                      + " bytes"));
      over(largest);
      wake();
    }
  }
}
