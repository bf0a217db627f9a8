package io.libchan.transport.http2;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import io.libchan.transport.http2.common.requests.Answers;
import io.libchan.transport.netty.sockets.Outbound;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer as the engine sees them: bytes both ways. It exists before its request
 * has a connection; from then on every call of the handler is made on the event loop of that.
 *
 * <p>The request ends first: the client ends it when it has nothing more to write, and the server
 * ends the answer after that. Any other end is a loss.
 *
 * <p>Thread-safe, except for what says that it is for the event loop.
 */
final class Body implements ByteConnection, Outbound.Sink {
  private static final System.Logger LOG = System.getLogger(Body.class.getName());
  private static final long REFUSED_MILLIS = 1000;

  /** What is kept of an unanswered request, to send it again elsewhere. */
  private static final int MAX_KEPT_BYTES = 64 * 1024;

  private static final int MAX_RETRIES = 3;

  /** Who has made a body. Called on the event loop; {@code over} on any thread. */
  interface Owner {
    /** The first headers of the peer: of the request at a listener, of the answer at a client. */
    void head(Body body, Http2Headers headers, boolean ended);

    /**
     * The peer did not process the request, and it may be sent again: by {@link Body#attach}.
     *
     * @return whether it will be
     */
    boolean unprocessed(Body body);

    /** The body is over, and {@code closed} was called. */
    void over(Body body);
  }

  private final boolean server;
  private final Options options;
  private final Owner owner;
  private final AtomicBoolean startAsked = new AtomicBoolean();
  private final AtomicBoolean closeAsked = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();
  private final ReentrantLock lock = new ReentrantLock();

  /** What was asked before there was a connection; null once there is, or will be none. */
  @GuardedBy("lock")
  private @Nullable List<Runnable> waiting = new ArrayList<>();

  /** Whether it is settled that there will be a connection, or that there will be none. */
  @GuardedBy("lock")
  private boolean settled;

  private volatile @Nullable Line line;
  private volatile PeerInfo peer;
  private volatile @Nullable Handler handler;

  // On the event loop only, or on the one thread that fails a body without a connection.
  private final Queue<ByteBuf> early = new ArrayDeque<>();
  private final Queue<ByteBuf> kept = new ArrayDeque<>();
  private int keptBytes;
  private int retries;
  private boolean headWritten;
  private boolean headSeen;
  private boolean finishing;
  private boolean inputEnded;
  private boolean outputEnded;
  private boolean refused;
  private boolean ended;
  private @Nullable IOException cause;

  /** Where a body has its connection. */
  private record Line(Link link, Channel channel, Outbound outbound) {}

  Body(boolean server, PeerInfo peer, Options options, Owner owner) {
    this.server = server;
    this.peer = peer;
    this.options = options;
    this.owner = owner;
  }

  // ---- The engine's side.

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public void start(Handler value) {
    if (!startAsked.compareAndSet(false, true)) {
      throw new IllegalStateException("started twice");
    }
    onLoop(() -> begin(value));
  }

  @Override
  public void wantWrite() {
    Line at = line;
    if (at != null) {
      at.outbound.wake();
    }
  }

  @Override
  public void close() {
    if (closeAsked.compareAndSet(false, true)) {
      giveUp(new IOException("closed before it had a connection"));
      onLoop(this::beginClose);
    }
  }

  @Override
  public void abort() {
    giveUp(new IOException("aborted by this side"));
    onLoop(() -> fail(new IOException("aborted by this side")));
  }

  // ---- The way to a connection.

