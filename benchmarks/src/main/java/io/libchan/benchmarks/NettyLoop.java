package io.libchan.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Plain Netty whose user code runs on the event loops: no hand-over between threads, which code
 * that blocks cannot have. No codec: a record is 100 ready bytes. A stream is a TCP connection.
 */
final class NettyLoop implements Peer {
  private static final int BODY = Pipe.BODY_BYTES;
  private static final int BATCH = 600; // records, near 64 KiB
  private static final int WRITES_AHEAD = 8;
  private static final long PATIENCE_SECONDS = 30;

  private final Loops serverLoops = new Loops("netty-loop-server");
  private final Loops clientLoops = new Loops("netty-loop-client");
  private final BlockingQueue<Received> tallies = new LinkedBlockingQueue<>();
  private final SocketAddress sink = listen(Sink::new);
  private final SocketAddress answering = listen(Answering::new);

  static Peer start() {
    return new NettyLoop();
  }

  private SocketAddress listen(Supplier<ChannelHandler> handler) {
    return new ServerBootstrap()
        .group(serverLoops.group())
        .channel(serverLoops.serverChannel())
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(initializer(handler))
        .bind(InetAddress.getLoopbackAddress(), 0)
        .syncUninterruptibly()
        .channel()
        .localAddress();
  }

  private Channel connect(SocketAddress server, ChannelHandler handler)
      throws InterruptedException {
    return new Bootstrap()
        .group(clientLoops.group())
        .channel(clientLoops.clientChannel())
        .option(ChannelOption.TCP_NODELAY, true)
        .handler(initializer(() -> handler))
        .connect(server)
        .sync()
        .channel();
  }

  private static ChannelInitializer<Channel> initializer(Supplier<ChannelHandler> handler) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(handler.get());
      }
    };
  }

  /** The calling thread fills a buffer with records and gives it away; few are on their way. */
  @Override
  public OneWay oneWay() throws Exception {
    Channel channel = connect(sink, new ChannelInboundHandlerAdapter());
    BlockingQueue<Boolean> room = new LinkedBlockingQueue<>();
    for (int i = 0; i < WRITES_AHEAD; i++) {
      room.add(true);
    }
    return new OneWay() {
      private ByteBuf batch = channel.alloc().directBuffer(BATCH * BODY);

      @Override
      public void send(Sample sample) throws Exception {
        batch.writeBytes(NettyHandOff.body(sample));
        if (batch.readableBytes() == BATCH * BODY) {
          flush();
          batch = channel.alloc().directBuffer(BATCH * BODY);
        }
      }

      private void flush() throws InterruptedException {
        room.take();
        channel.writeAndFlush(batch).addListener(done -> room.add(done.isSuccess()));
      }

      @Override
      public Received end() throws Exception {
        flush();
        for (int i = 0; i < WRITES_AHEAD; i++) {
          room.take();
        }
        channel.close().sync();
        Received received = tallies.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return received == null ? new Received(0, 0) : received;
      }

      @Override
      public void close() {
        channel.close();
      }
    };
  }

  @Override
  public Echo echo() throws Exception {
    Replies replies = new Replies();
    Channel channel = connect(answering, replies);
    return new LoopEcho(channel, replies);
  }

  @Override
  public void close() {
    clientLoops.close();
    serverLoops.close();
  }

  /** Finds the bodies of a known length in what arrives, and looks at their ids only. */
  private abstract static class Cutting extends ChannelInboundHandlerAdapter {
    private int at; // in the body that was not complete
    private long id;

    abstract void body(long id);

    /** So many came at once. */
    void batch(int count) {}

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf in = (ByteBuf) message;
      int count = 0;
      while (in.isReadable()) {
        count += read(in) ? 1 : 0;
      }
      in.release();
      if (count > 0) {
        batch(count);
      }
    }

    /** Reads on in a body; whether it is complete. */
    private boolean read(ByteBuf in) {
      if (at == 0 && in.readableBytes() >= BODY) {
        body(in.getLong(in.readerIndex()));
        in.skipBytes(BODY);
        return true;
      }
      if (at < Long.BYTES) {
        id = id << Byte.SIZE | in.readByte() & 0xff;
        at++;
        return false;
      }
      int count = Math.min(BODY - at, in.readableBytes());
      in.skipBytes(count);
      at += count;
      if (at < BODY) {
        return false;
      }
      at = 0;
      body(id);
      return true;
    }
  }

  private final class Sink extends Cutting {
    private final Tally tally = new Tally();

    @Override
    void body(long id) {
      tally.add(id, this);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      tallies.add(tally.received());
    }
  }

  /** Bodies go back as they come, whole or not. */
  private static final class Answering extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      context.writeAndFlush(message, context.voidPromise());
    }
  }

  /** What is to be done with replies, on the event loop. */
  private interface Reaction {
    void replied(int count);
  }

  private static final class Replies extends Cutting {
    private volatile @Nullable Reaction reaction;
    private long received;
    private long misplaced;

    @Override
    void body(long id) {
      if (id != Samples.idAt(received++)) {
        misplaced++;
      }
    }

    @Override
    void batch(int count) {
      Reaction current = reaction;
      if (current != null) {
        current.replied(count);
      }
    }
  }

  private static final class LoopEcho implements Echo {
    private final Channel channel;
    private final Replies replies;
    private long sent;
    private long sentAt;

    LoopEcho(Channel channel, Replies replies) {
      this.channel = channel;
      this.replies = replies;
    }

    @Override
    public void send(Sample sample) {
      throw new UnsupportedOperationException("its user code is on the loop");
    }

    @Override
    public long receive() {
      throw new UnsupportedOperationException("its user code is on the loop");
    }

    @Override
    public void pingPong(Latencies latencies) throws Exception {
      CompletableFuture<Boolean> over = new CompletableFuture<>();
      replies.reaction =
          count -> {
            latencies.add(System.nanoTime() - sentAt);
            if (latencies.takeMore()) {
              sentAt = System.nanoTime();
              write(1);
            } else {
              over.complete(true);
            }
          };
      channel
          .eventLoop()
          .execute(
              () -> {
                sentAt = System.nanoTime();
                write(1);
              });
      over.get();
      checkPlaces();
    }

    @Override
    public Rate many(int outstanding, Duration time) throws Exception {
      CompletableFuture<Boolean> over = new CompletableFuture<>();
      Stopwatch watch = new Stopwatch();
      long before = replies.received;
      replies.reaction =
          count -> {
            if (!watch.isOver(time)) {
              write(count);
            } else if (replies.received == sent) {
              over.complete(true);
            }
          };
      channel.eventLoop().execute(() -> write(outstanding));
      over.get();
      checkPlaces();
      return new Rate(replies.received - before, watch.nanos());
    }

    private void write(int count) {
      ByteBuf batch = channel.alloc().directBuffer(count * BODY);
      for (int i = 0; i < count; i++) {
        batch.writeBytes(NettyHandOff.body(Samples.at(sent++)));
      }
      channel.writeAndFlush(batch, channel.voidPromise());
    }

    private void checkPlaces() {
      if (replies.misplaced != 0) {
        throw new Checks.Mismatch(replies.misplaced + " replies are out of place");
      }
    }

    @Override
    public void close() {
      channel.close();
    }
  }
}
