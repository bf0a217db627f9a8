package io.libchan.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Options;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a byte connection over sockets must do, on both of its sides. A transport has a class for
 * it, with a parameter where it has several kinds of socket.
 */
public abstract class ByteConnectionContract {
  private Options options;
  private Duo duo;

  @SuppressWarnings("NullAway.Init") // by each test
  private Probe client;

  @SuppressWarnings("NullAway.Init")
  private Probe server;

  private final List<Probe> probes = new ArrayList<>();

  /** The options of both sides; made once for each test. */
  protected abstract Options.Builder options();

  /** The scheme of the addresses, which is the name of the transport too. */
  protected abstract String scheme();

  /** Listens at an address of that scheme. */
  protected abstract Duo listen(String uri, Options options) throws Exception;

  /** Whether there is TLS, whose goodbye may end both directions, and which a bare socket lacks. */
  protected abstract boolean isTls();

  /** Makes a bare socket a connection. */
  protected abstract void upgrade(Socket socket) throws Exception;

  /** Whether what is still to be written is, when the peer has closed too. */
  protected abstract boolean losesNothingWhenBothClose();

  /** How many bytes the test of much data sends each way. */
  protected abstract long muchBytes();

  /** Listens. */
  @BeforeEach
  protected final void listen() throws Exception {
    options = options().closeTimeout(Duration.ofSeconds(10)).build();
    duo = listen(scheme() + "://127.0.0.1:0", options);
  }

  /** Ends all. */
  @AfterEach
  protected final void nothingIsLeft() throws Exception {
    duo.close();
    probes.add(client);
    probes.add(server);
    for (Probe probe : probes) {
      if (probe != null) {
        probe.connection.abort();
        probe.awaitClosed();
      }
    }
    release();
  }

  /** Gives back what the options hold; at the end of each test. */
  protected void release() throws Exception {}

  private void connect() throws Exception {
    connect(options, Integer.MAX_VALUE);
  }

  private void connect(Options with, int maxFillBytes) throws Exception {
    probes.add(client);
    probes.add(server);
    client = new Probe(duo.connect(with), maxFillBytes).start();
    server = new Probe(duo.accept(), maxFillBytes).start();
  }

  @Test
  void bytesGoBothWays() throws Exception {
    connect();
    client.send("ping".getBytes(UTF_8));
    server.awaitBytes(4);
    server.send("pong!".getBytes(UTF_8));
    client.awaitBytes(5);

    assertThat(server.text()).isEqualTo("ping");
    assertThat(client.text()).isEqualTo("pong!");
    assertThat(client.connection.peer().address())
        .isEqualTo("127.0.0.1:" + duo.bound.uri().getPort());
    assertThat(server.connection.peer().address()).startsWith("127.0.0.1:");
    assertThat(server.connection.peer().transport()).isEqualTo(scheme());
  }

  @Test
  void whatWasSentBeforeTheStartArrives() throws Exception {
    client = new Probe(duo.connect(options)).start();
    client.send("early".getBytes(UTF_8));
    client.connection.close();
    ByteConnection late = duo.accept();
    server = new Probe(late).start();

    server.awaitBytes(5);
    server.awaitOrderlyClose();
    client.awaitOrderlyClose();
  }

  @Test
  void fillsOfOneByteArriveInOrder() throws Exception {
    connect(options, 1);
    byte[] sent = Probe.random(20_000);
    client.send(sent);
    server.awaitBytes(sent.length);

    assertThat(server.bytes()).isEqualTo(sent);
  }

  @Test
  void muchDataBothWaysKeepsItsChecksum() throws Exception {
    long total = muchBytes();
    BulkProbe one = new BulkProbe(duo.connect(options), total);
    BulkProbe two = new BulkProbe(duo.accept(), total);
    client = one;
    server = two;
    one.start();
    two.start();
    one.connection.wantWrite();
    two.connection.wantWrite();
    one.awaitBytes(total);
    two.awaitBytes(total);

    assertThat(one.received()).isEqualTo(two.sent());
    assertThat(two.received()).isEqualTo(one.sent());
  }

