package io.libchan.stress;

import static io.libchan.stress.AtOnce.atOnce;
import static io.libchan.stress.AtOnce.check;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Ends;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.Lincheck;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Threads that meet at the passage of a channel in steady use, in many interleavings that
 * Lincheck's model checker chooses. A wake-up that is lost is a deadlock there.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
final class RingModelTest {
  private static final int INVOCATIONS = 5 * Integer.getInteger("libchan.stress.scale", 1);

  /** Warmed up, so that there is a passage. */
  private static Ends.Pair<Integer> channel(int capacity) {
    Ends.Pair<Integer> channel = SteadyChannel.of(capacity);
    try {
      if (capacity > 0) {
        channel.sender().send(0);
        channel.receiver().receive();
      }
    } catch (ChannelException | InterruptedException e) {
      throw new AssertionError(e);
    }
    return channel;
  }

  @Test
  void aReceiverThatParksIsWokenByWhoPasses() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Ends.Pair<Integer> channel = channel(2);
          AtomicInteger sum = new AtomicInteger();
          atOnce(
              () -> sum.addAndGet(channel.receiver().receive()),
              () -> sum.addAndGet(channel.receiver().receive()),
              () -> {
                channel.sender().send(1);
                channel.sender().send(2);
              });
          check(sum.get() == 3, "received " + sum);
        });
  }

  @Test
  void aSenderThatParksIsWokenByWhoPasses() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Ends.Pair<Integer> channel = channel(1);
          AtomicInteger sum = new AtomicInteger();
          atOnce(
              () -> channel.sender().send(1),
              () -> channel.sender().send(2),
              () -> {
                sum.addAndGet(channel.receiver().receive());
                sum.addAndGet(channel.receiver().receive());
              });
          check(sum.get() == 3, "received " + sum);
        });
  }

  @Test
  void aRendezvousEndsForBoth() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Ends.Pair<Integer> channel = channel(0);
          AtomicInteger received = new AtomicInteger();
          AtomicInteger sent = new AtomicInteger();
          atOnce(
              () -> {
                channel.sender().send(1);
                sent.incrementAndGet();
                channel.sender().send(2);
                sent.incrementAndGet();
              },
              () -> received.addAndGet(channel.receiver().receive()),
              () -> received.addAndGet(channel.receiver().receive()));
          check(sent.get() == 2 && received.get() == 3, sent + " sent, " + received + " received");
        });
  }

  @Test
  void aRendezvousSucceedsForBothOrForNeither() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Ends.Pair<Integer> channel = channel(0);
          AtomicInteger received = new AtomicInteger();
          AtomicInteger sent = new AtomicInteger();
          atOnce(
              () -> {
                try {
                  channel.sender().send(1);
                  sent.addAndGet(1);
                  channel.sender().send(2);
                  sent.addAndGet(2);
                } catch (ChannelException e) {
                  // The receiver's doing.
                }
              },
              () -> {
                try {
                  received.addAndGet(channel.receiver().receive());
                  received.addAndGet(channel.receiver().receive());
                } catch (IllegalStateException e) {
                  // Closed meanwhile.
                }
              },
              () -> channel.receiver().close(Reason.of(ReasonCode.CANCELLED, "enough")));
          check(sent.get() == received.get(), sent + " sent, " + received + " received");
        });
  }

  @Test
  void aCloseDropsWhatWasSentOrComesAfterIt() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Ends.Pair<Integer> channel = channel(2);
          AtomicInteger failed = new AtomicInteger();
          atOnce(
              () -> {
                try {
                  channel.sender().send(1);
                  channel.sender().send(2);
                  channel.sender().flush();
                } catch (ChannelException e) {
                  failed.incrementAndGet();
                }
              },
              () -> channel.receiver().close(Reason.of(ReasonCode.CANCELLED, "enough")));
          check(failed.get() == 1, "a flush after a close");
        });
  }

  @Test
  void theEndComesAfterWhatPassed() {
    Lincheck.runConcurrentTest(
        INVOCATIONS,
        () -> {
          Ends.Pair<Integer> channel = channel(2);
          AtomicInteger sum = new AtomicInteger();
          atOnce(
              () -> {
                channel.sender().send(1);
                channel.sender().send(2);
                channel.sender().close();
              },
              () -> {
                Integer next = channel.receiver().receive();
                while (next != null) {
                  sum.addAndGet(next);
                  next = channel.receiver().receive();
                }
              });
          check(sum.get() == 3, "received " + sum);
        });
  }
}
