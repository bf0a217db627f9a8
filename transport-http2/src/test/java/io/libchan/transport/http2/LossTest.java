package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.testkit.FaultProxy;
import io.libchan.testkit.Rule;
import io.libchan.transport.http2.common.Carrier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Connections that break, and sessions that need more than one. */
final class LossTest {
  /** A question with its answer's channel. */
  record Ask(int number, Sender<Integer> square) {}

  private static Listener listen(Http2Options http2) throws Exception {
    Options options =
        Options.builder()
            .with(http2)
            .closeTimeout(Duration.ofMillis(500))
            // A question may be lost while its answer's stream is not: nobody names that any more.
            .referenceTimeout(Duration.ofMillis(500))
            .build();
    return Libchan.listen("http://127.0.0.1:0/libchan", options, LossTest::serve);
  }

  private static String uri(FaultProxy proxy) {
    return "http://127.0.0.1:" + proxy.port() + "/libchan";
  }

  /** One channel of questions after the other; a lost one costs only itself. */
  private static void serve(Session session) throws Exception {
    while (true) {
      try {
        Receiver<Ask> asks = session.accept("ask", Ask.class);
        for (Ask ask = asks.receive(); ask != null; ask = asks.receive()) {
          ask.square().send(ask.number() * ask.number());
          ask.square().flush();
        }
      } catch (ChannelReset e) {
        // The next one.
      } catch (SessionLost e) {
        return;
      }
    }
  }

  private static int ask(Sender<Ask> asks, int number) throws Exception {
    Channel<Integer> square = Channel.of(Integer.class);
    asks.send(new Ask(number, square.sender()));
    return square.receiver().receive(Duration.ofSeconds(20));
  }

  @Test
  @Rule({"H2-17", "H2-18"})
  void aSessionUsesAsManyConnectionsAsItNeeds() throws Exception {
    try (Listener listener = listen(Http2Options.builder().maxConcurrentStreams(8).build());
        FaultProxy proxy = new FaultProxy(listener.uri().getPort());
        Session session = Libchan.connect(uri(proxy), Options.DEFAULTS)) {
      Sender<Ask> asks = session.open("ask", Ask.class);
      List<Receiver<Integer>> open = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        Channel<Integer> square = Channel.of(Integer.class);
        asks.send(new Ask(i, square.sender()));
        open.add(square.receiver());
      }
      for (int i = 0; i < 50; i++) {
        assertThat(open.get(i).receive(Duration.ofSeconds(20))).isEqualTo(i * i);
      }
      assertThat(proxy.connections()).isGreaterThan(2);
    }
  }

  @Test
  @Rule({"H2-14", "H2-18"})
  void aSessionOutlivesItsConnection() throws Exception {
    try (Listener listener = listen(Http2Options.DEFAULTS);
        FaultProxy proxy = new FaultProxy(listener.uri().getPort())) {
      try (Session session = Libchan.connect(uri(proxy), Options.DEFAULTS)) {
        Sender<Ask> asks = session.open("ask", Ask.class);
        assertThat(ask(asks, 3)).isEqualTo(9);
        proxy.cutNow(FaultProxy.Cut.RST);
        assertThatThrownBy(
                () -> {
                  while (true) {
                    ask(asks, 4);
                  }
                })
            .isInstanceOf(ChannelException.class);
        Sender<Ask> again = session.open("ask", Ask.class);
        assertThat(ask(again, 5)).isEqualTo(25);
      }
    }
  }

  @Test
  @Rule("H2-16")
  void aSingleRequestThatIsCutIsALostSession() throws Exception {
    try (Listener listener = listen(Http2Options.DEFAULTS);
        FaultProxy proxy = new FaultProxy(listener.uri().getPort())) {
      Options options =
          Options.builder().with(Http2Options.builder().carrier(Carrier.SINGLE).build()).build();
      try (Session session = Libchan.connect(uri(proxy), options)) {
        Sender<Ask> asks = session.open("ask", Ask.class);
        assertThat(ask(asks, 3)).isEqualTo(9);
        proxy.cutNow(FaultProxy.Cut.RST);
        assertThatThrownBy(
                () -> {
                  while (true) {
                    ask(asks, 4);
                  }
                })
            .isInstanceOf(SessionLost.class);
      }
    }
  }
}
