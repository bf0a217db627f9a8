package io.libchan.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Descriptors;
import io.libchan.Listener;
import io.libchan.ReasonCode;
import io.libchan.Session;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A program's own connections, as sockets where descriptors are passed and as bytes elsewhere. */
@ExtendWith({Leaks.class, QuietLog.class})
final class ConnectorTest {
  private static final int MUCH = 4 * 1024 * 1024;

  @ParameterizedTest
  @ValueSource(strings = {"inmem", "tcp", "unix"})
  @Rule({"GW-3", "GW-9", "GW-11"})
  void aConnectionIsTheSameWhicheverWayItsBytesGo(String scheme) throws Exception {
    try (Bed bed = new Bed()) {
      Dialer dialer = bed.dialer();
      Connector connector = connector(bed, bed.connect(bed.listener(scheme, dialer)));
      ByteStream stream = bed.with(connector.connect(bed.target));
      Socket target = bed.accept();
      byte[] there = bytes(1);
      byte[] back = bytes(2);
      CompletableFuture<Void> sent = write(stream.output(), there);
      CompletableFuture<Void> answered = write(target.getOutputStream(), back);
      CompletableFuture<byte[]> arrived = read(target);
      assertThat(stream.input().readNBytes(MUCH)).isEqualTo(back);
      assertThat(Waits.value(arrived)).isEqualTo(there);
      Waits.value(sent);
      Waits.value(answered);
      stream.output().close();
      assertThat(target.getInputStream().read()).isEqualTo(-1);
      target.getOutputStream().write("still there".getBytes(UTF_8));
      target.shutdownOutput();
      assertThat(stream.input().readAllBytes()).asString().isEqualTo("still there");

      boolean socket = scheme.equals("unix");
      assertThat(Descriptors.of(stream).isPresent()).isEqualTo(socket);
      Waits.until("the dialer is done with it", () -> bed.atDialer.size() == 1);
      assertThat(bed.atDialer.get(0).handedOver()).isEqualTo(socket);
      assertThat(dialer.counts().handedOver()).isEqualTo(socket ? 1 : 0);
      assertThat(dialer.counts().bytesToSockets()).isEqualTo(socket ? 0 : MUCH);
    }
  }

  @Test
  @Rule("GW-9")
  void aSocketOutlivesItsSessionAndTheGateway() throws Exception {
    try (Bed bed = new Bed()) {
      Dialer dialer = bed.dialer();
      Listener listener = bed.listener("unix", dialer);
      Session session = bed.connect(listener);
      ByteStream stream = bed.with(connector(bed, session).connect(bed.target));
      Socket target = bed.accept();
      session.close();
      dialer.close();
      listener.close();
      stream.output().write(7);
      assertThat(target.getInputStream().read()).isEqualTo(7);
      target.getOutputStream().write(8);
      assertThat(stream.input().read()).isEqualTo(8);
      stream.close();
      assertThat(target.getInputStream().read()).as("nobody else holds it").isEqualTo(-1);
    }
  }

  @Test
  @Rule("GW-9")
  void whatTheTargetSaidFirstIsNotLost() throws Exception {
    try (Bed bed = new Bed()) {
      CompletableFuture<Socket> greeter =
          CompletableFuture.supplyAsync(() -> greet(bed), Bed.THREADS);
      Connector connector = connector(bed, bed.connect(bed.listener("unix", bed.dialer())));
      ByteStream stream = bed.with(connector.connect(bed.target));
      assertThat(stream.input().readNBytes(6)).asString().isEqualTo("220 hi");
      Waits.value(greeter);
    }
  }

  private static Socket greet(Bed bed) {
    try {
      Socket socket = bed.accept();
      socket.getOutputStream().write("220 hi".getBytes(UTF_8));
      return socket;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  @Rule("GW-9")
  void aDialerMayKeepItsSockets() throws Exception {
    try (Bed bed = new Bed()) {
      bed.dialing.handsOver(false);
      Dialer dialer = bed.dialer();
      Connector connector = connector(bed, bed.connect(bed.listener("unix", dialer)));
      ByteStream stream = bed.with(connector.connect(bed.target));
      Socket target = bed.accept();
      stream.output().write(1);
      assertThat(target.getInputStream().read()).isEqualTo(1);
      assertThat(Descriptors.of(stream)).isEmpty();
      assertThat(dialer.counts().open()).isEqualTo(1);
    }
  }

  @Test
  @Rule({"GW-2", "GW-4"})
  void whatIsRefusedIsToldWithItsReason() throws Exception {
    try (Bed bed = new Bed()) {
      Connector connector = connector(bed, bed.connect(bed.listener("unix", bed.dialer())));
      assertFails(connector, new Address.Tcp("127.0.0.1", 9), ReasonCode.REFUSED);
      bed.server.close();
      assertFails(connector, bed.target, ReasonCode.CONNECT_FAILED);
    }
  }

  @Test
  @Rule("GW-7")
  void aConnectionThatIsGivenUpIsNotKept() throws Exception {
    try (Bed bed = new Bed()) {
      Address silent = bed.silent();
      Dialer dialer = bed.with(Dialer.to(Set.of(silent), bed.dialing.build()));
      Connector connector = connector(bed, bed.connect(bed.listener("unix", dialer)));
      CompletableFuture<ByteStream> made = connector.connectAsync(silent);
      Waits.until("the dialer tries", () -> dialer.counts().open() == 1);
      assertThat(made.cancel(true)).isTrue();
      Waits.until("the dialer gives up", () -> dialer.counts().open() == 0);
      assertThat(dialer.counts().refused()).isEqualTo(1);
    }
  }

  @Test
  @Rule("GW-6")
  void aTargetThatDoesNotAnswerIsGivenUpInTime() throws Exception {
    try (Bed bed = new Bed()) {
      Address silent = bed.silent();
      Dialer dialer = bed.with(Dialer.to(Set.of(silent), bed.dialing.build()));
      bed.forwarding.connectTimeout(Duration.ofMillis(200));
      Connector connector = connector(bed, bed.connect(bed.listener("unix", dialer)));
      assertFails(connector, silent, ReasonCode.DEADLINE);
    }
  }

  private static void assertFails(Connector connector, Address target, ReasonCode code) {
    assertThatThrownBy(() -> connector.connect(target))
        .isInstanceOfSatisfying(
            ChannelException.class, e -> assertThat(e.reason().code()).isEqualTo(code));
  }

  private static Connector connector(Bed bed, Session session) {
    return bed.with(Connector.over(session, bed.forwarding.build()));
  }

  private static byte[] bytes(long seed) {
    byte[] bytes = new byte[MUCH];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static CompletableFuture<byte[]> read(Socket from) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return from.getInputStream().readNBytes(MUCH);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Bed.THREADS);
  }

  private static CompletableFuture<Void> write(OutputStream to, byte[] bytes) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            to.write(bytes);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        },
        Bed.THREADS);
  }
}
