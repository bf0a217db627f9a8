package io.libchan.it.vectors;

import static io.libchan.testkit.ScriptedPeer.FIN;
import static io.libchan.testkit.ScriptedPeer.GO_AWAY;
import static io.libchan.testkit.ScriptedPeer.WINDOW_UPDATE;
import static io.libchan.testkit.ScriptedPeer.frame;
import static io.libchan.testkit.ScriptedPeer.headerValue;
import static io.libchan.testkit.ScriptedPeer.join;
import static io.libchan.testkit.ScriptedPeer.longNumber;
import static io.libchan.testkit.ScriptedPeer.message;
import static io.libchan.testkit.ScriptedPeer.number;
import static io.libchan.testkit.ScriptedPeer.reason;
import static io.libchan.testkit.ScriptedPeer.table;
import static io.libchan.testkit.ScriptedPeer.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionSnapshot;
import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.ScriptedPeer;
import io.libchan.testkit.Waits;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules about what is kept, and about limits: more than one answer to one vector. */
@ExtendWith({Leaks.class, QuietLog.class})
final class ClarifiedRulesTest {
  @ParameterizedTest
  @ValueSource(strings = {"reset", "loss"})
  @Rule({"CH-26", "CH-22"})
  void wholeMessagesComeBeforeTheFailure(String how) throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      meeting.peer.data(3, join(Meeting.value("a"), Meeting.value("b"), new byte[] {16, 0}));
      Waits.until("both", () -> meeting.session().snapshot().unreadBytes() > 10);
      end(meeting, how);
      assertThat(ChannelPair.next(meeting.in())).isEqualTo("a");
      assertThat(ChannelPair.next(meeting.in())).isEqualTo("b");
      assertThat(ChannelPair.failure(meeting.in(), ChannelException.class).reason().code())
          .isEqualTo(how.equals("loss") ? ReasonCode.CONNECTION_LOST : ReasonCode.FAILED);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"reset", "loss", "goodbye"})
  @Rule({"CH-26", "CH-21"})
  void nothingChangesAfterClose(String how) throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      meeting.peer.data(3, join(Meeting.value("a"), frame(17, reason(0, ""))));
      Waits.until("the message", () -> meeting.session().snapshot().unreadBytes() > 0);
      end(meeting, how);
      assertThat(ChannelPair.next(meeting.in())).isEqualTo("a");
      ChannelPair.expectEnd(meeting.in());
    }
  }

  private static void end(Meeting meeting, String how) throws Exception {
    switch (how) {
      case "reset" -> {
        meeting.peer.rst(3, ReasonCode.FAILED);
        meeting.expectAlive();
      }
      case "goodbye" -> meeting.peer.header(GO_AWAY, 0, 0, 0);
      default -> meeting.peer.hangUp();
    }
    if (!how.equals("reset")) {
      Waits.value(meeting.session().closed());
    }
  }

  @ParameterizedTest
  @CsvSource({"0, SESSION_CLOSED", "1, CONNECTION_LOST", "2, CONNECTION_LOST"})
  @Rule("MUX-18")
  void goodbyeFailsWhatIsOpenAndDeliversWhatCame(int number, ReasonCode code) throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      meeting.peer.data(3, Meeting.value("a"));
      meeting.peer.header(GO_AWAY, 0, 0, number);
      assertThat(ChannelPair.next(meeting.in())).isEqualTo("a");
      assertThat(ChannelPair.failure(meeting.in(), ChannelException.class).reason().code())
          .isEqualTo(code);
      assertThat(Waits.value(meeting.session().closed()).code()).isEqualTo(code);
      meeting.peer.expectOver();
    }
  }

  @Test
  @Rule("MUX-18")
  void theReasonOfSessionEndWins() throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      meeting.peer.data(1, frame(3, reason(70_000, "mine")));
      meeting.peer.header(GO_AWAY, 0, 0, 2);
      assertThat(ChannelPair.failure(meeting.in(), ChannelException.class).reason().number())
          .isEqualTo(70_000);
    }
  }

  @Test
  @Rule({"MUX-20", "MUX-4"})
  void unknownFlagsAndStreamsOfPingsAreIgnored() throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      meeting.peer.header(WINDOW_UPDATE, 0x8000, 3, 1);
      meeting.peer.header(2, 0x8001, 77, 5);
      meeting.peer.expect("the answer", one -> one.type() == 2 && one.length() == 5);
      meeting.peer.data(0x4000, 3, Meeting.value("a"));
      assertThat(ChannelPair.next(meeting.in())).isEqualTo("a");
    }
  }

  @Test
  @Rule("PRE-10")
  void aSmallerLimitOfPreamblesHasItsName() throws Exception {
    try (Meeting meeting = Meeting.usual(Limits.DEFAULTS.withMaxPreambleBytes(64))) {
      meeting.peer.open(1, 5, headerValue(2, text("json")), headerValue(99, new byte[50]));
      meeting.peer.expectOver();
      Reason told = meeting.peer.sessionEnd();
      assertThat(told).isNotNull();
      assertThat(told.message()).startsWith("preamble-bytes:");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "1", "1/x", "-1/2", "1234567890123456789/1"})
  @Rule("PRE-11")
  void aFileWithoutItsHeaderFailsTheReceive(String header) throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      meeting.peer.open(
          6,
          5,
          headerValue(4, longNumber(3)),
          header.isEmpty() ? new byte[0] : headerValue(8, text(header)));
      meeting.peer.data(3, message(table(6, 5), text("{\"file\":{\"@attachment\":0}}")));
      assertThat(ChannelPair.failure(meeting.in(), MessageRejected.class).reason().code())
          .isEqualTo(ReasonCode.TYPE_MISMATCH);
      meeting.peer.expectReset(5, ReasonCode.UNCLAIMED);
    }
  }

  @Test
  @Rule("ATT-10")
  void streamsThatWaitToBeNamedAreBounded() throws Exception {
    Limits limits = Limits.DEFAULTS.withMaxPendingReferences(2);
    try (Meeting meeting = Meeting.usual(limits)) {
      for (int i = 0; i < 3; i++) {
        int stream = meeting.peer.newStream();
        meeting.peer.header(WINDOW_UPDATE, ScriptedPeer.SYN, stream, 0);
        meeting.peer.data(
            stream,
            ScriptedPeer.preamble(3, meeting.peer.newReference(), headerValue(4, longNumber(3))));
      }
      meeting.peer.expectReset(9, ReasonCode.LIMIT);
      meeting.expectAlive();
    }
  }

  @Test
  @Rule("ATT-10")
  void namesThatWaitForTheirStreamAreBounded() throws Exception {
    Limits limits = Limits.DEFAULTS.withMaxPendingReferences(2);
    try (Meeting meeting = Meeting.usual(limits)) {
      meeting.peer.data(3, message(table(3, 5, 3, 7, 3, 9), text("[]")));
      assertThat(ChannelPair.failure(meeting.in(), ChannelException.class).reason().message())
          .startsWith("pending-references:");
      meeting.expectAlive();
    }
  }

  @Test
  @Rule({"CH-27", "CH-25", "CH-11"})
  void theLastAckComesBeforeTheEndAndCountsWhatFailed() throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      meeting.peer.data(3, join(Meeting.value("a"), message(new byte[2], text("null"))));
      assertThat(ChannelPair.next(meeting.in())).isEqualTo("a");
      assertThat(ChannelPair.failure(meeting.in(), MessageRejected.class).reason().code())
          .isEqualTo(ReasonCode.TYPE_MISMATCH);
      meeting.peer.data(3, frame(17, reason(0, "")));
      ChannelPair.expectEnd(meeting.in());
      meeting.peer.expect("the end", one -> one.stream() == 3 && one.has(FIN));
      List<byte[]> acks = meeting.peer.frames(3, 32);
      assertThat(acks.get(acks.size() - 1)).isEqualTo(longNumber(2));
    }
  }

  /** Else its sender would find less than a burst of the capacity free, though all was received. */
  @Test
  @Rule("CH-11")
  void anAckAmidABurstIsFollowedByOneForTheRest() throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      int stream = open(meeting, "burst");
      for (int i = 0; i < 12; i++) {
        meeting.peer.data(stream, Meeting.value("x"));
      }
      var burst = meeting.session().accept("burst", Object.class, Waits.BOUND);
      long all = 12L * Meeting.value("x").length;
      Waits.until("all are there", () -> unread(meeting) == all);
      for (int i = 1; i <= 12; i++) {
        assertThat(ChannelPair.next(burst)).isEqualTo("x");
        if (i == 8) {
          Waits.until("half", () -> hasAck(meeting, stream, 8));
        }
      }
      Waits.until("the rest", () -> hasAck(meeting, stream, 12));
    }
  }

  /** Opens a channel of capacity 16 from the peer. */
  private static int open(Meeting meeting, String name) throws Exception {
    return meeting.peer.open(
        1,
        meeting.peer.newReference(),
        headerValue(1, text(name)),
        headerValue(2, text("json")),
        headerValue(3, number(16)));
  }

  /** What was taken is counted by the kilobyte, but never against anybody. */
  @Test
  @Rule("LIM-2")
  void nobodyIsEvictedForWhatWasTaken() throws Exception {
    String text = "x".repeat(200);
    int size = Meeting.value(text).length;
    try (Meeting meeting = Meeting.usual(Limits.DEFAULTS.withMaxSessionBytes(10 * size))) {
      for (int i = 0; i < 3; i++) {
        int stream = open(meeting, "c" + i);
        var receiver = meeting.session().accept("c" + i, Object.class, Waits.BOUND);
        for (int j = 0; j < 4; j++) {
          meeting.peer.data(stream, Meeting.value(text));
        }
        int unread = (i + 4) * size;
        Waits.until("all are there", () -> unread(meeting) == unread);
        for (int j = 0; j < 3; j++) {
          assertThat(ChannelPair.next(receiver)).isEqualTo(text);
        }
      }
      assertThat(unread(meeting)).isEqualTo(3L * size);
      meeting.expectAlive();
    }
  }

  private static long unread(Meeting meeting) throws Exception {
    return meeting.session().snapshot().streams().stream()
        .mapToLong(SessionSnapshot.Stream::unreadBytes)
        .sum();
  }

  private static boolean hasAck(Meeting meeting, int stream, long count) {
    return meeting.peer.frames(stream, 32).stream()
        .anyMatch(ack -> Arrays.equals(ack, longNumber(count)));
  }

  @Test
  @Rule({"SEC-1", "CTL-1"})
  void nothingIsDoneForAPeerBeforeHello() throws Exception {
    try (Meeting meeting = new Meeting(UnaryOperator.identity())) {
      int stream =
          meeting.peer.open(1, 3, headerValue(1, text("in")), headerValue(2, text("json")));
      meeting.peer.expectOver();
      assertThat(meeting.peer.frames(stream, 33)).isEmpty();
      assertThatThrownBy(meeting::session).hasCauseInstanceOf(ChannelException.class);
    }
  }

  @Test
  @Rule({"SEC-3", "CTL-2"})
  void credentialsAreNotRepeated() throws Exception {
    try (Meeting meeting = new Meeting(options -> options.authenticator(attempt -> false))) {
      meeting.peer.header(WINDOW_UPDATE, ScriptedPeer.SYN, 1, 0);
      byte[] headers = join(headerValue(1, text("1")), headerValue(7, text("s3cret")));
      meeting.peer.data(1, join(ScriptedPeer.preamble(0, 1), frame(1, headers)));
      meeting.peer.expectOver();
      Reason told = meeting.peer.sessionEnd();
      assertThat(told).isNotNull();
      assertThat(told.code()).isEqualTo(ReasonCode.REFUSED);
      assertThat(told.message()).doesNotContain("s3cret");
      assertThatThrownBy(meeting::session).message().doesNotContain("s3cret");
    }
  }

  @Test
  @Rule("CH-2")
  void aSenderRefusesWhatIsTooLongAndGoesOn() throws Exception {
    try (Meeting meeting = Meeting.usual()) {
      assertThat(meeting.out().trySend("x".repeat(10))).isTrue();
      meeting.peer.data(2, frame(32, longNumber(2)));
      ChannelException failure =
          catchThrowableOfType(
              ChannelException.class, () -> meeting.out().send("x".repeat(5 << 20)));
      assertThat(failure.reason().message()).startsWith("message-bytes:");
      meeting.out().send("y");
      Waits.until("the next", () -> meeting.peer.frames(2, 16).size() == 3);
    }
  }
}
