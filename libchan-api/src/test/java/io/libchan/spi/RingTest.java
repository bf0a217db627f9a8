package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RingTest {
  private final Ring<Integer> ring = new Ring<>(8, List.of(1, 2));

  @Test
  void nobodyPassesWhileItIsHeld() {
    assertThat(ring.offer(3)).isEqualTo(Ring.LOCKED);
    assertThat(ring.poll()).isSameAs(ring);
    assertThat(ring.size()).isEqualTo(2);
  }

  @Test
  void aSideIsOpenedByItself() {
    ring.open(10, true, false);
    assertThat(ring.offer(3)).isEqualTo(13);
    assertThat(ring.poll()).isSameAs(ring);
    ring.hold();
    ring.open(10, false, true);
    assertThat(ring.offer(4)).isEqualTo(Ring.LOCKED);
    assertThat(ring.poll()).isEqualTo(1);
  }

  @Test
  void numbersAreKnownOnlyWhileThereIsAShift() {
    assertThat(ring.isReceived(1)).isFalse();
    ring.open(10, true, true);
    assertThat(ring.isReceived(10)).isTrue();
    assertThat(ring.isReceived(11)).isFalse();
    ring.poll();
    assertThat(ring.isReceived(11)).isTrue();
    ring.hold();
    ring.close();
    assertThat(ring.isReceived(1)).isFalse();
  }

  @Test
  void itHasSlotsForWhatIsQueuedAndGrowsUnderTheLockOnly() {
    ring.open(0, true, true);
    assertThat(ring.offer(3)).isEqualTo(3);
    assertThat(ring.offer(4)).isEqualTo(4);
    assertThat(ring.offer(5)).isEqualTo(Ring.LOCKED);
    ring.poll();
    ring.hold();
    for (int next = 5; next <= 9; next++) {
      ring.add(next);
    }
    ring.open(0, true, true);
    assertThat(ring.offer(10)).isEqualTo(Ring.FULL);
    for (int next = 2; next <= 9; next++) {
      assertThat(ring.poll()).isEqualTo(next);
    }
    assertThat(ring.poll()).isNull();
  }

  @Test
  void whatTheLocksOwnerTookIsNotGivenAgain() {
    ring.open(0, true, true);
    assertThat(ring.poll()).isEqualTo(1);
    ring.hold();
    assertThat(ring.peek()).isEqualTo(2);
    assertThat(ring.remove()).isEqualTo(2);
    assertThat(ring.remove()).isNull();
    ring.open(0, true, true);
    assertThat(ring.poll()).isNull();
    assertThat(ring.offer(3)).isEqualTo(3);
    assertThat(ring.poll()).isEqualTo(3);
  }

  @Test
  void slotsAreUsedAgain() {
    Ring<Integer> small = new Ring<>(2, List.of());
    small.open(0, true, true);
    for (int i = 0; i < 100; i++) {
      assertThat(small.offer(i)).isEqualTo(i + 1);
      assertThat(small.poll()).isEqualTo(i);
    }
  }
}
