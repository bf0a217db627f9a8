package io.libchan.it.vectors;

import static io.libchan.testkit.ScriptedPeer.ACK;
import static io.libchan.testkit.ScriptedPeer.encode;
import static io.libchan.testkit.ScriptedPeer.headerValue;
import static io.libchan.testkit.ScriptedPeer.message;
import static io.libchan.testkit.ScriptedPeer.number;
import static io.libchan.testkit.ScriptedPeer.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.spi.Services;
import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.PipePair;
import io.libchan.testkit.RealTime;
import io.libchan.testkit.ScriptedPeer;
import io.libchan.testkit.Waits;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The usual session of spec/vectors/README.md: the vector's writer is the connecting side, the
 * engine listens.
 *
 * <p>Not thread-safe.
 */
final class Meeting implements AutoCloseable {
  private final RealTime time = new RealTime();
  private final CompletableFuture<Session> started;
  final ScriptedPeer peer;
  private @Nullable Receiver<Object> in;
  private @Nullable Sender<Object> out;

  Meeting(UnaryOperator<Options.Builder> change) {
    PipePair pipe = new PipePair(time::execute);
    Options.Builder options =
        Options.builder()
            .codec("json")
            .nodeName("engine")
            .referenceTimeout(Duration.ofMillis(200))
            .closeTimeout(Duration.ofMillis(500));
    started =
        Services.engine()
            .start(pipe.left(), false, change.apply(options).build(), time)
            .toCompletableFuture();
    peer = new ScriptedPeer(pipe.right(), true);
  }

  /** With both HELLOs, "in" on stream 3 and "out" on stream 2, on which a message was sent. */
  static Meeting usual() throws Exception {
    return usual(Limits.DEFAULTS);
  }

  static Meeting usual(Limits limits) throws Exception {
    Meeting meeting = new Meeting(options -> options.limits(limits));
    meeting.peer.hello("json");
    int stream = meeting.channel("in");
    assertThat(stream).isEqualTo(3);
    meeting.in = meeting.session().accept("in", Object.class, Waits.BOUND);
    Sender<Object> sender = meeting.session().open("out", Object.class, 2);
    meeting.out = sender;
    assertThat(meeting.peer.expectOpen()).isEqualTo(2);
    meeting.peer.header(ScriptedPeer.WINDOW_UPDATE, ACK, 2, 0);
    sender.send("one");
    Waits.until("the message", () -> !meeting.peer.frames(2, 16).isEmpty());
    return meeting;
  }

  private int channel(String name) {
    return peer.open(
        1,
        peer.newReference(),
        headerValue(1, text(name)),
        headerValue(2, text("json")),
        headerValue(3, number(2)));
  }

  Session session() throws Exception {
    return started.get(Waits.BOUND.toNanos(), TimeUnit.NANOSECONDS);
  }

  Receiver<Object> in() {
    return Objects.requireNonNull(in);
  }

  Sender<Object> out() {
    return Objects.requireNonNull(out);
  }

  /** A message without attachments. */
  static byte[] value(Object value) throws ChannelException {
    return message(new byte[2], encode("json", value));
  }

  /** The session lives: a new channel of it works. */
  void expectAlive() throws Exception {
    peer.newStream(); // the vector may have used the next one
    peer.newReference();
    peer.newStream();
    peer.newReference();
    int stream = channel("alive");
    peer.data(stream, value("yes"));
    Receiver<Object> receiver = session().accept("alive", Object.class, Waits.BOUND);
    assertThat(ChannelPair.next(receiver)).isEqualTo("yes");
    assertThat(session().closed().toCompletableFuture()).isNotDone();
  }

  @Override
  public void close() {
    if (started.isDone() && !started.isCompletedExceptionally()) {
      Session session = started.join();
      session.abort(Reason.of(ReasonCode.SESSION_CLOSED, "the test is over"));
      session
          .closed()
          .toCompletableFuture()
          .orTimeout(Waits.BOUND.toSeconds(), TimeUnit.SECONDS)
          .join();
    }
    peer.close();
    time.close();
  }
}
