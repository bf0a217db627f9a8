package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A passage for one message at a time, and for one more that goes into a receiver's hand. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class MeetingTest {
  private static final int MANY = 20_000;

  private final Meeting<Integer> meeting = new Meeting<>(List.of());

  @Test
  void nobodyPassesWhileItIsHeld() {
    meeting.add(1);
    assertThat(meeting.offer(2)).isEqualTo(Passage.LOCKED);
    assertThat(meeting.poll()).isSameAs(meeting);
    assertThat(meeting.remove()).isEqualTo(1);
    assertThat(meeting.poll()).isSameAs(meeting);
  }

  @Test
  void aSideIsOpenedByItself() {
    meeting.open(10, true, false);
    assertThat(meeting.offer(1)).isEqualTo(11);
    assertThat(meeting.poll()).isSameAs(meeting);
    meeting.hold();
    meeting.open(10, false, true);
    assertThat(meeting.poll()).isEqualTo(1);
    assertThat(meeting.offer(2)).isEqualTo(Passage.LOCKED);
    assertThat(meeting.poll()).isNull();
  }

  @Test
  void thereIsRoomForOne() {
    meeting.open(10, true, true);
    assertThat(meeting.offer(1)).isEqualTo(11);
    assertThat(meeting.offer(2)).isEqualTo(Passage.FULL);
    assertThat(meeting.isReceived(11)).isFalse();
    assertThat(meeting.poll()).isEqualTo(1);
    assertThat(meeting.isReceived(11)).isTrue();
    assertThat(meeting.offer(2)).isEqualTo(12);
  }

  @Test
  void numbersAreKnownOnlyWhileThereIsAShift() {
    assertThat(meeting.isReceived(0)).isFalse();
    meeting.open(10, true, true);
    assertThat(meeting.isReceived(10)).isTrue();
    meeting.hold();
    meeting.close();
    assertThat(meeting.isReceived(10)).isFalse();
  }

  @Test
  void whatIsInAHandIsReceivedAndNobodyElseGetsIt() {
    assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "nobody spins");
    meeting.receivingSpin().parks();
    meeting.receivingSpin().signals(); // a short wait: the next one spins
    meeting.open(0, true, true);
    CompletableFuture<Object> hand = CompletableFuture.supplyAsync(this::holdOutHand);
    int given = 1;
    while (!meeting.isReceived(meeting.offer(given))) {
      assertThat(meeting.poll()).isEqualTo(given); // there was no hand
      given++;
    }
    assertThat(meeting.poll()).isNull();
    assertThat(meeting.offer(given + 1)).isEqualTo(given + 1);
    meeting.hold();
    assertThat(meeting.received()).isEqualTo(given);
    assertThat(meeting.remove()).isEqualTo(given + 1);
    assertThat(meeting.remove()).isNull();
    meeting.close();
    assertThat(hand.join()).isEqualTo(given);
  }

  // Who waits for room, or for a receipt, keeps the receivers' side held, and is to be signalled.
  @Test
  void nothingGoesIntoAHandWhileReceiversMayNotPass() {
    assumeTrue(Runtime.getRuntime().availableProcessors() > 1, "nobody spins");
    meeting.receivingSpin().parks();
    meeting.receivingSpin().signals();
    meeting.open(0, true, false);
    AtomicBoolean stop = new AtomicBoolean();
    CompletableFuture<Boolean> given =
        CompletableFuture.supplyAsync(
            () -> {
              boolean any = false;
              while (!stop.get()) {
                Object found = meeting.spinForMessage();
                any |= found != null && found != meeting;
              }
              return any;
            });
    for (int i = 1; i <= MANY; i++) {
      long number = meeting.offer(i);
      assertThat(meeting.isReceived(number)).isFalse();
      meeting.hold();
      assertThat(meeting.remove()).isEqualTo(i);
      meeting.open(0, true, false);
    }
    stop.set(true);
    assertThat(given.join()).isFalse();
  }

  @Test
  void aHandIsTakenBackWithWhatItGotMeanwhile() {
    meeting.open(0, true, true);
    CompletableFuture<Void> sent = CompletableFuture.runAsync(this::sendMany);
    for (int expected = 1; expected <= MANY; expected++) {
      Object message;
      do {
        message = meeting.spinForMessage(); // which does not spin: there was no short wait
        if (message == meeting) {
          message = meeting.poll();
        }
      } while (message == null || message == meeting); // the sender may have lost its processor
      assertThat(message).isEqualTo(expected);
    }
    sent.join();
    assertThat(meeting.poll()).isNull();
  }

  private void sendMany() {
    for (int i = 1; i <= MANY; i++) {
      long number;
      do {
        number = meeting.offer(i);
      } while (number == Passage.LOCKED);
      assertThat(number).isEqualTo(i);
      while (!meeting.isReceived(number)) {
        Thread.onSpinWait();
      }
    }
  }

  /** Takes what is offered to nobody else, so that all it gets is in its hand. */
  private Object holdOutHand() {
    Object found;
    do {
      found = meeting.spinForMessage();
    } while (found == null || found == meeting);
    return found;
  }
}
