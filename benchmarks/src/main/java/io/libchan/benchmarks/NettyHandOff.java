package io.libchan.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The baseline: plain Netty with user threads at both ends and a bounded queue wherever a record
 * changes thread. No codec: a record is 100 ready bytes. A stream is a TCP connection.
 */
final class NettyHandOff implements Peer {
  private static final int RECORDS = 1024; // capacity of each queue
  private static final int CHUNKS = 64;
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(128 * 1024, 512 * 1024);
  private static final byte[][] BODIES = bodies();

  private final Loops serverLoops = new Loops("netty-ho-server");
  private final Loops clientLoops = new Loops("netty-ho-client");
  private final ThreadFactory takers = Threads.named("netty-ho-taker");
  private final BlockingQueue<CompletableFuture<Received>> sinks = new LinkedBlockingQueue<>();
  private final Inbox<Arrival> echoInbox = new Inbox<>(serverLoops.group().next(), RECORDS);
  private final Thread echo = takers.newThread(this::answer);
  private final @Nullable Tls tls;
  private final SocketAddress sinkAddress;
  private final SocketAddress bulkAddress;
  private final SocketAddress echoAddress;

  private NettyHandOff(@Nullable Tls tls) throws IOException {
    this.tls = tls;
    this.sinkAddress = listen(channel -> acceptSink(channel, RECORDS, new Tally()));
    this.bulkAddress =
        listen(channel -> acceptSink(channel, CHUNKS, Chunks.tally(Chunks.BULK.bytes())));
    this.echoAddress = listen(this::acceptEcho);
  }

  static Peer start() throws IOException {
    return start(null);
  }

  static Peer startTls() throws IOException {
    return start(Tls.boringSsl());
  }

  static Peer startTlsOfJdk() throws IOException {
    return start(Tls.jdk());
  }

  private static Peer start(@Nullable Tls tls) throws IOException {
    NettyHandOff peer = new NettyHandOff(tls);
    peer.echo.start();
    return peer;
  }

  @Override
  public OneWay oneWay() throws Exception {
    Pipe<byte[]> pipe = connect(sinkAddress, RECORDS);
    return new OneWayPipe(pipe, accepted());
  }

  @Override
  public Bulk bulk() throws Exception {
    Pipe<byte[]> pipe = connect(bulkAddress, CHUNKS);
    return new BulkPipe(pipe, accepted());
  }

  private CompletableFuture<Received> accepted() throws Exception {
    CompletableFuture<Received> received = sinks.poll(10, TimeUnit.SECONDS);
    if (received == null) {
      throw new TimeoutException("the server has not accepted the connection");
    }
    return received;
  }

  @Override
  public Echo echo() throws Exception {
    return new EchoPipe(connect(echoAddress, RECORDS));
  }

  @Override
  public Opens opens() {
    return new NewConnections();
  }

  @Override
  public void close() {
    echo.interrupt();
    clientLoops.close();
    serverLoops.close();
  }

  private SocketAddress listen(Consumer<Channel> accept) throws IOException {
    return new ServerBootstrap()
        .group(serverLoops.group())
        .channel(serverLoops.serverChannel())
        .option(ChannelOption.SO_BACKLOG, 1024)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
        .childHandler(initializer(true, accept))
        .bind(InetAddress.getLoopbackAddress(), 0)
        .syncUninterruptibly()
        .channel()
        .localAddress();
  }

  private Pipe<byte[]> connect(SocketAddress server, int capacity) throws InterruptedException {
    CompletableFuture<Pipe<byte[]>> pipe = new CompletableFuture<>();
    new Bootstrap()
        .group(clientLoops.group())
        .channel(clientLoops.clientChannel())
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
        .handler(initializer(false, channel -> pipe.complete(addPipe(channel, capacity))))
        .connect(server)
        .sync();
    return pipe.join();
  }