  @Test
  void aPeerThatDoesNotReadStopsTheFills() throws Exception {
    if (isTls()) {
      return; // a bare socket cannot shake hands; the socket below is the same
    }
    try (Socket silent = new Socket()) {
      silent.setReceiveBufferSize(16 * 1024);
      silent.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), duo.bound.uri().getPort()));
      upgrade(silent);
      AtomicLong filled = new AtomicLong();
      server =
          new Probe(duo.accept()) {
            @Override
            public boolean fill(ByteBuffer target) {
              fills.incrementAndGet();
              filled.addAndGet(target.remaining());
              target.position(target.limit());
              return true;
            }
          }.start();
      server.connection.wantWrite();
      Probe.eventually("fills stand still", standsStill(filled));
      long atRest = filled.get();
      for (int i = 0; i < 1000; i++) {
        server.connection.wantWrite();
      }
      Probe.eventually("fills stand still", standsStill(filled));

      assertThat(filled.get()).isEqualTo(atRest).isLessThan(64 << 20);
      silent.getInputStream().readNBytes(8 << 20);
      Probe.eventually("fills go on", () -> filled.get() > atRest);
    }
  }

  private static java.util.function.BooleanSupplier standsStill(AtomicLong count) {
    long[] last = {-1};
    int[] same = {0};
    return () -> {
      same[0] = last[0] == count.get() ? same[0] + 1 : 0;
      last[0] = count.get();
      return same[0] > 50;
    };
  }

  @Test
  void noWakeUpIsLostUnderAStormOfThem() throws Exception {
    connect();
    int perThread = 5_000;
    AtomicLong next = new AtomicLong();
    CountDownLatch done = new CountDownLatch(8);
    for (int t = 0; t < 8; t++) {
      new Thread(
              () -> {
                for (int i = 0; i < perThread; i++) {
                  client.send(new byte[] {(byte) next.incrementAndGet()});
                }
                done.countDown();
              })
          .start();
    }
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    server.awaitBytes(8L * perThread);
    assertThat(server.receivedBytes.get()).isEqualTo(8L * perThread);
  }

  @Test
  void singleWakeUpsAreNeverLost() throws Exception {
    connect();
    for (int i = 1; i <= 3_000; i++) {
      client.send(new byte[] {1});
      server.awaitBytes(i);
    }
  }

  @Test
  void closeWritesOutEverything() throws Exception {
    connect();
    byte[] sent = Probe.random(8 << 20);
    client.send(sent);
    client.connection.close();
    client.connection.close();

    client.awaitOrderlyClose();
    server.awaitOrderlyClose();
    assertThat(server.bytes()).isEqualTo(sent);
  }

  @Test
  void theListeningSideMayCloseFirst() throws Exception {
    connect();
    byte[] sent = Probe.random(1 << 20);
    server.send(sent);
    server.connection.close();

    client.awaitOrderlyClose();
    server.awaitOrderlyClose();
    assertThat(client.bytes()).isEqualTo(sent);
  }

  @Test
  void closingOnBothSidesEndsInOrder() throws Exception {
    if (isTls()) {
      return; // TLS may end both directions at the first goodbye, so this is no promise
    }
    CountDownLatch bothAsked = new CountDownLatch(1);
    client =
        new Probe(duo.connect(options)) {
          @Override
          public boolean fill(ByteBuffer target) {
            awaitHere(bothAsked);
            return super.fill(target);
          }
        }.start();
    server = new Probe(duo.accept()).start();
    byte[] sent = Probe.random(4 << 20);
    client.send(sent);
    server.send(sent);
    client.connection.close();
    server.connection.close();
    bothAsked.countDown();

    client.awaitOrderlyClose();
    server.awaitOrderlyClose();
    if (losesNothingWhenBothClose()) {
      assertThat(server.bytes()).isEqualTo(sent);
      assertThat(client.bytes()).isEqualTo(sent);
    }
  }

  @Test
  void closeIsNotUndoneByUnreadInput() throws Exception {
    connect();
    for (int i = 0; i < 20; i++) {
      server.send(Probe.random(100_000));
    }
    client.send(Probe.random(1 << 20));
    client.connection.close();

    server.awaitOrderlyClose();
    client.awaitOrderlyClose();
    assertThat(server.receivedBytes.get()).isEqualTo(1 << 20);
  }

  @Test
  void abortReachesTheOtherSide() throws Exception {
    connect();
    client.send("x".getBytes(UTF_8));
    server.awaitBytes(1);
    client.connection.abort();
    client.connection.abort();

    assertThat(client.awaitFailure()).isEqualTo("aborted by this side");
    assertThat(server.awaitFailure()).containsAnyOf("connection reset", "truncated");
  }

  @Test
  void aConnectionThatIsNeverStartedCanBeAborted() throws Exception {
    client = new Probe(duo.connect(options)).start();
    ByteConnection unused = duo.accept();
    client.send(Probe.random(1000));
    unused.abort();
    assertThat(client.awaitFailure()).containsAnyOf("connection reset", "truncated");
  }

  @Test
  void aResetThatAWriteMeetsIsTold() throws Exception {
    client = new Probe(duo.connect(options)).start();
    ByteConnection unread = duo.accept();
    client.send(Probe.random(16 << 20)); // far more than fits on the way
    Probe.eventually("writes stand still", standsStill(client.fills));
    unread.abort();
    assertThat(client.awaitFailure())
        .containsAnyOf("connection reset", "truncated", "closed the connection while we wrote");
  }

  @Test
  void aConnectionThatIsNeverStartedCanBeClosed() throws Exception {
    client = new Probe(duo.connect(options)).start();
    client.send(Probe.random(1000));
    duo.accept().close();
    client.awaitOrderlyClose();
  }

  @Test
  void startAfterTheEndTellsIt() throws Exception {
    ByteConnection early = duo.connect(options);
    early.abort();
    client = new Probe(early).start();
    assertThat(client.awaitFailure()).isEqualTo("aborted by this side");
    server = new Probe(duo.accept()).start();
    assertThat(server.awaitFailure()).isNotEmpty();
  }

  @Test
  void aHandlerThatThrowsEndsOnlyItsConnection() throws Exception {
    client =
        new Probe(duo.connect(options)) {
          @Override
          protected void take(ByteBuffer bytes) {
            throw new IllegalStateException("planted");
          }

          @Override
          public void closed(@Nullable IOException cause) {
            closed.complete(java.util.Optional.ofNullable(cause));
          }
        }.start();
    server = new Probe(duo.accept()).start();
    server.send("x".getBytes(UTF_8));

    assertThat(client.awaitFailure()).contains("the handler failed").contains("planted");
    assertThat(server.awaitFailure()).isNotEmpty();
    connect();
    client.send("x".getBytes(UTF_8));
    server.awaitBytes(1);
  }

  @Test
  void aClosedListenerFreesItsAddressAndKeepsConnections() throws Exception {
    connect();
    int port = duo.bound.uri().getPort();
    duo.close();
    duo.close();
    assertThatThrownBy(() -> duo.connect(options))
        .hasMessageContaining("connection refused by 127.0.0.1:" + port);
    client.send("x".getBytes(UTF_8));
    server.awaitBytes(1);

    duo = listen(duo.bound.uri().toString(), options);
    connect();
    assertThat(duo.bound.uri().getPort()).isEqualTo(port);
  }

  @Test
  void manyConnectionsOpenAndCloseAtATime() throws Exception {
    List<Thread> threads = new ArrayList<>();
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    AtomicLong good = new AtomicLong();
    for (int t = 0; t < 4; t++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  for (int i = 0; i < 15; i++) {
                    Duo mine = listen(scheme() + "://127.0.0.1:0", options);
                    Probe one = new Probe(mine.connect(options)).start();
                    Probe two = new Probe(mine.accept()).start();
                    mine.close();
                    one.send("x".getBytes(UTF_8));
                    two.awaitBytes(1);
                    one.connection.close();
                    one.awaitOrderlyClose();
                    two.awaitOrderlyClose();
                    good.incrementAndGet();
                  }
                } catch (Exception | Error e) {
                  failures.add(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join(60_000);
    }
    assertThat(failures).isEmpty();
    assertThat(good.get()).isEqualTo(60);
  }

  private static void awaitHere(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
