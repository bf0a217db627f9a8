package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Lab.Parcel;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Messages are cut off by the reader without the port's lock, while the application receives and
 * closes: nothing is lost, doubled or counted wrongly.
 */
final class ReceivingRaceTest {
  private static final int ROUNDS = 200;
  private static final int MESSAGES = 300;

  private final Random random = new Random(1);

  /** A connection on which this thread is the reader, and bytes come in pieces of any size. */
  private final class Arriving {
    private final Lab lab = new Lab().greeted();
    private final Sender<Parcel> sender = lab.connecting.tryOpen("", Parcel.class, 64);
    private final Receiver<Parcel> receiver;

    Arriving() throws Exception {
      lab.run();
      receiver = lab.listening.tryAccept("", Parcel.class);
    }

    /** Sends until the receiver has enough. */
    void sendAll(CompletableFuture<Integer> receiving) throws Exception {
      int next = 0;
      while (!receiving.isDone()) {
        if (Thread.interrupted()) {
          throw new InterruptedException("after " + next + " messages"); // by the time-out
        }
        boolean sent = next < MESSAGES && trySend(next);
        next += sent ? 1 : 0;
        if (!sent || random.nextInt(20) == 0) {
          move();
        }
      }
    }

    private boolean trySend(int number) throws ChannelException {
      try {
        return sender.trySend(Parcel.of(text(number)));
      } catch (ChannelReset e) {
        assertThat(e.reason().code()).isEqualTo(ReasonCode.CANCELLED); // as asked
        return false;
      }
    }

    private void move() {
      lab.left.batch = 48 + random.nextInt(2000);
      lab.left.step();
      lab.right.step();
    }

    long unread() {
      lab.left.batch = 64 * 1024;
      lab.run();
      return lab.listening.memory().bytes();
    }
  }

  private static String text(int number) {
    return number + " ".repeat(number % 100);
  }

  /** Receives on a thread of its own; how many came, in order. */
  private static CompletableFuture<Integer> receive(Receiver<Parcel> receiver, int count) {
    CompletableFuture<Integer> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                for (int i = 0; i < count; i++) {
                  Parcel next = receiver.receive();
                  assertThat(next).isNotNull();
                  assertThat(next.text()).isEqualTo(text(i));
                }
                if (count < MESSAGES) {
                  receiver.close();
                }
                done.complete(count);
              } catch (Throwable e) {
                done.completeExceptionally(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  @Test
  void allIsReceivedInOrderAndNothingIsHeldAfterwards() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Arriving arriving = new Arriving();
      CompletableFuture<Integer> receiving = receive(arriving.receiver, MESSAGES);
      arriving.sendAll(receiving);
      assertThat(receiving.get(10, TimeUnit.SECONDS)).isEqualTo(MESSAGES);
      assertThat(arriving.unread()).isZero();
    }
  }

  @Test
  void nothingIsHeldAfterACloseInTheMiddle() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      Arriving arriving = new Arriving();
      int count = random.nextInt(MESSAGES);
      CompletableFuture<Integer> receiving = receive(arriving.receiver, count);
      arriving.sendAll(receiving);
      assertThat(receiving.get(10, TimeUnit.SECONDS)).isEqualTo(count);
      assertThat(arriving.unread()).isZero();
    }
  }
}