  private ChannelInitializer<Channel> initializer(boolean server, Consumer<Channel> accept) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        if (tls != null) {
          channel.pipeline().addLast(tls.handler(server, channel.alloc()));
        }
        accept.accept(channel);
      }
    };
  }

  private static Pipe<byte[]> addPipe(Channel channel, int capacity) {
    Inbox<byte[]> inbox = new Inbox<>(channel.eventLoop(), capacity);
    channel.closeFuture().addListener(closed -> inbox.close());
    Pipe<byte[]> pipe = new Pipe<>(channel, inbox, capacity, (self, body) -> body);
    channel.pipeline().addLast(pipe);
    return pipe;
  }

  private void acceptSink(Channel channel, int capacity, Tally tally) {
    Pipe<byte[]> pipe = addPipe(channel, capacity);
    CompletableFuture<Received> received = new CompletableFuture<>();
    takers.newThread(() -> takeAll(pipe, tally, received)).start();
    sinks.add(received);
  }

  private static void takeAll(
      Pipe<byte[]> pipe, Tally tally, CompletableFuture<Received> received) {
    try {
      for (byte[] body = pipe.receive(); body.length > 0; body = pipe.receive()) {
        tally.add(id(body), body);
      }
      received.complete(tally.received());
    } catch (IOException | InterruptedException e) {
      received.completeExceptionally(e);
    }
  }

  private void acceptEcho(Channel channel) {
    channel.pipeline().addLast(new Pipe<>(channel, echoInbox, RECORDS, Arrival::new));
  }

  /** One thread answers every connection, as an event loop does: a thread for each costs more. */
  private void answer() {
    try {
      while (true) {
        Arrival arrival = echoInbox.take();
        arrival.reply();
      }
    } catch (IOException | InterruptedException e) {
      // the peer closes
    }
  }

  private static byte[][] bodies() {
    Random random = new Random(1);
    byte[][] bodies = new byte[Samples.COUNT][Pipe.BODY_BYTES];
    for (int id = 0; id < bodies.length; id++) {
      random.nextBytes(bodies[id]);
      ByteBuffer.wrap(bodies[id]).putLong(0, id);
    }
    return bodies;
  }

  /** What stands for a record where there is no codec. */
  static byte[] body(Sample sample) {
    return BODIES[(int) sample.id()];
  }

  private static long id(byte[] body) {
    return ByteBuffer.wrap(body).getLong(0);
  }

  private record Arrival(Pipe<Arrival> from, byte[] body) {
    void reply() throws InterruptedException {
      try {
        from.send(body);
      } catch (IOException e) {
        from.close(); // its client sees that, the others are served
      }
    }
  }

  private record OneWayPipe(Pipe<byte[]> pipe, CompletableFuture<Received> received)
      implements OneWay {
    @Override
    public void send(Sample sample) throws Exception {
      pipe.send(body(sample));
    }

    @Override
    public Received end() throws Exception {
      pipe.send(Pipe.END);
      return received.get();
    }

    @Override
    public void close() {
      pipe.close();
    }
  }

  private record BulkPipe(Pipe<byte[]> pipe, CompletableFuture<Received> received) implements Bulk {
    @Override
    public void write(byte[] chunk) throws Exception {
      pipe.send(chunk);
    }

    @Override
    public Received end() throws Exception {
      pipe.send(Pipe.END);
      return received.get();
    }

    @Override
    public void close() {
      pipe.close();
    }
  }

  private record EchoPipe(Pipe<byte[]> pipe) implements Echo {
    @Override
    public void send(Sample sample) throws Exception {
      pipe.send(body(sample));
    }

    @Override
    public long receive() throws Exception {
      return id(pipe.receive());
    }

    @Override
    public void close() {
      pipe.close();
    }
  }

  private final class NewConnections implements Opens {
    @Override
    public long once(Sample sample) throws Exception {
      Pipe<byte[]> pipe = connect(echoAddress, RECORDS);
      try {
        pipe.send(body(sample));
        return id(pipe.receive());
      } finally {
        pipe.close();
      }
    }

    @Override
    public void close() {}
  }
}
