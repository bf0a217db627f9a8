package io.libchan.transport.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.libchan.Options;
import io.libchan.spi.ByteConnection;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.Duo;
import io.libchan.testkit.Probe;
import io.libchan.transport.netty.TcpOptions;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Senders' threads that write the socket themselves, and those that must not. */
@ExtendWith(Leftovers.class)
final class ShortcutTest {
  private static final String TCP = "tcp://127.0.0.1:0";
  private static final long PAUSE_NANOS = 60_000;

  /** Remembers who asked for bytes. */
  private static class Watched extends Probe {
    private final Set<Thread> writers = ConcurrentHashMap.newKeySet();

    Watched(ByteConnection connection) {
      super(connection);
    }

    @Override
    public boolean fill(ByteBuffer target) {
      writers.add(Thread.currentThread());
      return super.fill(target);
    }

    boolean isWrittenHere() {
      return writers.contains(Thread.currentThread());
    }
  }

  @Test
  void aLoneMessageIsWrittenByTheThreadThatSendsIt() throws Exception {
    assumeTrue(Epoll.isAvailable());
    try (Duo duo = Duos.listen(TCP, Options.DEFAULTS)) {
      Watched client = new Watched(duo.connect(Options.DEFAULTS));
      client.start();
      Probe server = new Probe(duo.accept()).start();
      long[] sent = {0};
      Probe.eventually(
          "a write on this thread",
          () -> {
            client.send(new byte[] {1});
            sent[0]++;
            return client.isWrittenHere();
          });
      server.awaitBytes(sent[0]);
      client.connection.close();
      client.awaitOrderlyClose();
      server.awaitOrderlyClose();
    }
  }

  @Test
  void aThreadThatWritesLeavesAnotherConnectionToItsLoop() throws Exception {
    assumeTrue(Epoll.isAvailable());
    try (Duo duo = Duos.listen(TCP, Options.DEFAULTS)) {
      Watched second = new Watched(duo.connect(Options.DEFAULTS));
      second.start();
      Probe secondServer = new Probe(duo.accept()).start();
      Thread sender = Thread.currentThread();
      AtomicInteger inside = new AtomicInteger();
      Watched first =
          new Watched(duo.connect(Options.DEFAULTS)) {
            @Override
            public boolean fill(ByteBuffer target) {
              if (Thread.currentThread() == sender) {
                second.send(new byte[] {1});
                inside.incrementAndGet();
              }
              return super.fill(target);
            }
          };
      first.start();
      Probe firstServer = new Probe(duo.accept()).start();
      Probe.eventually(
          "writes on this thread",
          () -> {
            first.send(new byte[] {1});
            return inside.get() >= 3;
          });
      secondServer.awaitBytes(inside.get());
      assertThat(second.isWrittenHere()).isFalse();
      for (Probe client : List.of(first, second)) {
        client.connection.close();
        client.awaitOrderlyClose();
      }
      firstServer.awaitOrderlyClose();
      secondServer.awaitOrderlyClose();
    }
  }

  @Test
  void whoBringsEpollLoopsOfHisOwnMayEndThemAtAnyTimeSoOnlyTheyWrite() throws Exception {
    assumeTrue(Epoll.isAvailable());
    onlyTheLoopWrites(EpollIoHandler.newFactory());
  }

  @Test
  void overNioOnlyTheLoopWrites() throws Exception {
    onlyTheLoopWrites(NioIoHandler.newFactory());
  }

  private static void onlyTheLoopWrites(IoHandlerFactory io) throws Exception {
    MultiThreadIoEventLoopGroup own = new MultiThreadIoEventLoopGroup(1, io);
    try {
      Options options =
          Options.builder().with(TcpOptions.builder().eventLoops(own).build()).build();
      onlyTheLoopWrites(TCP, options);
    } finally {
      own.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
    }
  }

  @Test
  void overTlsOnlyTheLoopWrites() throws Exception {
    Options options =
        Options.builder().with(TcpOptions.DEFAULTS).with(Certificates.mutual()).build();
    onlyTheLoopWrites("tls://127.0.0.1:0", options);
  }

