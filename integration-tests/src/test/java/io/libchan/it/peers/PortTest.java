package io.libchan.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Each port with Java, whoever connects. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
final class PortTest {
  @Nested
  final class NodeListens extends Cases {
    NodeListens() {
      super(Port.NODE, false);
    }
  }

  @Nested
  final class NodeConnects extends Cases {
    NodeConnects() {
      super(Port.NODE, true);
    }
  }

  @Nested
  final class PythonListens extends Cases {
    PythonListens() {
      super(Port.PYTHON, false);
    }
  }

  @Nested
  final class PythonConnects extends Cases {
    PythonConnects() {
      super(Port.PYTHON, true);
    }
  }

  /** The numbers from 1 on, as the service tells them. */
  static String numbers(long last) {
    return LongStream.rangeClosed(1, last)
        .mapToObj(Long::toString)
        .collect(Collectors.joining(","));
  }

  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class Cases {
    private final Port port;
    private final boolean connects;
    private Peer peer;
    private String address;
    private Listener listener;
    private final LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    private Session session;
    private Service service;

    Cases(Port port, boolean connects) {
      this.port = port;
      this.connects = connects;
    }

    @BeforeAll
    void start() throws Exception {
      if (connects) {
        listener = Libchan.listen("tcp://127.0.0.1:0", Options.DEFAULTS, accepted::put);
        peer = Peer.connecting(port, listener.uri().getPort());
      } else {
        peer = Peer.listening(port);
        address = peer.line();
      }
    }

    @BeforeEach
    void connect() throws Exception {
      session =
          connects
              ? accepted.poll(Waits.BOUND.toSeconds(), TimeUnit.SECONDS)
              : Libchan.connect(address);
      service = new Service(session);
    }

    @AfterEach
    void disconnect() {
      session.close();
    }

    @AfterAll
    void end() {
      if (peer != null) {
        peer.close();
      }
      if (listener != null) {
        listener.close();
      }
    }

    @Test
    void exchangesMessagesAndChannels() throws Exception {
      Packet echo =
          service.ok(Packet.of("echo", Long.MIN_VALUE).text("größer").data(new byte[200_000]));
      assertThat(echo.n()).isEqualTo(Long.MIN_VALUE);
      assertThat(echo.text()).isEqualTo("größer");
      assertThat(echo.data()).hasSize(200_000);

      Channel<Packet> there = Channel.of(Packet.class, 4);
      Task<Boolean> sending =
          Task.run(
              () -> {
                for (long i = 1; i <= 100; i++) {
                  there.sender().send(Packet.of("item", i), Waits.BOUND);
                }
                there.sender().flush(Waits.BOUND);
                there.sender().close();
              });
      assertThat(service.ok(Packet.of("receive", 100).receiver(there.receiver())).text())
          .isEqualTo(numbers(100));
      sending.result();
      assertThat(service.any(Packet.of("receive", 1)).op()).isEqualTo("end");

      Receiver<Packet> back = service.ok(Packet.of("offer", 4).text("receiver")).receiver();
      Channel<Packet> sent = service.ask(Packet.of("send", 100).data(new byte[20_000]));
      for (long i = 1; i <= 100; i++) {
        assertThat(back.receive(Waits.BOUND).n()).isEqualTo(i);
      }
      Service.answer(sent);
      service.ok(Packet.of("close", 70_000));
      assertThat(Waits.value(back.closed()).number()).isEqualTo(70_000);
    }

    @Test
    void exchangesByteStreams() throws Exception {
      byte[] part = "0123456789".repeat(5_000).getBytes(StandardCharsets.US_ASCII);
      ByteStream.Pair pair = ByteStream.pair();
      service.ok(Packet.of("keep", 0).bytes(pair.right()));
      Channel<Packet> written = service.ask(Packet.of("write", 20).data(part));
      assertThat(pair.left().input().readNBytes(20 * part.length))
          .isEqualTo(
              new String(part, StandardCharsets.US_ASCII)
                  .repeat(20)
                  .getBytes(StandardCharsets.US_ASCII));
      Service.answer(written);
      service.ok(Packet.of("close", 0));
      assertThat(pair.left().input().read()).isEqualTo(-1);
      Task<Boolean> writing =
          Task.run(
              () -> {
                for (int i = 0; i < 20; i++) {
                  pair.left().output().write(part);
                }
                pair.left().output().close();
              });
      for (int i = 0; i < 20; i++) {
        assertThat(service.ok(Packet.of("read", part.length)).data()).isEqualTo(part);
      }
      writing.result();
      assertThat(service.any(Packet.of("read", 1)).op()).isEqualTo("end");

      ByteStream offered = service.ok(Packet.of("offer", 0).text("bytes")).bytes();
      service.ok(Packet.of("close", 70_001));
      Waits.until("a reset", () -> failed(offered));
    }

    private static boolean failed(ByteStream stream) {
      try {
        return stream.input().read() == -2;
      } catch (IOException e) {
        return true;
      }
    }

    @Test
    void endsInGoodOrder() throws Exception {
      service.ok(Packet.of("leave", 0));
      assertThat(Waits.value(session.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
    }
  }
}
