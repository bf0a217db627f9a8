package io.libchan.transport.inmem;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Transport;
import io.libchan.spi.Transport.Bound;
import io.libchan.testkit.BulkProbe;
import io.libchan.testkit.Probe;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The contract of a byte connection, inside one process. */
final class InmemTransportTest {
  private final InmemTransport transport = new InmemTransport();
  private final LinkedBlockingQueue<ByteConnection> accepted = new LinkedBlockingQueue<>();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(0, 64, 1, TimeUnit.SECONDS, new SynchronousQueue<>());
  private final Options options =
      Options.builder().executor(threads).closeTimeout(Duration.ofSeconds(10)).build();
  private final List<Probe> probes = new ArrayList<>();
  private Bound bound;
  private Probe client;
  private Probe server;

  @BeforeEach
  void listen() throws Exception {
    bound = listen(options);
  }

  private Bound listen(Options with) throws Exception {
    return transport.listen(
        URI.create("inmem:test"), with, connection -> accepted.add((ByteConnection) connection));
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    bound.close();
    probes.add(client);
    probes.add(server);
    for (Probe probe : probes) {
      if (probe != null) {
        probe.connection.abort();
        probe.awaitClosed();
      }
    }
    threads.shutdown();
    assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  private ByteConnection dial(Options with) throws Exception {
    return (ByteConnection) transport.connect(bound.uri(), with);
  }

  private void connect(int maxFillBytes) throws Exception {
    client = new Probe(dial(options), maxFillBytes).start();
    server = new Probe(accepted.remove(), maxFillBytes).start();
  }

  @Test
  void isFoundByScheme() {
    assertThat(ServiceLoader.load(Transport.class))
        .anySatisfy(found -> assertThat(found.schemes()).containsExactly("inmem"));
  }

  @Test
  void namesAreFreeOrTakenOrUnknown() throws Exception {
    assertThat(bound.uri()).isEqualTo(URI.create("inmem:test"));
    assertThatThrownBy(() -> listen(options))
        .isInstanceOf(ConnectFailed.class)
        .hasMessageContaining("inmem:test is in use");
    assertThatThrownBy(() -> transport.connect(URI.create("inmem:foo"), options))
        .isInstanceOf(ConnectFailed.class)
        .hasMessageContaining("nothing listens at inmem:foo");
    connect(Integer.MAX_VALUE);
    bound.close();
    assertThatThrownBy(() -> dial(options)).isInstanceOf(ConnectFailed.class);
    Bound again = listen(options);
    bound.close(); // not the other's
    bound = again;
    client.send("x".getBytes(UTF_8));
    server.awaitBytes(1);
    dial(options);
    assertThatThrownBy(() -> transport.connect(URI.create("inmem:/foo"), options))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anInterruptedThreadDoesNotConnect() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> dial(options)).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(accepted).isEmpty();
  }

  @Test
  void bytesGoBothWays() throws Exception {
    connect(Integer.MAX_VALUE);
    client.send("ping".getBytes(UTF_8));
    server.awaitBytes(4);
    server.send("pong!".getBytes(UTF_8));
    client.awaitBytes(5);
    assertThat(server.text()).isEqualTo("ping");
    assertThat(client.text()).isEqualTo("pong!");
    assertThat(client.connection.peer().address()).isEqualTo("test");
    assertThat(server.connection.peer().address()).matches("test#\\d+");
  }

  @Test
  void anIdleConnectionHasNoThread() throws Exception {
    connect(Integer.MAX_VALUE);
    client.send("x".getBytes(UTF_8));
    server.awaitBytes(1);
    Probe.eventually("no active thread", () -> threads.getActiveCount() == 0);
  }

  @Test
  void fillsOfOneByteArriveInOrder() throws Exception {
    connect(1);
    byte[] sent = random(50_000);
    client.send(sent);
    server.awaitBytes(sent.length);
    assertThat(server.bytes()).isEqualTo(sent);
  }

