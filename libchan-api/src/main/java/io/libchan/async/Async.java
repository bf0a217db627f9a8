package io.libchan.async;

import io.libchan.Receiver;
import io.libchan.Select;
import io.libchan.Sender;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;

/**
 * Futures and flows over channel ends.
 *
 * <p>No call here blocks, and nothing that waits holds a thread. Everything that may run code of
 * the application's (decoding and encoding, the stages that depend on a future, a subscriber's
 * methods) runs on the executor given here; never on a thread of the connection, nor inside the
 * calls of this package. The executor must not run tasks in the thread that hands them over. What
 * it refuses fails with {@link java.util.concurrent.RejectedExecutionException}, on the common
 * pool.
 *
 * <p>The end stays the caller's: it may be used directly as well, then each message goes to one of
 * those who wait. Once it is closed here or sent away, what waits on it through an adapter fails
 * with {@link IllegalStateException}, as a blocked call would.
 *
 * <p>Thread-safe.
 */
public final class Async {
  private Async() {}

  /**
   * Receives as futures.
   *
   * @throws IllegalArgumentException if the end was not made by this library
   */
  public static <T> AsyncReceiver<T> of(Receiver<T> receiver, Executor executor) {
    return new AsyncReceiver<>(receiver, executor);
  }

  /**
   * Sends as futures.
   *
   * @throws IllegalArgumentException if the end was not made by this library
   */
  public static <T> AsyncSender<T> of(Sender<T> sender, Executor executor) {
    return new AsyncSender<>(sender, executor);
  }

  /**
   * Runs a select once, as {@link Select#run} does. Its handlers run on the executor; they may
   * block, and hold one of its threads as long.
   *
   * <p>The future completes on the executor when the run has ended, so the select may then be run
   * again: with true when a clause has run; with false if nothing is left to wait for; or with what
   * {@code run} throws.
   *
   * <p>{@code cancel}, {@code orTimeout} and completing it otherwise give the run up. The future
   * completes as wished a moment later, on the executor, if no clause is run: then nothing was
   * taken and nothing sent, and a message on offer has come back. If one is, the future completes
   * as that run does. So the answer of these calls says little: {@code cancel} tells whether the
   * future is cancelled already, the others answer false.
   *
   * @param select not to be changed until the future completes
   * @throws IllegalStateException if it is running already
   */
  public static CompletableFuture<Boolean> run(Select select, Executor executor) {
    return new AsyncSelect(select, executor).start();
  }

  /**
   * The messages of a channel, for one subscriber. A second one gets {@code onError} with {@link
   * IllegalStateException}.
   *
   * <p>A message is received only when the subscriber has asked for it, so the channel's
   * back-pressure is the subscriber's. The clean end is {@code onComplete}, without being asked
   * for. Everything else that ends the channel is {@code onError} with the {@link
   * io.libchan.ChannelException}; so is one single message that is rejected, as a flow can't go on
   * after an error. The end is then closed, and the sender told the reason. Use {@link
   * AsyncReceiver#receive} where one bad message must not end the channel. An end closed here or
   * sent away by others is {@code onError} with {@link IllegalStateException}.
   *
   * <p>{@code cancel} closes the end: the sender is told to stop. So does a subscriber that throws.
   *
   * @param executor where the subscriber is called, one signal at a time
   * @throws IllegalArgumentException if the end was not made by this library
   */
  public static <T> Flow.Publisher<T> publisher(Receiver<T> receiver, Executor executor) {
    return new ReceivingPublisher<>(receiver, executor);
  }

  /**
   * Sends what a publisher gives, for one subscription. A second one is cancelled.
   *
   * <p>Asks for as many messages as the channel has room for, 1 to 64, and for more as they leave.
   * {@code onComplete} closes the channel after them; {@code onError} fails it after them, with the
   * reason of a {@link io.libchan.ChannelException}, or {@link io.libchan.ReasonCode#FAILED} and
   * the error's text. When a message can't be sent, or the receiver cancels, the subscription is
   * cancelled and the channel ends with that reason.
   *
   * @param executor where messages are encoded and the subscription is called
   * @throws IllegalArgumentException if the end was not made by this library
   */
  public static <T> Flow.Subscriber<T> subscriber(Sender<T> sender, Executor executor) {
    return new SendingSubscriber<>(sender, executor);
  }
}
