package io.libchan.core.reference;

import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Environment;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import io.libchan.spi.Waiter;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Carries the messages of one port to another one where their wires share no bytes: each is decoded
 * and encoded again, with the ends that it carries. Ends and failures pass through, both ways.
 *
 * <p>It runs on a thread of the environment, as decoding runs foreign code, one turn at a time, and
 * never blocks. Thread-safe.
 *
 * @param <T> the message type
 */
public final class MessageRelay<T> implements Waiter {
  private final Environment environment;
  private final AtomicInteger owed = new AtomicInteger();

  // Only turns'.
  private ReceivePort<T> from;
  private SendPort<T> to;
  private @Nullable T message; // taken and not given on
  private boolean done;

  private MessageRelay(ReceivePort<T> from, SendPort<T> to, Environment environment) {
    this.from = from;
    this.to = to;
    this.environment = environment;
  }

  /** Joins two ports that nobody else uses any more. */
  public static <T> void join(ReceivePort<T> from, SendPort<T> to, Environment environment) {
    MessageRelay<T> relay = new MessageRelay<>(from, to, environment);
    to.adopt(0);
    to.adopted();
    to.onEnd(relay);
    relay.signal();
  }

  @Override
  public void signal() {
    if (owed.getAndIncrement() == 0) {
      environment.execute(this::turns);
    }
  }

  private void turns() {
    int seen = owed.get();
    do {
      turn();
      seen = owed.addAndGet(-seen);
    } while (seen != 0);
  }

  private void turn() {
    Reason over = to.ended();
    if (done) {
      return;
    }
    if (over != null) {
      done = true;
      from.close(over.isEnd() ? Reason.of(ReasonCode.CANCELLED, "the other side is closed") : over);
      return;
    }
    try {
      while (!done && moved()) {
        // as long as it goes
      }
    } catch (MessageRejected e) {
      end(e.reason()); // a message that is left out would be a silent loss
    } catch (ChannelException e) {
      end(e.reason());
    } catch (RuntimeException e) {
      end(Reason.of(ReasonCode.FAILED, "a message can't be sent on: " + e));
    }
  }

  private void end(Reason why) {
    done = true;
    from.close(why);
    to.close(why);
  }

  private boolean moved() throws ChannelException {
    if (message == null && !took()) {
      return false;
    }
    T next = message;
    if (next == null) {
      return true;
    }
    long number = to.trySend(next);
    if (number == SendPort.SUPERSEDED) {
      SendPort<T> after = to.successor();
      if (after == null) {
        throw ChannelException.of(Reason.of(ReasonCode.INTERNAL, "superseded by nothing"));
      }
      to = after;
      to.onEnd(this);
      return true;
    }
    if (number == SendPort.NO_ROOM) {
      to.awaitRoom(this);
      return false;
    }
    message = null;
    return true;
  }

  @SuppressWarnings("unchecked") // what is no None is a message
  private boolean took() throws ChannelException {
    Object polled = from.poll();
    if (polled == ReceivePort.None.EMPTY) {
      from.await(this);
      return false;
    }
    if (polled == ReceivePort.None.END) {
      done = true;
      to.close(Reason.END);
      return false;
    }
    if (polled == ReceivePort.None.SUPERSEDED) {
      ReceivePort<T> after = from.successor();
      if (after == null) {
        throw ChannelException.of(Reason.of(ReasonCode.INTERNAL, "superseded by nothing"));
      }
      from = after;
      return true;
    }
    message = (T) polled;
    return true;
  }
}