  /** Settles that the body gets a connection; false if it has been given up. Any thread. */
  boolean settle() {
    lock.lock();
    try {
      if (settled) {
        return false;
      }
      settled = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the body its connection, and writes the request. On the event loop. */
  void attach(Link link, Channel channel, Http2Headers request) {
    attached(link, channel);
    write(channel, request, false);
    for (ByteBuf bytes : kept) {
      channel.write(new DefaultHttp2DataFrame(bytes.retainedDuplicate()), channel.voidPromise());
    }
    channel.flush();
    runWaiting();
    Handler known = handler;
    Line at = line;
    if (known != null && at != null && !ended) { // once more
      at.outbound.start(known);
    }
  }

  /** There is no connection yet, although it was settled; false if there is. Any thread. */
  boolean unsettle() {
    lock.lock();
    try {
      if (line != null || waiting == null) {
        return false;
      }
      settled = false;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes back a request that the peer did not process, so that it goes elsewhere with the bytes
   * that it had. On the event loop.
   */
  private boolean detach() {
    Line at = line;
    if (server || headSeen || ended || finishing || at == null || keptBytes > MAX_KEPT_BYTES) {
      return false;
    }
    if (retries == MAX_RETRIES) {
      return false;
    }
    retries++;
    at.outbound.stop();
    lock.lock();
    try {
      line = null;
      settled = false;
      waiting = new ArrayList<>();
    } finally {
      lock.unlock();
    }
    headWritten = false;
    return true;
  }

  /** The peer says that it did not process this request. On the event loop. */
  private void unprocessed(IOException why) {
    if (!detach()) {
      end(why);
    } else if (!owner.unprocessed(this)) {
      giveUp(why);
    }
  }

  /** A request arrived here. On the event loop. */
  private void attached(Link link, Channel channel) {
    peer = link.peer();
    link.opened();
    channel
        .closeFuture()
        .addListener(
            done -> {
              link.over();
              release();
            });
    line = new Line(link, channel, new Outbound(this, channel));
  }

  /** The handler of a request's channel. */
  ChannelHandler handler(Link link) {
    return new Events(link);
  }

  private void write(Channel channel, Http2Headers headers, boolean last) {
    headWritten = true;
    outputEnded |= last;
    channel.writeAndFlush(new DefaultHttp2HeadersFrame(headers, last));
  }

  private void runWaiting() {
    List<Runnable> tasks;
    lock.lock();
    try {
      tasks = waiting == null ? List.of() : waiting;
      waiting = null;
    } finally {
      lock.unlock();
    }
    tasks.forEach(Runnable::run);
  }

  /** There will be no connection, unless there is one already. Any thread. */
  void giveUp(IOException why) {
    List<Runnable> tasks;
    lock.lock();
    try {
      if (settled || waiting == null) {
        return;
      }
      settled = true;
      tasks = waiting;
      waiting = null;
      cause = why;
      ended = true;
    } finally {
      lock.unlock();
    }
    options
        .executor()
        .execute(
            () -> {
              tasks.forEach(Runnable::run);
              tellClosed(); // a body that was sent before has begun long ago
            });
  }

  private void onLoop(Runnable task) {
    Line at;
    lock.lock();
    try {
      at = line;
      if (at == null && waiting != null) {
        waiting.add(task);
        return;
      }
    } finally {
      lock.unlock();
    }
    if (at == null) {
      options.executor().execute(task);
    } else if (at.link.loop().inEventLoop()) {
      task.run();
    } else {
      try {
        at.link
            .loop()
            .execute(
                () -> {
                  Line now = line;
                  if (now != null && now.link == at.link && now.channel == at.channel) {
                    task.run();
                  } else {
                    onLoop(task); // the body has moved meanwhile
                  }
                });
      } catch (RejectedExecutionException e) {
        // The loop ended, and so the body did; only a late handler is still to be told.
        options.executor().execute(task);
      }
    }
  }

  /** The event loop of a body that has a connection. */
  EventLoop loop() {
    Line at = line;
    if (at == null) {
      throw new IllegalStateException("no connection yet");
    }
    return at.link.loop();
  }

  // ---- The listener's answer. On the event loop.

  /** Takes the request: the answer begins. */
  void accept(PeerInfo proved, Http2Headers answer) {
    Line at = line;
    if (at == null || ended) {
      return;
    }
    peer = proved;
    write(at.channel, answer, false);
  }

  /** Whether the request is still there. */
  boolean isOpen() {
    return !ended;
  }

  /**
   * Refuses the request.
   *
   * @param text the body of the answer, for people; empty for none
   */
  void refuse(Http2Headers answer, String text) {
    Line at = line;
    if (at == null || ended || headWritten) {
      return;
    }
    refused = true;
    ended = true;
    if (text.isEmpty()) {
      write(at.channel, answer, true);
    } else {
      write(at.channel, answer.set("content-type", "text/plain; charset=us-ascii"), false);
      outputEnded = true;
      ByteBuf body = ByteBufUtil.writeAscii(at.channel.alloc(), text + "\n");
      at.channel.writeAndFlush(new DefaultHttp2DataFrame(body, true));
    }
    discard(at);
    tellClosed();
  }

  /**
   * Lets the peer end by itself what is refused; a reset is for those that don't, or don't read.
   */
  private void discard(Line at) {
    release();
    at.channel.config().setAutoRead(true);
    var late =
        at.link
            .loop()
            .schedule(
                () -> {
                  at.link.countReset();
                  at.channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
                  at.channel.close();
                },
                REFUSED_MILLIS,
                TimeUnit.MILLISECONDS);
    at.channel.closeFuture().addListener(done -> late.cancel(false));
  }

  // ---- On the event loop.

  private void begin(Handler value) {
    handler = value;
    Line at = line;
    if (ended || at == null) {
      tellClosed();
      return;
    }
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      deliver(value, bytes);
    }
    at.channel.config().setAutoRead(true);
    at.outbound.start(value);
    if (inputEnded) {
      peerEnded();
    }
  }

  private void beginClose() {
    Line at = line;
    if (ended || at == null) {
      return;
    }
    closeLater(at);
    if (!server) {
      finishOutput(at);
    }
  }

  private void closeLater(Line at) {
    long millis = options.closeTimeout().toMillis();
    var late =
        at.link
            .loop()
            .schedule(
                () ->
                    fail(
                        new IOException(
                            outputEnded
                                ? "the peer did not end the request within " + millis + " ms"
                                : "closing took longer than "
                                    + millis
                                    + " ms: not everything was written")),
                millis,
                TimeUnit.MILLISECONDS);
    at.channel.closeFuture().addListener(done -> late.cancel(false));
  }

  private void finishOutput(Line at) {
    if (!finishing) {
      finishing = true;
      at.outbound.finish();
    }
  }

  @Override
  public void write(ByteBuf bytes) {
    Line at = line;
    if (at == null || !headWritten || outputEnded) {
      // Data before headers crashes some proxies, and Netty would write it.
      bytes.release();
      throw new IllegalStateException("no data before the headers, or after the end");
    }
    keep(bytes);
    at.channel.write(new DefaultHttp2DataFrame(bytes), at.channel.voidPromise());
  }

  private void keep(ByteBuf bytes) {
    if (server || headSeen || keptBytes > MAX_KEPT_BYTES) {
      return;
    }
    keptBytes += bytes.readableBytes();
    if (keptBytes > MAX_KEPT_BYTES) {
      forgetKept();
    } else {
      kept.add(bytes.retainedDuplicate());
    }
  }

  private void forgetKept() {
    for (ByteBuf bytes = kept.poll(); bytes != null; bytes = kept.poll()) {
      bytes.release();
    }
  }

  /** Everything is written: ends our direction. */
  @Override
  public void finish() {
    Line at = line;
    if (at == null || outputEnded || ended) {
      return;
    }
    at.channel
        .writeAndFlush(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true))
        .addListener(
            written -> {
              if (written.isSuccess()) {
                outputEnded = true;
                endIfDone();
              }
            });
  }

  @Override
  public void fail(IOException why) {
    Line at = line;
    if (ended || at == null) {
      return;
    }
    end(why);
    at.link.countReset();
    at.channel.close(); // with a reset, unless the peer made one
  }

  private void end(@Nullable IOException why) {
    if (!ended) {
      ended = true;
      cause = why;
      forgetKept();
      tellClosed();
    }
  }

  private void endIfDone() {
    if (inputEnded && outputEnded) {
      end(null);
    }
  }

  /** The peer's direction ended; the bytes before were delivered. */
  private void peerEnded() {
    Line at = line;
    if (ended || at == null) {
      return;
    }
    if (outputEnded) {
      endIfDone();
    } else if (server) {
      if (handler != null) {
        if (closeAsked.compareAndSet(false, true)) {
          closeLater(at);
        }
        finishOutput(at);
      }
    } else if (!finishing) {
      giveUpAnswer(
          new IOException("the peer, or a proxy, ended the answer before the request"), () -> {});
    }
  }

  /**
   * The answer is not what a body waits for: a client's own end of it, without a reset.
   *
   * @param first what is to be told before the handler gets to know
   */
  void giveUpAnswer(IOException why, Runnable first) {
    Line at = line;
    if (ended || at == null) {
      return;
    }
    ended = true;
    cause = why;
    at.outbound.stop();
    forgetKept();
    if (!outputEnded) {
      outputEnded = true;
      at.channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.EMPTY_BUFFER, true));
    }
    discard(at);
    first.run();
    tellClosed();
  }