  private static void onlyTheLoopWrites(String uri, Options options) throws Exception {
    try (Duo duo = Duos.listen(uri, options)) {
      Watched client = new Watched(duo.connect(options));
      client.start();
      Probe server = new Probe(duo.accept()).start();
      for (int i = 1; i <= 50; i++) {
        client.send(new byte[] {1});
        server.awaitBytes(i);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      assertThat(client.isWrittenHere()).isFalse();
      client.connection.close();
      client.awaitOrderlyClose();
      server.awaitOrderlyClose();
    }
  }

  @Test
  void bytesStayInOrderWhenTheSocketIsFullAndThreadsTakeTurns() throws Exception {
    byte[] all = Probe.random(4 << 20);
    Options smallBuffer =
        Options.builder().with(TcpOptions.builder().sendBufferBytes(32 * 1024).build()).build();
    try (Duo duo = Duos.listen(TCP, smallBuffer)) {
      Probe server;
      try (Socket socket = duo.socket()) {
        server = new Probe(duo.accept()).start();
        CompletableFuture<byte[]> received = new CompletableFuture<>();
        Thread reader = new Thread(() -> received.complete(readSlowly(socket, all.length)));
        Thread waker = new Thread(() -> wakeUntil(received, server.connection));
        waker.start();
        sendInParts(server, all, reader::start);
        assertThat(received.get(30, TimeUnit.SECONDS)).isEqualTo(all);
        waker.join();
        server.connection.close();
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }
      server.awaitOrderlyClose();
    }
  }

  private static byte[] readSlowly(Socket socket, int count) {
    byte[] bytes = new byte[count];
    try {
      int at = 0;
      while (at < count) {
        int part = Math.min(count - at, 256 * 1024);
        if (socket.getInputStream().readNBytes(bytes, at, part) < part) {
          return new byte[0];
        }
        at += part;
        LockSupport.parkNanos(10 * PAUSE_NANOS);
      }
    } catch (IOException e) {
      return new byte[0];
    }
    return bytes;
  }

  private static void wakeUntil(CompletableFuture<?> done, ByteConnection connection) {
    while (!done.isDone()) {
      connection.wantWrite();
      LockSupport.parkNanos(5 * PAUSE_NANOS);
    }
  }

  /** Lone ones until the socket is full, which then is read; bursts and lone ones by turns. */
  private static void sendInParts(Probe from, byte[] all, Runnable read) {
    Random random = new Random(1);
    int at = 0;
    for (int part = 0; at < all.length; part++) {
      boolean lone = at < all.length / 2 || part % 3 == 0;
      int count = Math.min(all.length - at, 1 + random.nextInt(lone ? 8_000 : 40_000));
      from.send(Arrays.copyOfRange(all, at, at + count));
      at += count;
      if (lone) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      if (at - count < all.length / 2 && at >= all.length / 2) {
        read.run();
      }
    }
  }

  /** The number of a closed descriptor belongs to the next socket at once. */
  @Test
  void whatIsSentOnAConnectionThatIsBeingCutReachesNoOther() throws Exception {
    try (Duo duo = Duos.listen(TCP, Options.DEFAULTS)) {
      for (int round = 0; round < 200; round++) {
        Probe client = new Probe(duo.connect(Options.DEFAULTS)).start();
        Probe server = new Probe(duo.accept()).start();
        byte mark = (byte) round;
        Thread sender =
            new Thread(
                () -> {
                  while (!client.closed.isDone()) {
                    client.send(new byte[] {mark});
                    LockSupport.parkNanos(PAUSE_NANOS);
                  }
                });
        sender.start();
        server.awaitBytes(1);
        switch (round % 3) {
          case 0 -> client.connection.abort();
          case 1 -> server.connection.abort();
          default -> client.connection.close();
        }
        client.awaitClosed();
        server.awaitClosed();
        sender.join();
        for (byte one : server.bytes()) {
          assertThat(one).isEqualTo(mark);
        }
        assertThat(client.bytes()).isEmpty();
      }
    }
  }
}
