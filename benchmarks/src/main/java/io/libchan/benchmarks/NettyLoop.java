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
import io.netty.handler.codec.ByteToMessageDecoder;
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

  /** Cuts bodies of a known length out of what arrives. */
  private abstract static class Cutting extends ChannelInboundHandlerAdapter {
    private @Nullable ByteBuf unread;

    /** Whole bodies, one at least; those read are taken. */
    abstract void bodies(ChannelHandlerContext context, ByteBuf bytes, int count);

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ByteBuf more = (ByteBuf) message;
      ByteBuf all =
          unread == null
              ? more
              : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), unread, more);
      unread = all;
      if (all.readableBytes() >= BODY) {
        bodies(context, all, all.readableBytes() / BODY);
      }
      if (!all.isReadable()) {
        all.release();
        unread = null;
      }
    }

    static long id(ByteBuf bytes, int index) {
      return bytes.getLong(bytes.readerIndex() + index * BODY);
    }
  }

  private final class Sink extends Cutting {
    private final Tally tally = new Tally();

    @Override
    void bodies(ChannelHandlerContext context, ByteBuf bytes, int count) {
      for (int i = 0; i < count; i++) {
        tally.add(id(bytes, i), bytes);
      }
      bytes.skipBytes(count * BODY);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      tallies.add(tally.received());
    }
  }

  private static final class Answering extends Cutting {
    @Override
    void bodies(ChannelHandlerContext context, ByteBuf bytes, int count) {
      context.writeAndFlush(bytes.readBytes(count * BODY), context.voidPromise());
    }
  }

  /** What is to be done with replies, on the event loop. */
  private interface Reaction {
    void replied(ByteBuf bytes, int count);
  }

  private static final class Replies extends Cutting {
    private volatile @Nullable Reaction reaction;

    @Override
    void bodies(ChannelHandlerContext context, ByteBuf bytes, int count) {
      Reaction current = reaction;
      if (current != null) {
        current.replied(bytes, count);
      }
      bytes.skipBytes(count * BODY);
    }
  }

  private static final class LoopEcho implements Echo {
    private final Channel channel;
    private final Replies replies;
    private long sent;
    private long received;
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
          (bytes, count) -> {
            latencies.add(System.nanoTime() - sentAt);
            check(bytes, count, over);
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
    }

    @Override
    public Rate many(int outstanding, Duration time) throws Exception {
      CompletableFuture<Boolean> over = new CompletableFuture<>();
      Stopwatch watch = new Stopwatch();
      long before = received;
      replies.reaction =
          (bytes, count) -> {
            check(bytes, count, over);
            if (!watch.isOver(time)) {
              write(count);
            } else if (received == sent) {
              over.complete(true);
            }
          };
      channel.eventLoop().execute(() -> write(outstanding));
      over.get();
      return new Rate(received - before, watch.nanos());
    }

    private void write(int count) {
      ByteBuf batch = channel.alloc().directBuffer(count * BODY);
      for (int i = 0; i < count; i++) {
        batch.writeBytes(NettyHandOff.body(Samples.at(sent++)));
      }
      channel.writeAndFlush(batch, channel.voidPromise());
    }

    private void check(ByteBuf bytes, int count, CompletableFuture<Boolean> over) {
      for (int i = 0; i < count; i++) {
        if (Cutting.id(bytes, i) != Samples.idAt(received++)) {
          over.completeExceptionally(new Checks.Mismatch("reply " + received + " is out of place"));
        }
      }
    }

    @Override
    public void close() {
      channel.close();
    }
  }
}
