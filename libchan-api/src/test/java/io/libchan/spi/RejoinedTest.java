package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A channel that goes on in memory while messages are still under way on streams. */
final class RejoinedTest {
  private final Rejoined<String> channel = new Rejoined<>(String.class, 4, StreamContext.NONE);

  @Test
  void aClosedSenderLearnsThatTheReceiverWentWithMessagesUnderWay() {
    Reason lost = Reason.of(ReasonCode.CONNECTION_LOST, "gone");
    AtomicBoolean told = new AtomicBoolean();
    channel.resumeAfter(3, 1);
    channel.sending().close(Reason.END);
    channel.sending().onEnd(() -> told.set(true));
    channel.receiving().close(lost);
    assertThat(told).isTrue();
    assertThat(channel.sending().ended()).isEqualTo(lost);
  }

  @Test
  void aCleanEndStaysWhenAllWasReceived() {
    channel.resumeAfter(3, 1);
    channel.begin(1);
    channel.sending().close(Reason.END);
    assertThat(channel.sending().ended()).isNull();
    channel.received(1);
    channel.receiving().close(Reason.of(ReasonCode.CANCELLED, "late"));
    assertThat(channel.sending().ended()).isEqualTo(Reason.END);
  }
}
