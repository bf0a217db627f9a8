package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.BodyOptions;
import io.libchan.Libchan;
import io.libchan.Limits;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Rule;
import io.libchan.transport.http2.RawPeer.Frame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Peers that flood a listener: each loses its connection, or its session, by a named limit, and a
 * session beside it goes on.
 */
final class FloodTest {
  private static final String ID = "00112233445566778899aabbccddeeff";
  private static final int CALM = (int) Http2Error.ENHANCE_YOUR_CALM.code();

  private Listener listener;
  private Session neighbour;
  private Sender<Integer> numbers;
  private Receiver<Integer> squares;

  /** Asks for the square of a number. */
  record Ask(Receiver<Integer> numbers, Sender<Integer> squares) {}

  @BeforeEach
  void serve() throws Exception {
    listener =
        Libchan.listen(
            "http://127.0.0.1:0/libchan",
            Options.builder().closeTimeout(Duration.ofMillis(500)).build(),
            FloodTest::square);
    neighbour = Libchan.connect(listener.uri().toString(), Options.DEFAULTS);
    io.libchan.Channel<Integer> there = io.libchan.Channel.of(Integer.class);
    io.libchan.Channel<Integer> back = io.libchan.Channel.of(Integer.class);
    Sender<Ask> asks = neighbour.open("square", Ask.class);
    asks.send(new Ask(there.receiver(), back.sender()));
    numbers = there.sender();
    squares = back.receiver();
    neighbourIsWell();
  }

  private static void square(Session session) throws Exception {
    Ask ask = session.accept("square", Ask.class).receive();
    for (Integer number : ask.numbers()) {
      ask.squares().send(number * number);
    }
  }

  private void neighbourIsWell() throws Exception {
    for (int i = 0; i < 10; i++) {
      numbers.send(i);
      assertThat(squares.receive(Duration.ofSeconds(10))).isEqualTo(i * i);
    }
  }

  @AfterEach
  void close() throws Exception {
    neighbourIsWell();
    neighbour.close();
    listener.close();
  }

  private RawPeer attacker() throws IOException {
    return RawPeer.connect(listener.uri().getPort());
  }

  /** Writes what an attack has until the listener has had enough. */
  private static Frame away(RawPeer attacker, Attack attack) throws IOException {
    Thread writing =
        new Thread(
            () -> {
              try {
                attack.run();
                attacker.flush();
              } catch (IOException e) {
                // The listener closed the connection in the middle of it.
              }
            });
    writing.start();
    return attacker.await(frame -> frame.type() == RawPeer.GOAWAY);
  }

  private interface Attack {
    void run() throws IOException;
  }

  @Test
  @Rule("H2-21")
  void rapidReset() throws Exception {
    try (RawPeer attacker = attacker()) {
      Frame away =
          away(
              attacker,
              () -> {
                for (int stream = 1; stream < 1000; stream += 2) {
                  attacker.request(stream, "/libchan", ID, stream, "streams");
                  attacker.reset(stream, 8);
                }
              });
      assertThat(away.code()).isEqualTo(CALM);
    }
  }

  @Test
  @Rule("H2-21")
  void resetsThatThePeerMakesUsSend() throws Exception {
    try (RawPeer attacker = attacker()) {
      Frame away =
          away(
              attacker,
              () -> {
                for (int stream = 1; stream < 1000; stream += 2) {
                  attacker.request(stream, "/libchan", ID, stream, "streams");
                  attacker.frame(RawPeer.WINDOW_UPDATE, 0, stream, new byte[4]);
                }
              });
      assertThat(away.code()).isEqualTo(CALM);
    }
  }

  @Test
  @Rule("H2-20")
  void continuationFlood() throws Exception {
    try (RawPeer attacker = attacker()) {
      byte[] block = attacker.encode(1, ":method", "POST", ":path", "/libchan");
      Frame away =
          away(
              attacker,
              () -> {
                attacker.frame(RawPeer.HEADERS, 0, 1, block);
                for (int i = 0; i < 10_000; i++) {
                  attacker.frame(RawPeer.CONTINUATION, 0, 1, new byte[0]);
                }
              });
      assertThat(away.code()).isEqualTo(CALM);
    }
  }

