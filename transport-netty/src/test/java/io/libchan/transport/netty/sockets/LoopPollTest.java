package io.libchan.transport.netty.sockets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.channel.SelectStrategy;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Looking for events is bounded, and rare where none come. */
final class LoopPollTest {
  private static final long PAUSE_NANOS = 20_000;

  private LoopPoll poll = new LoopPoll();
  private int asked;
  private int ready;

  private int step(boolean hasTasks) throws Exception {
    return poll.calculateStrategy(
        () -> {
          asked++;
          return ready;
        },
        hasTasks);
  }

  /** How often it looks after a read, until it would wait. */
  private int looks(int bytes) throws Exception {
    int before = asked;
    poll.read(bytes);
    while (step(false) == SelectStrategy.CONTINUE) {
      assertThat(asked).as("looks").isLessThan(10_000_000);
    }
    return asked - before;
  }

  @Test
  void withoutAReadItWaitsAtOnce() throws Exception {
    assertThat(step(false)).isEqualTo(SelectStrategy.SELECT);
    assertThat(asked).isZero();
  }

  @Test
  void withTasksItOnlyAsks() throws Exception {
    ready = 3;
    assertThat(step(true)).isEqualTo(3);
  }

  @Test
  void afterALoneMessageItLooksUntilSomethingIsThere() throws Exception {
    assumeTrue(Runtime.getRuntime().availableProcessors() > 1);
    poll.read(100);
    for (int i = 0; step(false) != SelectStrategy.CONTINUE; i++) { // it looks for 50 us only
      assertThat(i).as("times that this thread had no processor").isLessThan(1_000);
      poll = new LoopPoll();
      poll.read(100);
    }
    ready = 2;
    assertThat(step(false)).isEqualTo(2);
    assertThat(step(false)).isEqualTo(SelectStrategy.SELECT);
  }

  @Test
  void itEndsWithoutEventsAndSoonHardlyLooksAnyMore() throws Exception {
    int looked = 0;
    for (int i = 0; i < 1_000; i++) {
      looked += looks(100) > 0 ? 1 : 0;
      LockSupport.parkNanos(PAUSE_NANOS);
    }
    assertThat(looked).isBetween(Runtime.getRuntime().availableProcessors() > 1 ? 1 : 0, 20);
  }

  @Test
  void manyBytesAreNoReasonToLook() throws Exception {
    assertThat(looks(64 * 1024)).isZero();
  }

  @Test
  void eachLoopHasItsOwn() throws Exception {
    assertThat(step(false)).isEqualTo(SelectStrategy.SELECT);
    assertThat(LoopPoll.here()).isSameAs(poll);
  }
}
