package io.libchan.it.vectors;

import static io.libchan.testkit.ScriptedPeer.GO_AWAY;
import static io.libchan.testkit.ScriptedPeer.SYN;
import static io.libchan.testkit.ScriptedPeer.WINDOW_UPDATE;
import static io.libchan.testkit.ScriptedPeer.frame;
import static io.libchan.testkit.ScriptedPeer.join;
import static io.libchan.testkit.ScriptedPeer.preamble;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Vectors;
import io.libchan.testkit.Vectors.Vector;
import io.libchan.testkit.Waits;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The bad vectors, played to a session that works: what they end, and with which reason. */
@ExtendWith({Leaks.class, QuietLog.class})
final class SessionVectorsTest {
  static Stream<Vector> bad() {
    return Stream.of(
            "yamux.json",
            "preamble.json",
            "hello.json",
            "control.json",
            "forward.json",
            "backward.json",
            "reason.json")
        .flatMap(file -> Vectors.bad(file).stream());
  }

  @ParameterizedTest
  @MethodSource("bad")
  @Rule({"CH-3", "CH-27", "CTL-10", "CTL-11", "FRM-3", "MUX-19", "ATT-11", "PRE-4", "LIM-1"})
  void aBadVectorEndsWhatItSaysAndNothingElse(Vector vector) throws Exception {
    if (vector.file().equals("hello.json")) {
      try (Meeting meeting = new Meeting(UnaryOperator.identity())) {
        meeting.peer.header(WINDOW_UPDATE, SYN, 1, 0);
        meeting.peer.data(1, join(preamble(0, 1), vector.bytes()));
        expectSessionEnd(meeting, vector);
      }
      return;
    }
    try (Meeting meeting = Meeting.usual()) {
      play(meeting, vector);
      switch ((String) vector.error().get("scope")) {
        case "session" -> {
          expectSessionEnd(meeting, vector);
          expect(vector, Waits.value(meeting.session().closed()));
        }
        case "stream" -> {
          expectStreamEnd(meeting, vector);
          meeting.expectAlive();
        }
        default -> {
          expect(vector, ChannelPair.failure(meeting.in(), MessageRejected.class).reason());
          meeting.peer.data(3, Meeting.value("next"));
          assertThat(ChannelPair.next(meeting.in())).isEqualTo("next");
        }
      }
    }
  }

  private static void play(Meeting meeting, Vector vector) {
    byte[] bytes = vector.bytes();
    switch (vector.file()) {
      case "yamux.json" -> meeting.peer.raw(bytes);
      case "preamble.json" -> {
        meeting.peer.header(WINDOW_UPDATE, SYN, 5, 0);
        meeting.peer.data(5, bytes);
      }
      case "control.json" -> meeting.peer.data(1, bytes);
      case "backward.json" -> meeting.peer.data(2, bytes);
      case "reason.json" -> meeting.peer.data(3, frame(17, bytes));
      default -> meeting.peer.data(3, bytes);
    }
  }

  private static void expectSessionEnd(Meeting meeting, Vector vector) throws Exception {
    meeting.peer.expectOver();
    if (!vector.name().equals("the control stream ends")) {
      Reason told = meeting.peer.sessionEnd();
      assertThat(told).as("SESSION_END").isNotNull();
      expect(vector, told);
    }
    boolean isFault = !vector.error().get("code").equals("UNSUPPORTED");
    assertThat(meeting.peer.expect("GO_AWAY", one -> one.type() == GO_AWAY).length())
        .isEqualTo(isFault ? 1 : 2);
  }

  private static void expectStreamEnd(Meeting meeting, Vector vector) throws Exception {
    String code = (String) vector.error().get("code");
    int stream = ((Number) vector.error().get("stream")).intValue();
    boolean told = code.equals("PROTOCOL_ERROR") || code.equals("LIMIT");
    switch (stream) {
      case 3 -> {
        expect(vector, ChannelPair.failure(meeting.in(), ChannelException.class).reason());
        if (told) {
          Waits.until("CANCEL", () -> !meeting.peer.frames(3, 33).isEmpty());
          expect(vector, cancel(meeting.peer.frames(3, 33)));
        }
      }
      case 2 -> {
        expect(vector, catchThrowableOfType(ChannelException.class, () -> flood(meeting)).reason());
        if (told) {
          expect(vector, reset(meeting, stream));
        }
      }
      default -> {
        Waits.until(
            "a refusal", () -> !meeting.peer.frames(5, 33).isEmpty() || isReset(meeting, stream));
        List<byte[]> cancels = meeting.peer.frames(stream, 33);
        expect(vector, cancels.isEmpty() ? reset(meeting, stream) : cancel(cancels));
      }
    }
  }

  /** Sends until that fails; what is not acknowledged stops it soon. */
  private static void flood(Meeting meeting) throws Exception {
    while (true) {
      meeting.out().send("more", Waits.BOUND);
    }
  }

  private static boolean isReset(Meeting meeting, int stream) {
    return meeting.peer.written().stream().anyMatch(one -> one.stream() == stream && one.has(8));
  }

  private static Reason reset(Meeting meeting, int stream) throws Exception {
    int number =
        meeting.peer.expect("a reset", one -> one.stream() == stream && one.has(8)).length();
    return new Reason(number, "", "", List.of());
  }

  private static Reason cancel(List<byte[]> cancels) {
    ByteBuffer in = ByteBuffer.wrap(cancels.get(0));
    int number = in.getInt();
    byte[] text = new byte[in.getShort()];
    in.get(text);
    return new Reason(
        number, new String(text, java.nio.charset.StandardCharsets.UTF_8), "", List.of());
  }

  private static void expect(Vector vector, Reason reason) {
    Map<String, Object> error = vector.error();
    String code = (String) error.get("code");
    assertThat(Character.isDigit(code.charAt(0)) ? "" + reason.number() : reason.code().name())
        .as("%s", reason)
        .isEqualTo(code);
    if (error.get("limit") instanceof String limit && !reason.message().isEmpty()) {
      assertThat(reason.message()).startsWith(limit + ":");
    }
  }
}
