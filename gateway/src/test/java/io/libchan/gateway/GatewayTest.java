package io.libchan.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Limits;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Session;
import io.libchan.calls.Caller;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Both sides together: bytes, ends, reasons, limits and the end of a gateway. */
@ExtendWith({Leaks.class, QuietLog.class})
final class GatewayTest {
  private static final int MUCH = 8 * 1024 * 1024;

  // ---- bytes and ends ----

  @ParameterizedTest
  @ValueSource(strings = {"inmem", "tcp"})
  @Rule({"GW-1", "GW-3", "GW-11"})
  void eachDirectionEndsOnItsOwn(String scheme) throws Exception {
    try (Bed bed = new Bed()) {
      Socket client = bed.client(bed.way(scheme));
      Socket target = bed.accept();
      client.getOutputStream().write("question".getBytes(UTF_8));
      client.shutdownOutput();
      assertThat(target.getInputStream().readAllBytes()).asString().isEqualTo("question");
      target.getOutputStream().write("answer".getBytes(UTF_8));
      target.shutdownOutput();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("answer");
      Waits.until("both ends are told", () -> bed.told(1, 1));
      assertThat(bed.atForwarder.get(0).reason()).isEqualTo(Reason.END);
      assertThat(bed.atDialer.get(0).reason()).isEqualTo(Reason.END);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inmem", "tcp"})
  @Rule("GW-10")
  void muchGoesBothWaysUnchangedAndIsCounted(String scheme) throws Exception {
    try (Bed bed = new Bed()) {
      Forwarder forwarder = bed.way(scheme);
      Socket client = bed.client(forwarder);
      Socket target = bed.accept();
      byte[] there = random(1, MUCH);
      byte[] back = random(2, MUCH + 17);
      CompletableFuture<Void> sent = send(client, there);
      CompletableFuture<Void> answered = send(target, back);
      CompletableFuture<byte[]> arrived = read(target);
      assertThat(Waits.value(read(client))).isEqualTo(back);
      assertThat(Waits.value(arrived)).isEqualTo(there);
      Waits.value(sent);
      Waits.value(answered);
      Waits.until("both ends are told", () -> bed.told(1, 1));
      assertThat(forwarder.counts()).isEqualTo(new GatewayCounts(0, 1, 0, 0, 0, MUCH, MUCH + 17));
      GatewayConnection last = bed.atDialer.get(0).connection();
      assertThat(last.bytesFromSocket()).isEqualTo(MUCH + 17);
      assertThat(last.bytesToSocket()).isEqualTo(MUCH);
      assertThat(last.target()).isEqualTo(bed.target.toString());
    }
  }

  @Test
  @Rule("GW-10")
  void aTargetThatDoesNotReadStopsItsClientAndNobodyElse() throws Exception {
    try (Bed bed = new Bed()) {
      Forwarder forwarder = bed.way("tcp");
      Socket stalled = bed.client(forwarder);
      Socket deaf = bed.accept();
      CompletableFuture<Void> blocked = send(stalled, random(3, 4 * MUCH));
      Waits.until("nothing moves any more", () -> isAtRest(forwarder));
      assertThat(blocked).isNotDone();
      assertThat(forwarder.counts().bytesFromSockets()).isLessThan(2L * MUCH);

      Socket other = bed.client(forwarder);
      Socket lively = bed.accept();
      other.getOutputStream().write(42);
      assertThat(lively.getInputStream().read()).isEqualTo(42);

      assertThat(Waits.value(read(deaf))).isEqualTo(random(3, 4 * MUCH));
      Waits.value(blocked);
    }
  }

  private static boolean isAtRest(Forwarder forwarder) throws Exception {
    long before = moved(forwarder);
    return before > 0
        && !Waits.within(Waits.SHORT.multipliedBy(10), () -> moved(forwarder) != before);
  }

  private static long moved(Forwarder forwarder) {
    return forwarder.counts().bytesFromSockets() + forwarder.counts().bytesToSockets();
  }

  @Test
  @Rule("GW-10")
  void clientsThatDoNotReadCostNobodyTheConnection() throws Exception {
    try (Bed bed = new Bed()) {
      int count = 8;
      Limits base = Limits.DEFAULTS.withMaxSessionBytes(MUCH / 16); // two windows
      Limits limits = bed.forwarding.maxConnections(count).build().limits(base);
      bed.session = Options.builder().limits(limits).build();
      Forwarder forwarder = bed.way("tcp");
      List<Socket> clients = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        clients.add(bed.client(forwarder));
        CompletableFuture<Void> unused = send(bed.accept(), random(i, MUCH));
      }
      Waits.until("nothing moves any more", () -> isAtRest(forwarder));
      assertThat(forwarder.counts().cut()).isZero();
      List<Integer> lengths = new ArrayList<>();
      for (Socket client : clients) {
        lengths.add(Waits.value(read(client)).length);
      }
      assertThat(lengths).containsOnly(MUCH);
    }
  }

  @Test
  @Rule("GW-5")
  void whatTheClientSendsBeforeTheAnswerArrives() throws Exception {
    try (Bed bed = new Bed()) {
      Listener listener = bed.listener("tcp", bed.dialer());
      Forwarder forwarder =
          bed.with(
              Forwarder.listen(
                  new Address.Tcp("127.0.0.1", 0),
                  () -> Libchan.connect(listener.uri().toString(), bed.session),
                  bed.target,
                  bed.forwarding.build()));
      Socket client = bed.client(forwarder); // nobody has a session yet
      client.getOutputStream().write("early".getBytes(UTF_8));
      client.shutdownOutput();
      assertThat(bed.accept().getInputStream().readAllBytes()).asString().isEqualTo("early");
    }
  }

  // ---- cuts ----

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Rule({"GW-12", "GW-13"})
  void aResetOnOneSideIsAResetOnTheOther(boolean byClient) throws Exception {
    try (Bed bed = new Bed()) {
      Socket client = bed.client(bed.way("tcp"));
      Socket target = bed.accept();
      exchange(client, target);
      Socket cut = byClient ? client : target;
      Socket told = byClient ? target : client;
      cut.setSoLinger(true, 0);
      cut.close();
      assertReset(told);
      Waits.until("both ends are told", () -> bed.told(1, 1));
      assertThat(bed.atForwarder.get(0).reason().code()).isEqualTo(ReasonCode.FAILED);
      assertThat(bed.atDialer.get(0).reason().code()).isEqualTo(ReasonCode.FAILED);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  @Rule("GW-13")
  void aLostSessionIsAResetOnBothSides(boolean here) throws Exception {
    try (Bed bed = new Bed()) {
      Listener listener = bed.listener("tcp", bed.dialer());
      Session session = bed.connect(listener);
      Socket client = bed.client(bed.forwarder(session, bed.target));
      Socket target = bed.accept();
      exchange(client, target);
      if (here) {
        session.abort(Reason.of(ReasonCode.INTERNAL, "pulled"));
      } else {
        listener.close();
      }
      assertReset(client);
      assertReset(target);
    }
  }

  @Test
  @Rule("GW-13")
  void aClientThatDoesNotReadIsCutWithItsSession() throws Exception {
    try (Bed bed = new Bed()) {
      bed.forwarding.idleTimeout(Duration.ofSeconds(80));
      Session session = bed.connect(bed.listener("tcp", bed.dialer()));
      Forwarder forwarder = bed.forwarder(session, bed.target);
      Socket deaf = bed.client(forwarder);
      CompletableFuture<Void> blocked = send(bed.accept(), random(4, 4 * MUCH));
      Waits.until("something came", () -> forwarder.counts().bytesToSockets() > 0);
      session.abort(Reason.of(ReasonCode.INTERNAL, "pulled"));
      Waits.until("the client is cut", () -> forwarder.counts().cut() == 1);
      assertThat(blocked)
          .satisfies(sent -> assertThatThrownBy(() -> Waits.value(sent)).isNotNull());
      assertThatThrownBy(() -> deaf.getInputStream().readAllBytes())
          .isInstanceOf(SocketException.class);
    }
  }

  @Test
  void aClientAfterALostSessionGetsANewOne() throws Exception {
    try (Bed bed = new Bed()) {
      Listener listener = bed.listener("tcp", bed.dialer());
      List<Session> made = new CopyOnWriteArrayList<>();
      Forwarder forwarder =
          bed.with(
              Forwarder.listen(
                  new Address.Tcp("127.0.0.1", 0),
                  () -> {
                    made.add(Libchan.connect(listener.uri().toString(), bed.session));
                    return made.get(made.size() - 1);
                  },
                  bed.target,
                  bed.forwarding.build()));
      Socket first = bed.client(forwarder);
      exchange(first, bed.accept());
      assertThat(made).hasSize(1);
      made.get(0).abort(Reason.of(ReasonCode.INTERNAL, "pulled"));
      assertReset(first);
      bed.answer();
      // A client that comes before the loss is known everywhere is reset.
      Waits.until("a client gets through", () -> isAnswered(bed.client(forwarder)));
      assertThat(made).hasSize(2);
    }
  }

  private static boolean isAnswered(Socket client) throws IOException {
    try (client) {
      client.getOutputStream().write(1);
      return client.getInputStream().read() == 2;
    } catch (SocketException e) {
      return false;
    }
  }

  // ---- refusals ----

  @Test
  @Rule({"GW-2", "GW-4"})
  void aTargetThatIsNotAllowedIsRefused() throws Exception {
    try (Bed bed = new Bed()) {
      Session session = bed.connect(bed.listener("tcp", bed.dialer()));
      ServerSocket secret = bed.with(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      Address forbidden = new Address.Tcp("127.0.0.1", secret.getLocalPort());
      assertRefused(bed, bed.forwarder(session, forbidden), ReasonCode.REFUSED);
      assertThat(bed.atDialer.get(0).connection().target()).isEqualTo(forbidden.toString());
      assertThat(bed.atDialer.get(0).reason().code()).isEqualTo(ReasonCode.REFUSED);
    }
  }

  @Test
  @Rule({"GW-1", "GW-2", "GW-3", "GW-4"})
  void nonsenseAsATargetIsRefusedAndTheChannelGoesOn() throws Exception {
    try (Bed bed = new Bed()) {
      Session session = bed.connect(bed.listener("tcp", bed.dialer()));
      try (Caller<Dial, Dialed> caller =
          new Caller<>(session.open(Dial.CHANNEL, Dialer.DIALS, 16))) {
        for (String target : List.of("", "nonsense", "x".repeat(5_000) + ":1", "unix:/dev/null")) {
          ByteStream.Pair ends = ByteStream.pair();
          assertThatThrownBy(() -> caller.call(new Dial(target, ends.right(), null), Waits.BOUND))
              .isInstanceOfSatisfying(ChannelException.class, GatewayTest::assertRefusal);
          assertThatThrownBy(() -> ends.left().input().read())
              .isInstanceOfSatisfying(ChannelException.class, GatewayTest::assertRefusal);
        }
        ByteStream.Pair ends = ByteStream.pair();
        Dial good = new Dial(bed.target.toString(), ends.right(), null);
        assertThat(caller.call(good, Waits.BOUND)).isEqualTo(new Dialed(null));
        ends.left().output().write(5);
        assertThat(bed.accept().getInputStream().read()).isEqualTo(5);
        ends.left().close();
      }
    }
  }

  private static void assertRefusal(ChannelException failure) {
    assertThat(failure.reason().code()).isEqualTo(ReasonCode.REFUSED);
  }

  @Test
  @Rule("GW-4")
  void aTargetThatIsNotThereIsAFailedConnect() throws Exception {
    try (Bed bed = new Bed()) {
      Session session = bed.connect(bed.listener("tcp", bed.dialer()));
      bed.server.close();
      assertRefused(bed, bed.forwarder(session, bed.target), ReasonCode.CONNECT_FAILED);
      assertThat(bed.atForwarder.get(0).reason().message()).contains(bed.target.toString());
    }
  }

  @Test
  @Rule("GW-4")
  void aHostThatIsNotThereIsAFailedConnect() throws Exception {
    try (Bed bed = new Bed()) {
      Address unknown = Address.parse("no-such-host.invalid:1");
      Session session = bed.connect(bed.listener("tcp", bed.dialer(unknown)));
      assertRefused(bed, bed.forwarder(session, unknown), ReasonCode.CONNECT_FAILED);
    }
  }

  @Test
  @Rule("GW-6")
  void aTargetThatDoesNotAnswerIsGivenUp() throws Exception {
    try (Bed bed = new Bed()) {
      Address silent = bed.silent();
      bed.dialing.connectTimeout(Duration.ofMillis(100));
      Session session = bed.connect(bed.listener("tcp", bed.dialer(silent)));
      assertRefused(bed, bed.forwarder(session, silent), ReasonCode.DEADLINE);
      assertThat(bed.atDialer.get(0).reason().code()).isEqualTo(ReasonCode.DEADLINE);
    }
  }

  @Test
  @Rule({"GW-6", "GW-7"})
  void theForwardingSidesDeadlineEndsTheDialToo() throws Exception {
    try (Bed bed = new Bed()) {
      Address silent = bed.silent();
      bed.forwarding.connectTimeout(Duration.ofMillis(100));
      Dialer dialer = bed.dialer(silent);
      Session session = bed.connect(bed.listener("tcp", dialer));
      assertRefused(bed, bed.forwarder(session, silent), ReasonCode.DEADLINE);
      Waits.until("the dial is given up", () -> dialer.counts().open() == 0);
    }
  }

  @Test
  @Rule("GW-21")
  void oneConnectionTooManyIsRefusedByTheDialer() throws Exception {
    try (Bed bed = new Bed()) {
      bed.dialing.maxConnections(1);
      Forwarder forwarder = bed.way("tcp");
      Socket first = bed.client(forwarder);
      exchange(first, bed.accept());
      assertRefused(bed, forwarder, ReasonCode.LIMIT);
      assertThat(bed.atForwarder.get(0).reason().message()).startsWith("gateway-connections:");
    }
  }

  @Test
  void oneConnectionTooManyIsRefusedByTheForwarder() throws Exception {
    try (Bed bed = new Bed()) {
      bed.forwarding.maxConnections(1);
      Forwarder forwarder = bed.way("tcp");
      Socket first = bed.client(forwarder);
      Socket served = bed.accept();
      exchange(first, served);
      assertRefused(bed, forwarder, ReasonCode.LIMIT);
      assertThat(bed.atForwarder.get(0).reason().message()).startsWith("gateway-connections:");
      exchange(first, served);
    }
  }

  @Test
  @Rule("GW-20")
  void peersThatProvedNothingAreRefused() throws Exception {
    try (Bed bed = new Bed()) {
      bed.dialing.peers(peer -> peer.principal() != null);
      assertRefused(bed, bed.way("tcp"), ReasonCode.REFUSED);
      assertThat(bed.atForwarder.get(0).reason().message()).contains("proved nothing");
    }
  }

  @Test
  @Rule("GW-14")
  void anIdleConnectionIsReset() throws Exception {
    try (Bed bed = new Bed()) {
      bed.dialing.idleTimeout(Duration.ofMillis(200));
      Socket client = bed.client(bed.way("tcp"));
      Socket target = bed.accept();
      exchange(client, target);
      assertReset(client);
      assertReset(target);
      Waits.until("both ends are told", () -> bed.told(1, 1));
      assertThat(bed.atDialer.get(0).reason().message()).startsWith("gateway-idle:");
      assertThat(bed.atForwarder.get(0).reason().code()).isEqualTo(ReasonCode.LIMIT);
    }
  }

  // ---- the end of a gateway ----

  @Test
  @Rule("GW-22")
  void aDrainingDialerRefusesDialsAndLetsConnectionsEnd() throws Exception {
    try (Bed bed = new Bed()) {
      Dialer dialer = bed.dialer();
      Forwarder forwarder = bed.forwarder(bed.connect(bed.listener("tcp", dialer)), bed.target);
      Socket client = bed.client(forwarder);
      Socket target = bed.accept();
      exchange(client, target);
      CompletableFuture<Boolean> drained = new CompletableFuture<>();
      Thread draining = new Thread(() -> drained.complete(drain(dialer, Waits.BOUND)), "drain");
      draining.start();
      Waits.until("it waits", () -> draining.getState() == Thread.State.TIMED_WAITING);
      assertRefused(bed, forwarder, ReasonCode.DRAINING);
      exchange(client, target);
      client.close();
      target.close();
      assertThat(Waits.value(drained)).isTrue();
    }
  }

  @Test
  @Rule("GW-22")
  void whatIsLeftAfterADrainIsReset() throws Exception {
    try (Bed bed = new Bed()) {
      Forwarder forwarder = bed.way("tcp");
      Socket client = bed.client(forwarder);
      Socket target = bed.accept();
      exchange(client, target);
      assertThat(forwarder.drain(Duration.ofMillis(50))).isFalse();
      assertReset(client);
      assertReset(target);
      Waits.until("both ends are told", () -> bed.told(1, 1));
      assertThat(bed.atDialer.get(0).reason().code()).isEqualTo(ReasonCode.DRAINING);
      assertThatThrownBy(() -> bed.client(forwarder)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void closingResetsEverything() throws Exception {
    try (Bed bed = new Bed()) {
      Dialer dialer = bed.dialer();
      Forwarder forwarder = bed.forwarder(bed.connect(bed.listener("tcp", dialer)), bed.target);
      Socket client = bed.client(forwarder);
      Socket target = bed.accept();
      exchange(client, target);
      dialer.close();
      dialer.close();
      assertReset(client);
      assertReset(target);
      assertThat(dialer.connections()).isEmpty();
    }
  }

  // ---- directions and kinds ----

  @Test
  void theListeningSideMayForwardToo() throws Exception {
    try (Bed bed = new Bed()) {
      CompletableFuture<Session> arrived = new CompletableFuture<>();
      Listener listener =
          bed.with(Libchan.listen("tcp://127.0.0.1:0", bed.session, arrived::complete));
      Session session = bed.connect(listener);
      Dialer dialer = bed.dialer();
      CompletableFuture<Void> serving = CompletableFuture.runAsync(() -> handle(dialer, session));
      Forwarder forwarder = bed.forwarder(Waits.value(arrived), bed.target);
      exchange(bed.client(forwarder), bed.accept());
      session.close();
      Waits.value(serving);
    }
  }

  @Test
  void unixSocketsOnBothSides(@TempDir Path folder) throws Exception {
    try (Bed bed = new Bed()) {
      Path there = folder.resolve("target.sock");
      Path here = folder.resolve("client.sock");
      ServerSocketChannel server = bed.with(ServerSocketChannel.open(StandardProtocolFamily.UNIX));
      server.bind(UnixDomainSocketAddress.of(there));
      Address target = new Address.Unix(there);
      Session session = bed.connect(bed.listener("tcp", bed.dialer(target)));
      Forwarder forwarder =
          Forwarder.listen(new Address.Unix(here), session, target, bed.forwarding.build());
      try (forwarder;
          SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(here))) {
        assertThat(client.write(ByteBuffer.wrap("ping".getBytes(UTF_8)))).isEqualTo(4);
        client.shutdownOutput();
        SocketChannel accepted = bed.with(server.accept());
        ByteBuffer read = ByteBuffer.allocate(16);
        while (accepted.read(read) >= 0) {
          // until the end
        }
        assertThat(new String(read.array(), 0, read.position(), UTF_8)).isEqualTo("ping");
      }
      assertThat(Files.exists(here)).isFalse();
    }
  }

  @Test
  void aFileWhereAUnixSocketIsToBeIsLeftAlone(@TempDir Path folder) throws Exception {
    try (Bed bed = new Bed()) {
      Path file = Files.writeString(folder.resolve("file"), "mine");
      Session session = bed.connect(bed.listener("inmem", bed.dialer()));
      assertThatThrownBy(
              () ->
                  Forwarder.listen(
                      new Address.Unix(file), session, bed.target, GatewayOptions.DEFAULTS))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("cannot listen at unix:");
      assertThat(file).hasContent("mine");
    }
  }

  @Test
  void anAddressInUseIsAFailedConnect() throws Exception {
    try (Bed bed = new Bed()) {
      Session session = bed.connect(bed.listener("inmem", bed.dialer()));
      assertThatThrownBy(
              () -> Forwarder.listen(bed.target, session, bed.target, GatewayOptions.DEFAULTS))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining(bed.target.toString());
    }
  }

  // ---- helpers ----

  private static void assertRefused(Bed bed, Forwarder forwarder, ReasonCode code)
      throws Exception {
    assertReset(bed.client(forwarder));
    Waits.until("the forwarder is told", () -> !bed.atForwarder.isEmpty());
    assertThat(bed.atForwarder.get(0).reason().code()).isEqualTo(code);
    assertThat(forwarder.counts().refused()).isEqualTo(1);
    if (code != ReasonCode.LIMIT) {
      Waits.until("the dialer is told", () -> !bed.atDialer.isEmpty());
    }
  }

  /** A read that neither ends nor gives anything. */
  private static void assertReset(Socket socket) {
    assertThatThrownBy(() -> socket.getInputStream().read()).isInstanceOf(SocketException.class);
  }

  private static void exchange(Socket client, Socket target) throws IOException {
    client.getOutputStream().write(7);
    assertThat(target.getInputStream().read()).isEqualTo(7);
    target.getOutputStream().write(9);
    assertThat(client.getInputStream().read()).isEqualTo(9);
  }

  private static byte[] random(int seed, int size) {
    byte[] bytes = new byte[size];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static CompletableFuture<Void> send(Socket socket, byte[] bytes) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            OutputStream out = socket.getOutputStream();
            out.write(bytes);
            socket.shutdownOutput();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Bed.THREADS);
  }

  private static CompletableFuture<byte[]> read(Socket socket) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            InputStream in = socket.getInputStream();
            return in.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Bed.THREADS);
  }

  private static boolean drain(Gateway gateway, Duration timeout) {
    try {
      return gateway.drain(timeout);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void handle(Dialer dialer, Session session) {
    try {
      dialer.handle(session);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