  private void received(Http2DataFrame frame) {
    inputEnded |= frame.isEndStream();
    ByteBuf bytes = frame.content();
    Handler to = handler;
    if (ended || !bytes.isReadable()) {
      bytes.release();
    } else if (!headSeen) {
      bytes.release();
      fail(new IOException("the peer sent data before its headers"));
    } else if (to == null) {
      early.add(bytes);
    } else {
      deliver(to, bytes);
    }
    if (inputEnded && to != null) {
      peerEnded();
    }
  }

  private void deliver(Handler to, ByteBuf bytes) {
    try {
      if (ended) {
        return;
      }
      if (bytes.nioBufferCount() == 1) {
        to.received(bytes.nioBuffer());
      } else {
        for (ByteBuffer part : bytes.nioBuffers()) {
          to.received(part);
        }
      }
    } catch (RuntimeException | Error e) {
      fail(new IOException("the handler failed: " + e, e));
    } finally {
      bytes.release();
    }
  }

  private void head(Link link, Channel channel, Http2HeadersFrame frame) {
    Http2Headers headers = frame.headers();
    if (headSeen) {
      fail(new IOException("trailers instead of more data"));
      return;
    }
    CharSequence status = headers.status();
    if (!server && status != null && status.length() == 3 && status.charAt(0) == '1') {
      return; // informational
    }
    headSeen = true;
    forgetKept();
    inputEnded = frame.isEndStream();
    if (server) {
      channel.config().setAutoRead(false); // until there is somebody to read for
      attached(link, channel);
      runWaiting();
    }
    owner.head(this, headers, inputEnded);
    if (inputEnded && handler != null) {
      peerEnded();
    }
  }

