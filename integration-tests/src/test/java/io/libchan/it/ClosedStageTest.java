package io.libchan.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.spi.Ends;
import io.libchan.testkit.Waits;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The stage that tells how a channel ended, where a message is still unread. */
final class ClosedStageTest {
  record Word(String text) {}

  /** A receiving end with a message that arrived and was not received, and its session. */
  private record Unread(Session session, Receiver<Word> receiver) {}

  private final CompletableFuture<Unread> arrived = new CompletableFuture<>();

  private Listener listen() throws Exception {
    return Libchan.listen(
        "tcp://127.0.0.1:0",
        Options.DEFAULTS,
        session -> {
          Receiver<Word> receiver = session.accept(Word.class);
          Ends.port(receiver).await(() -> arrived.complete(new Unread(session, receiver)));
          Waits.value(session.closed());
        });
  }

  @Test
  void aLostChannelHasEndedOnceItsLastMessageWasReceived() throws Exception {
    try (Listener listener = listen()) {
      Session session = Libchan.connect(listener.uri().toString(), Options.DEFAULTS);
      session.open(Word.class).send(new Word("unread"));
      Unread unread = Waits.value(arrived);
      CompletableFuture<Reason> early = unread.receiver().closed().toCompletableFuture();
      session.abort(Reason.of(ReasonCode.FAILED, "on purpose"));
      Waits.value(unread.session().closed());
      CompletableFuture<Reason> late = unread.receiver().closed().toCompletableFuture();
      assertThat(early).isNotDone();
      assertThat(late).isNotDone();
      assertThat(unread.receiver().receive()).isEqualTo(new Word("unread"));
      assertThat(Waits.value(early).message()).contains("on purpose");
      assertThat(Waits.value(late).message()).contains("on purpose");
    }
  }

  @Test
  void aSessionAbortedHereEndsAChannelWithUnreadMessages() throws Exception {
    try (Listener listener = listen();
        Session session = Libchan.connect(listener.uri().toString(), Options.DEFAULTS)) {
      session.open(Word.class).send(new Word("unread"));
      Unread unread = Waits.value(arrived);
      CompletableFuture<Reason> closed = unread.receiver().closed().toCompletableFuture();
      unread.session().abort(Reason.of(ReasonCode.FAILED, "on purpose"));
      assertThat(Waits.value(closed).message()).isEqualTo("on purpose");
    }
  }
}
