package io.libchan.testkit;

import io.libchan.ChannelException;
import io.libchan.Receiver;
import io.libchan.Sender;
import java.util.concurrent.TimeoutException;

/**
 * Both ends of one channel, wherever they are.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 * @param sender the sending end
 * @param receiver the receiving end
 */
public record ChannelPair<T>(Sender<T> sender, Receiver<T> receiver) {
  /** The next message, which must come within {@link Waits#BOUND} and before the end. */
  public T next() throws ChannelException, InterruptedException {
    return next(receiver);
  }

  /** Checks that the end comes next, within {@link Waits#BOUND}. */
  public void expectEnd() throws ChannelException, InterruptedException {
    expectEnd(receiver);
  }

  /** The next message of a receiver, which must come within {@link Waits#BOUND}. */
  public static <T> T next(Receiver<T> receiver) throws ChannelException, InterruptedException {
    try {
      T message = receiver.receive(Waits.BOUND);
      if (message == null) {
        throw new AssertionError("the channel ended before the message");
      }
      return message;
    } catch (TimeoutException e) {
      throw new AssertionError("no message within " + Waits.BOUND.toSeconds() + " s", e);
    }
  }

  /** Checks that the clean end of a receiver comes next, within {@link Waits#BOUND}. */
  public static void expectEnd(Receiver<?> receiver) throws ChannelException, InterruptedException {
    try {
      Object message = receiver.receive(Waits.BOUND);
      if (message != null) {
        throw new AssertionError("expected the end, not " + message);
      }
    } catch (TimeoutException e) {
      throw new AssertionError("no end within " + Waits.BOUND.toSeconds() + " s", e);
    }
  }

  /** What receiving throws next, within {@link Waits#BOUND}; messages before it are dropped. */
  public static <E extends ChannelException> E failure(Receiver<?> receiver, Class<E> type)
      throws InterruptedException {
    try {
      for (Object message = receiver.receive(Waits.BOUND);
          message != null;
          message = receiver.receive(Waits.BOUND)) {}
    } catch (ChannelException e) {
      if (type.isInstance(e)) {
        return type.cast(e);
      }
      throw new AssertionError("expected " + type.getSimpleName() + ", not " + e, e);
    } catch (TimeoutException e) {
      throw new AssertionError("no failure within " + Waits.BOUND.toSeconds() + " s", e);
    }
    throw new AssertionError("expected " + type.getSimpleName() + ", but the channel just ended");
  }
}