  private void tellClosed() {
    Handler to = handler;
    if ((to == null && !refused) || !told.compareAndSet(false, true)) {
      return;
    }
    if (to != null) {
      try {
        to.closed(cause);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "the handler of a body failed", e);
      }
    }
    owner.over(this);
  }

  private void release() {
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      bytes.release();
    }
  }

  /** The last in the pipeline of a request. */
  private final class Events extends ChannelInboundHandlerAdapter {
    private final Link link;

    Events(Link link) {
      this.link = link;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http2DataFrame data) {
        received(data);
      } else {
        if (message instanceof Http2HeadersFrame headers && !ended) {
          head(link, ctx.channel(), headers);
        }
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof Http2ResetFrame reset && isCurrent(ctx)) {
        IOException why =
            new IOException(
                "the peer, or a proxy, reset the request: " + Codec.name(reset.errorCode()));
        if (reset.errorCode() == Http2Error.REFUSED_STREAM.code()) {
          unprocessed(why);
        } else {
          end(why);
        }
      } else if (event instanceof Http2GoAwayFrame && isCurrent(ctx)) {
        unprocessed(new IOException("the peer, or a proxy, goes away and left the request"));
      }
      ReferenceCountUtil.release(event);
    }

    /** Whether the body is still on this request: it may have moved to another one. */
    private boolean isCurrent(ChannelHandlerContext ctx) {
      Line at = line;
      return at != null && at.channel == ctx.channel();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      Line at = line;
      if (at != null && at.channel == ctx.channel()) {
        at.outbound.writabilityChanged();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
      // Netty ends the stream itself, and counts it; closing here would hide that from its limit.
      if (!isCurrent(ctx)) {
        return;
      }
      end(new IOException("HTTP/2 failed: " + Answers.printable("" + error.getMessage()), error));
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!isCurrent(ctx)) {
        return;
      }
      IOException why = link.cause();
      end(why != null ? why : new IOException("the connection broke"));
    }
  }
}
