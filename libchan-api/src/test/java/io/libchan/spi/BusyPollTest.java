package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Looking for more is bounded, and rare where nothing comes. */
final class BusyPollTest {
  private static final int SMALL = 100;

  private long now = Long.MAX_VALUE; // it may overflow, as that of the system
  private final BusyPoll poll = new BusyPoll(true, () -> now);

  private void pass(long micros) {
    now += TimeUnit.MICROSECONDS.toNanos(micros);
  }

  /** Whether it looks after a read; in vain, to the end. */
  private boolean looksInVain() {
    pass(100);
    poll.read(SMALL);
    boolean looked = poll.isLooking();
    while (poll.isLooking()) {
      pass(1);
      poll.foundNothing();
    }
    return looked;
  }

  private int leftOutBeforeItLooks() {
    int leftOut = 0;
    while (!looksInVain()) {
      leftOut++;
    }
    return leftOut;
  }

  @Test
  void withoutAReadItDoesNotLook() {
    assertThat(poll.isLooking()).isFalse();
  }

  @Test
  void afterALoneMessageItLooksUntilThereIsMore() {
    poll.read(SMALL);
    pass(10);
    poll.foundNothing();
    assertThat(poll.isLooking()).isTrue();
    poll.found();
    assertThat(poll.isLooking()).isFalse();
  }

  @Test
  void itGivesUpAfterFiftyMicroseconds() {
    poll.read(SMALL);
    pass(50);
    poll.foundNothing();
    assertThat(poll.isLooking()).isTrue();
    pass(1);
    poll.foundNothing();
    assertThat(poll.isLooking()).isFalse();
  }

  @Test
  void afterEachTimeInVainItLeavesOutAsManyAsBeforeAndAsManyAgain() {
    assertThat(looksInVain()).isTrue();
    for (int leftOut : new int[] {1, 3, 7, 15, 31, 63, 127, 255, 255}) {
      assertThat(leftOutBeforeItLooks()).isEqualTo(leftOut);
    }
  }

  @Test
  void whatWasFoundBringsItBack() {
    assertThat(looksInVain()).isTrue();
    assertThat(leftOutBeforeItLooks()).isEqualTo(1);
    for (int i = 0; i < 3; i++) {
      assertThat(looksInVain()).isFalse();
    }
    for (int i = 0; i < 2; i++) {
      pass(100);
      poll.read(SMALL);
      assertThat(poll.isLooking()).isTrue();
      poll.found();
    }
  }

  @Test
  void messagesInARowAreNoReason() {
    poll.read(SMALL);
    poll.found();
    pass(7);
    poll.read(SMALL);
    assertThat(poll.isLooking()).isFalse();
    pass(8);
    poll.read(SMALL);
    assertThat(poll.isLooking()).isTrue();
  }

  @Test
  void manyBytesAreNoReason() {
    poll.read(512);
    assertThat(poll.isLooking()).isFalse();
  }

  @Test
  void withOneProcessorItNeverLooks() {
    BusyPoll never = new BusyPoll(false, () -> now);
    never.read(SMALL);
    assertThat(never.isLooking()).isFalse();
  }
}
