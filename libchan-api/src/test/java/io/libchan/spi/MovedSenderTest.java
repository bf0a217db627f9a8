package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What is left of a sending end that was sent away. */
final class MovedSenderTest {
  private final ReceivePort<String> after =
      new MemoryChannel<String>(String.class, 1, null).receiving();

  /** Or a flush that began before would wait for what nobody sent, without waiting. */
  @Test
  void whoAsksWhatWasReceivedLearnsThatTheEndIsGone() {
    assertThatThrownBy(() -> new MovedSender<>(after).isReceived(0))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("sent away");
  }

  @Test
  void nobodyWaitsForAReceiver() {
    AtomicBoolean told = new AtomicBoolean();
    new MovedSender<>(after).awaitReceiver(() -> told.set(true));
    assertThat(told).isTrue();
  }

  @Test
  void theChannelIsKeptOnlyForARendezvousThatMayBeUnderWay() {
    assertThat(moved(1)).isInstanceOf(MovedSender.class);
    assertThat(moved(0)).isInstanceOf(MemoryChannel.Sending.class);
  }

  private SendPort<String> moved(int capacity) {
    PortSender<String> end =
        new PortSender<>(new MemoryChannel<String>(String.class, capacity, null).sending());
    end.moved(after);
    return end.port();
  }
}
