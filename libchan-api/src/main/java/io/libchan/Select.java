package io.libchan;

import io.libchan.spi.Ends;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Waits for many channel ends at once, local and remote, and does one thing: receives one message,
 * or sends one.
 *
 * <pre>{@code
 * Select.select()
 *     .receive(jobs, job -> start(job))
 *     .send(results, result, () -> drop(result))
 *     .after(Duration.ofSeconds(5), () -> idle())
 *     .run();
 * }</pre>
 *
 * <p>Exactly one clause runs. Every other one leaves its channel as it was: nothing is taken from
 * it and nothing sent on it. Among several clauses that are ready chance decides, so that a busy
 * channel keeps no other one waiting for good; {@link #inOrder} prefers the earlier ones. Clauses
 * are looked at one after the other, not all in the same instant.
 *
 * <p><b>The end of a channel.</b> A clause whose channel has come to its clean end is taken out;
 * {@link #run} answers false once no clause with a channel is left. So this is the merge of two
 * channels, to the end of both:
 *
 * <pre>{@code
 * Select merge = Select.select().receive(left, out::send).receive(right, out::send);
 * while (merge.run()) {}
 * }</pre>
 *
 * <p>A channel that ended in another way makes {@code run} throw its {@link ChannelException}, at
 * every run. Where a clause has an {@code onEnd}, it is run instead, as the one thing that this run
 * does, once, with the reason of the end, clean or not; then the clause is taken out.
 *
 * <p><b>Sending.</b> A send clause is ready when the channel has room. With capacity 0 it is when a
 * receiver takes the message: it is offered while the select waits, and asked back before another
 * clause is looked at, which with a remote channel takes a round trip. Of several send clauses with
 * capacity 0 one is offered at a time, in turns of 1 to 100 ms or four round trips if that is more;
 * at once where a receiver in this process waits. What is attached to a message that came back is
 * the caller's again.
 *
 * <p><b>Again and again.</b> A select is built once and may be run any number of times. Clauses may
 * be added between runs and by handlers. Handlers run after everything is settled and may block and
 * use the channels, but can't run the same select.
 *
 * <p>Waiting takes no thread but the one that calls {@link #run}, which may be a virtual one; and
 * none at all by {@link io.libchan.async.Async#run}.
 *
 * <p>Not thread-safe: one run at a time, which is checked. Its channels may be used by anybody.
 */
public interface Select {
  /** A select without clauses. */
  static Select select() {
    return Ends.select();
  }

  /** What a clause does. What it throws comes out of {@link Select#run}. */
  @FunctionalInterface
  interface Action {
    /** Does it. */
    void run() throws ChannelException, InterruptedException;
  }

  /**
   * What a clause does with what it got. What it throws comes out of {@link Select#run}; the
   * message counts as received.
   *
   * @param <T> what it gets
   */
  @FunctionalInterface
  interface Handler<T> {
    /** Does it. */
    void handle(T value) throws ChannelException, InterruptedException;
  }

  /**
   * Receives a message.
   *
   * @throws IllegalArgumentException if this end is in the select already, or not made by this
   *     library
   */
  <T> Select receive(Receiver<T> receiver, Handler<? super T> onMessage);

  /**
   * Receives a message, or the end.
   *
   * @param onEnd gets the reason why the channel ended; {@link Reason#isEnd} tells the clean end
   * @throws IllegalArgumentException as {@link #receive(Receiver, Handler)}
   */
  <T> Select receive(
      Receiver<T> receiver, Handler<? super T> onMessage, Handler<? super Reason> onEnd);

  /**
   * Sends a message; in a select that runs again, the same one again.
   *
   * @param message the message; not null, and not to be changed any more
   * @throws IllegalArgumentException if this end is in the select already, or not made by this
   *     library
   */
  <T> Select send(Sender<T> sender, T message, Action onSent);

  /**
   * Sends a message, or learns that nobody will receive it.
   *
   * @param onEnd gets the reason for which the receiver cancelled, or the channel was lost
   * @throws IllegalArgumentException as {@link #send(Sender, Object, Action)}
   */
  <T> Select send(Sender<T> sender, T message, Action onSent, Handler<? super Reason> onEnd);

  /**
   * Sends the next message of a supplier, which is asked at most once in a run. Where it has none
   * ({@code null}) the clause takes no part in this run. A message that was not sent is dropped, so
   * this is how to send the messages of a queue:
   *
   * <pre>{@code select.sendNext(sender, queue::peek, queue::remove)}</pre>
   *
   * @param next called on the thread that runs the select; must not block
   * @throws IllegalArgumentException as {@link #send(Sender, Object, Action)}
   */
  <T> Select sendNext(Sender<T> sender, Supplier<? extends @Nullable T> next, Action onSent);

  /**
   * As {@link #sendNext(Sender, Supplier, Action)}, or learns that nobody will receive it.
   *
   * @param onEnd gets the reason for which the receiver cancelled, or the channel was lost
   * @throws IllegalArgumentException as {@link #send(Sender, Object, Action)}
   */
  <T> Select sendNext(
      Sender<T> sender,
      Supplier<? extends @Nullable T> next,
      Action onSent,
      Handler<? super Reason> onEnd);

  /**
   * What to do if no clause was ready in time. Taking back a message of capacity 0 may take one
   * round trip more, and if it was received after all, that clause has run instead.
   *
   * @param timeout how long a run waits; zero or less does not wait
   * @throws IllegalStateException if there is a time-out already
   */
  Select after(Duration timeout, Action onTimeout);

  /**
   * What to do if no clause is ready at once: the run does not wait. Then a time-out never comes,
   * and a send clause of capacity 0 is never ready, as with {@link Sender#trySend}.
   *
   * @throws IllegalStateException if there is one already
   */
  Select orElse(Action onNothingReady);

  /**
   * From now on, of several clauses that are ready the one that was added first is taken. A send
   * clause of capacity 0 is looked at last.
   */
  Select inOrder();

  /**
   * Waits until a clause is ready and runs it.
   *
   * @return whether one ran; false if nothing is left to wait for: every channel has come to its
   *     clean end, or was told by its {@code onEnd} to have ended, and then neither {@link #after}
   *     nor {@link #orElse} is run; or no supplier has a message and there is neither of the two
   * @throws ChannelException what {@link Receiver#receive()} or {@link Sender#send(Object)} throws
   *     for the clause that is ready, or its handler threw it; nothing was received or sent by any
   *     other clause
   * @throws InterruptedException if the thread is interrupted while waiting or before; nothing was
   *     taken and nothing sent. Or a handler threw it
   * @throws IllegalStateException if an end in it was closed here or sent away, or if this select
   *     is running already
   */
  boolean run() throws ChannelException, InterruptedException;
}