  @Test
  @Rule("H2-22")
  void settingsFlood() throws Exception {
    flood(RawPeer.SETTINGS, 0, new byte[0], "pings: ");
  }

  @Test
  @Rule("H2-22")
  void pingFlood() throws Exception {
    flood(RawPeer.PING, 0, new byte[8], "pings: ");
  }

  @Test
  @Rule("H2-22")
  void windowUpdateFlood() throws Exception {
    flood(RawPeer.WINDOW_UPDATE, 0, new byte[] {0, 0, 0, 1}, "idle-frames: ");
  }

  @Test
  @Rule("H2-22")
  void priorityFlood() throws Exception {
    flood(2, 1, new byte[] {0, 0, 0, 0, 1}, "idle-frames: ");
  }

  @Test
  @Rule("H2-22")
  void floodOfUnknownFrames() throws Exception {
    flood(0x42, 0, new byte[3], "idle-frames: ");
  }

  private void flood(int type, int stream, byte[] payload, String limit) throws IOException {
    try (RawPeer attacker = attacker()) {
      Frame away =
          away(
              attacker,
              () -> {
                for (int i = 0; i < 10_000; i++) {
                  attacker.frame(type, 0, stream, payload);
                }
              });
      assertThat(away.code()).isEqualTo(CALM);
      assertThat(away.text()).startsWith(limit);
    }
  }

  @Test
  void emptyData() throws Exception {
    try (RawPeer attacker = attacker()) {
      Frame away =
          away(
              attacker,
              () -> {
                attacker.request(1, "/libchan", ID, 1, "streams");
                for (int i = 0; i < 1_000; i++) {
                  attacker.frame(RawPeer.DATA, 0, 1, new byte[0]);
                }
              });
      assertThat(away.code()).isEqualTo(CALM);
    }
  }

  @Test
  void tenThousandParkedRequestsOfOneClientEndItsSessionAndHarmNobodyElse() throws Exception {
    Map<String, Integer> answers = park(10_000, listener);
    int most = Options.DEFAULTS.limits().maxUnauthenticatedStreams();
    // The engine may be behind, so some more may be taken before the session is over.
    assertThat(answers.get("200 null")).isBetween(most, BodyOptions.DEFAULTS.maxBodies());
    assertThat(answers.keySet())
        .allMatch(answer -> answer.equals("200 null") || answer.contains("bodies"));
  }

  @Test
  void parkedRequestsBeyondTheLimitOfBodiesAreRefusedByItsName() throws Exception {
    int most = BodyOptions.DEFAULTS.maxBodies();
    Limits limits = Limits.DEFAULTS.withMaxUnauthenticatedStreams(2 * most);
    try (Listener patient =
        Libchan.listen(
            "http://127.0.0.1:0/libchan",
            Options.builder().limits(limits).closeTimeout(Duration.ofMillis(500)).build(),
            FloodTest::square)) {
      Map<String, Integer> answers = park(most + 452, patient);
      assertThat(answers.remove("200 null")).isEqualTo(most);
      assertThat(answers).hasSize(1);
      assertThat(answers.keySet().iterator().next()).startsWith("503 ").contains("bodies");
      assertThat(answers).containsValue(452);
    }
  }

  /** What requests of one session, 500 on each connection, were answered with, and how often. */
  private Map<String, Integer> park(int count, Listener where) throws Exception {
    List<RawPeer> connections = new ArrayList<>();
    Map<String, Integer> answers = new TreeMap<>();
    try {
      for (int ref = 1; ref <= count; ref += 500) {
        RawPeer attacker = RawPeer.connect(where.uri().getPort());
        connections.add(attacker);
        int requests = Math.min(500, count + 1 - ref);
        for (int i = 0; i < requests; i++) {
          attacker.request(1 + 2 * i, "/libchan", ID, ref + i, "streams");
        }
        for (int i = 0; i < requests; i++) {
          Http2Headers answer =
              attacker.decode(attacker.await(frame -> frame.type() == RawPeer.HEADERS));
          answers.merge(answer.status() + " " + answer.get("libchan-reason"), 1, Integer::sum);
        }
        neighbourIsWell();
      }
    } finally {
      for (RawPeer each : connections) {
        each.close();
      }
    }
    return answers;
  }
}
