package io.libchan.stress;

import static io.libchan.stress.AtOnce.atOnce;
import static io.libchan.stress.AtOnce.check;

import io.libchan.Channel;
import io.libchan.Select;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Selects that wait, in many interleavings that Lincheck's model checker chooses. A wake-up that is
 * lost is a deadlock there.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
final class SelectModelTest {
  private static final int INVOCATIONS = 5 * Integer.getInteger("libchan.stress.scale", 1);

  private static boolean isEmpty(Channel<Integer> channel) {
    try {
      return channel.receiver().poll() == null;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void oneOfTwoMessagesIsTaken() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Channel<Integer> left = Channel.of(Integer.class, 1);
          Channel<Integer> right = Channel.of(Integer.class, 1);
          AtomicInteger taken = new AtomicInteger();
          atOnce(
              Select.select()
                      .receive(left.receiver(), taken::addAndGet)
                      .receive(right.receiver(), taken::addAndGet)
                      .inOrder()
                  ::run,
              () -> left.sender().send(1),
              () -> right.sender().send(2));
          check(taken.get() == 1 || taken.get() == 2, "took " + taken);
          check(isEmpty(left) == (taken.get() == 1), "the left one, took " + taken);
          check(isEmpty(right) == (taken.get() == 2), "the right one, took " + taken);
        });
  }

  @Test
  void aWakeUpThatASelectDoesNotUseIsPassedOn() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Channel<Integer> left = Channel.of(Integer.class, 2);
          Channel<Integer> right = Channel.of(Integer.class, 1);
          atOnce(
              Select.select()
                      .receive(right.receiver(), message -> {})
                      .receive(left.receiver(), message -> {})
                      .inOrder()
                  ::run,
              () -> left.receiver().receive(),
              () -> {
                left.sender().send(1);
                right.sender().send(2);
                left.sender().send(3);
              });
        });
  }

  @Test
  void aMessageOnOfferIsTakenOrComesBack() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Channel<Integer> met = Channel.of(Integer.class, 0);
          Channel<Integer> other = Channel.of(Integer.class, 1);
          AtomicInteger sent = new AtomicInteger();
          AtomicInteger received = new AtomicInteger();
          AtomicInteger polled = new AtomicInteger();
          atOnce(
              Select.select()
                      .send(met.sender(), 1, sent::incrementAndGet)
                      .receive(other.receiver(), message -> received.incrementAndGet())
                      .inOrder()
                  ::run,
              () -> polled.addAndGet(met.receiver().poll() == null ? 0 : 1),
              () -> other.sender().send(2));
          check(sent.get() + received.get() == 1, sent + " sent, " + received + " received");
          check(polled.get() == sent.get(), polled + " polled, " + sent + " sent");
          check(isEmpty(met), "the offer is still there");
          check(isEmpty(other) == (received.get() == 1), "the other message");
        });
  }

  @Test
  void selectsThatFaceEachOtherComeTogether() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Channel<Integer> there = Channel.of(Integer.class, 0);
          Channel<Integer> back = Channel.of(Integer.class, 0);
          AtomicInteger sent = new AtomicInteger();
          AtomicInteger received = new AtomicInteger();
          atOnce(
              Select.select()
                      .send(there.sender(), 1, sent::incrementAndGet)
                      .receive(back.receiver(), message -> received.incrementAndGet())
                      .inOrder()
                  ::run,
              Select.select()
                      .send(back.sender(), 1, sent::incrementAndGet)
                      .receive(there.receiver(), message -> received.incrementAndGet())
                      .inOrder()
                  ::run);
          check(sent.get() == 1 && received.get() == 1, sent + " sent, " + received + " received");
          check(isEmpty(there) && isEmpty(back), "an offer is still there");
        });
  }
}