  @Test
  void muchDataBothWaysKeepsItsChecksum() throws Exception {
    long total = 256L << 20;
    BulkProbe one = new BulkProbe(dial(options), total);
    BulkProbe two = new BulkProbe(accepted.remove(), total);
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
  void noWakeUpIsLostUnderAStormOfThem() throws Exception {
    connect(Integer.MAX_VALUE);
    int perThread = 5_000;
    CountDownLatch done = new CountDownLatch(8);
    for (int t = 0; t < 8; t++) {
      new Thread(
              () -> {
                for (int i = 0; i < perThread; i++) {
                  client.send(new byte[] {1});
                }
                done.countDown();
              })
          .start();
    }
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    server.awaitBytes(8L * perThread);
  }

  @Test
  void singleWakeUpsAreNeverLost() throws Exception {
    connect(Integer.MAX_VALUE);
    for (int i = 1; i <= 10_000; i++) {
      client.send(new byte[] {1});
      server.awaitBytes(i);
    }
  }

  @Test
  void closeMovesEverythingFirst() throws Exception {
    connect(100);
    byte[] sent = random(1 << 20);
    client.send(sent);
    client.connection.close();
    client.connection.close();
    client.awaitOrderlyClose();
    server.awaitOrderlyClose();
    assertThat(server.bytes()).isEqualTo(sent);
  }

  @Test
  void closingOnBothSidesLosesNothing() throws Exception {
    client = new Probe(dial(options), 100);
    server = new Probe(accepted.remove(), 100);
    byte[] sent = random(1 << 20);
    client.send(sent);
    server.send(sent);
    client.start(); // nothing moves before both have started, and so both are closing by then
    client.connection.close();
    server.connection.close();
    server.start();
    client.awaitOrderlyClose();
    server.awaitOrderlyClose();
    assertThat(server.bytes()).isEqualTo(sent);
  }

  @Test
  void whatWasSentBeforeTheStartArrives() throws Exception {
    client = new Probe(dial(options)).start();
    client.send("early".getBytes(UTF_8));
    client.connection.close();
    server = new Probe(accepted.remove()).start();
    server.awaitOrderlyClose();
    assertThat(server.text()).isEqualTo("early");
    client.awaitOrderlyClose();
  }

  @Test
  void aCloseTowardsAPeerThatNeverStartsIsBounded() throws Exception {
    Options hasty = options.toBuilder().closeTimeout(Duration.ofMillis(100)).build();
    client = new Probe(dial(hasty)).start();
    client.send("lost".getBytes(UTF_8));
    client.connection.close();
    assertThat(client.awaitFailure()).contains("close took longer than 100 ms");
    server = new Probe(accepted.remove()).start();
    assertThat(server.awaitFailure()).contains("close took longer");
  }

  @Test
  void abortReachesTheOtherSide() throws Exception {
    connect(Integer.MAX_VALUE);
    client.connection.abort();
    client.connection.abort();
    assertThat(client.awaitFailure()).isEqualTo("aborted by this side");
    assertThat(server.awaitFailure()).isEqualTo("the peer aborted the connection");
  }

  @Test
  void aConnectionThatIsNeverStartedCanBeEnded() throws Exception {
    client = new Probe(dial(options)).start();
    accepted.remove().abort();
    assertThat(client.awaitFailure()).isEqualTo("the peer aborted the connection");
    probes.add(client);
    client = new Probe(dial(options)).start();
    accepted.remove().close();
    client.awaitOrderlyClose();
  }

  @Test
  void aHandlerThatThrowsEndsItsConnection() throws Exception {
    client =
        new Probe(dial(options)) {
          @Override
          protected void take(ByteBuffer bytes) {
            throw new IllegalStateException("planted");
          }

          @Override
          public void closed(IOException cause) {
            closed.complete(Optional.ofNullable(cause));
            throw new IllegalStateException("planted too");
          }
        }.start();
    server = new Probe(accepted.remove()).start();
    server.send("x".getBytes(UTF_8));
    assertThat(client.awaitFailure()).contains("planted");
    assertThat(server.awaitFailure()).contains("planted");
  }

  @Test
  void anExecutorThatRejectsEndsTheConnection() throws Exception {
    Options closed =
        Options.builder()
            .executor(
                task -> {
                  throw new java.util.concurrent.RejectedExecutionException("planted");
                })
            .build();
    client = new Probe(dial(closed)).start();
    server = new Probe(accepted.remove()).start();
    assertThat(client.awaitFailure()).contains("executor rejects");
    assertThat(server.awaitFailure()).contains("executor rejects");
  }

  @Test
  void closeAndAbortFromEverywhereEndExactlyOnce() throws Exception {
    for (int i = 0; i < 300; i++) {
      Probe one = new Probe(dial(options));
      Probe two = new Probe(accepted.remove());
      AtomicLong start = new AtomicLong();
      List<Runnable> tasks =
          List.of(
              one::start,
              two::start,
              one.connection::close,
              i % 2 == 0 ? two.connection::close : two.connection::abort,
              () -> one.send(new byte[1000]),
              () -> two.send(new byte[1000]));
      CountDownLatch done = new CountDownLatch(tasks.size());
      tasks.forEach(
          task ->
              threads.execute(
                  () -> {
                    start.incrementAndGet();
                    task.run();
                    done.countDown();
                  }));
      assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
      one.awaitClosed();
      two.awaitClosed();
      assertThat(one.closedCalls.get() + two.closedCalls.get()).isEqualTo(2);
    }
  }

  static byte[] random(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }
}
