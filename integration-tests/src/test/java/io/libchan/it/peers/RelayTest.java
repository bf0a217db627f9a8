package io.libchan.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionSnapshot;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.nio.file.Path;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The two ports with each other, through Java: each is connected to it, and it passes on what they
 * send.
 */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
final class RelayTest {
  private static final int WINDOW = 262_144;
  private static final int TURN = 65_536;
  private static final int BODY = 1_000;

  private static Port other(Port port) {
    return port == Port.NODE ? Port.PYTHON : Port.NODE;
  }

  /**
   * Nested channels and byte streams, both ways: an application on one port, the service on the
   * other.
   */
  @ParameterizedTest
  @EnumSource
  void exchange(Port application) throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    try (Peer service = Peer.listening(other(application));
        Session there = Libchan.connect(service.line());
        Listener listener = Libchan.listen("tcp://127.0.0.1:0", Options.DEFAULTS, accepted::put)) {
      Path client = Port.output().resolve("test-classes/peers/client" + application.ending);
      try (Peer program = Peer.start(application, client, "" + listener.uri().getPort())) {
        Session here = accepted.poll(Waits.BOUND.toSeconds(), TimeUnit.SECONDS);
        Receiver<Packet> from = here.accept("pass", Packet.class, Waits.BOUND);
        Sender<Packet> to = there.open("conformance", Packet.class, 8);
        Task<Boolean> passing =
            Task.run(
                () -> {
                  for (Packet packet = from.receive(); packet != null; packet = from.receive()) {
                    to.send(packet);
                  }
                });
        assertThat(program.line()).isEqualTo("done");
        assertThat(program.exit()).isZero();
        assertThat(passing).isNotNull();
      }
    }
  }

  /** A channel from one service to the other, by way of a relay here. */
  private record Road(Session from, Session to, Service sends, Service receives) {
    static Road of(Peer sending, Peer receiving, int capacity) throws Exception {
      Session from = Libchan.connect(sending.line());
      Session to = Libchan.connect(receiving.line());
      Road road = new Road(from, to, new Service(from), new Service(to));
      Receiver<Packet> end =
          road.sends.ok(Packet.of("offer", capacity).text("receiver")).receiver();
      road.receives.ok(Packet.of("keep", 0).receiver(end));
      return road;
    }

    long held() {
      return from.snapshot().unreadBytes()
          + to.snapshot().streams().stream().mapToLong(SessionSnapshot.Stream::queuedBytes).sum();
    }

    long messages() {
      return to.snapshot().streams().stream()
          .filter(SessionSnapshot.Stream::relayed)
          .mapToLong(SessionSnapshot.Stream::messages)
          .sum();
    }

    void close() {
      from.close();
      to.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  @Rule("FWD-5")
  void aSlowReaderHoldsTheSenderBack(Port sender) throws Exception {
    try (Peer sending = Peer.listening(sender);
        Peer receiving = Peer.listening(other(sender))) {
      Road road = Road.of(sending, receiving, 10_000);
      Channel<Packet> sent = road.sends.ask(Packet.of("send", 2_000).data(new byte[BODY]));
      long[] last = {-1};
      Waits.until(
          "the sender stands still",
          () -> {
            long before = last[0];
            last[0] = road.messages();
            return last[0] > 0
                && before == last[0]
                && !Waits.within(Waits.SHORT.multipliedBy(10), () -> road.messages() != last[0]);
          });
      assertThat(last[0]).isLessThan(1_000).isGreaterThan(WINDOW / BODY / 2);
      assertThat(road.held()).isLessThanOrEqualTo(2 * WINDOW + TURN);
      for (int i = 0; i < 4; i++) {
        String numbers = road.receives.ok(Packet.of("receive", 500)).text();
        assertThat(numbers).startsWith(500 * i + 1 + ",").endsWith("," + (500 * i + 500));
      }
      Service.answer(sent);
      road.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  @Rule("FWD-6")
  void theEndOfAReceiverIsToldToTheSender(Port sender) throws Exception {
    try (Peer sending = Peer.listening(sender);
        Peer receiving = Peer.listening(other(sender))) {
      Road road = Road.of(sending, receiving, 4);
      Channel<Packet> sent = road.sends.ask(Packet.of("send", 1_000_000).data(new byte[BODY]));
      road.receives.ok(Packet.of("receive", 10));
      receiving.kill();
      Packet answer = Service.answer(sent);
      assertThat(answer.op()).isEqualTo("failed");
      assertThat(answer.n()).isEqualTo((long) ReasonCode.CONNECTION_LOST.number());
      road.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  @Rule("FWD-6")
  void theEndOfASenderIsToldToTheReceiver(Port sender) throws Exception {
    try (Peer sending = Peer.listening(sender);
        Peer receiving = Peer.listening(other(sender))) {
      Road road = Road.of(sending, receiving, 4);
      Service.answer(road.sends.ask(Packet.of("send", 3)));
      sending.kill();
      Packet answer = road.receives.any(Packet.of("receive", 5));
      assertThat(answer.op()).isEqualTo("failed");
      assertThat(answer.n()).isEqualTo((long) ReasonCode.CONNECTION_LOST.number());
      assertThat(answer.text()).isEqualTo("1,2,3");
      road.close();
    }
  }
}
