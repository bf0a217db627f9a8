package io.libchan.patterns;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.TypeRef;
import io.libchan.async.Async;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A channel that carries exactly one message: a promise. Its {@link #sender} is given to whoever is
 * to keep it, here or at a peer; this side waits, any number of times and in any number of threads.
 *
 * <p>It ends with the message, or with a {@link ChannelException} that tells why there is none: the
 * sender failed, its session was lost, or it ended the channel without a message ({@link
 * ReasonCode#TRUNCATED}).
 *
 * <p>What the other side sees: after its one message a further {@code send} fails with {@link
 * ReasonCode#CANCELLED}; so does the first, once this side has closed.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public final class OneShot<T> implements AutoCloseable {
  private static final Reason KEPT =
      Reason.of(ReasonCode.CANCELLED, "a one-shot channel takes one message");
  private static final Reason CLOSED =
      Reason.of(ReasonCode.CANCELLED, "nobody waits for the message any more");

  private final Channel<T> channel;
  private final CompletableFuture<T> message = new CompletableFuture<>();

  private OneShot(Channel<T> channel) {
    this.channel = channel;
    CompletableFuture<?> unused =
        Async.of(channel.receiver(), Options.DEFAULTS.executor())
            .receive()
            .whenComplete(this::arrived);
  }

  /** For a message of this type. */
  public static <T> OneShot<T> of(Class<T> type) {
    return new OneShot<>(Channel.of(type, 1));
  }

  /** For a message of a generic type. */
  public static <T> OneShot<T> of(TypeRef<T> type) {
    return new OneShot<>(Channel.of(type, 1));
  }

  /**
   * Keeps the promise behind a sender: sends the message and ends the channel. Does not wait, as
   * there is room for the one message.
   *
   * @throws ChannelException if nobody waits any more, or the message can't be sent; in the latter
   *     case the sender is still open
   * @throws InterruptedException if the thread is interrupted; nothing was sent
   */
  public static <T> void keep(Sender<T> sender, T message)
      throws ChannelException, InterruptedException {
    sender.send(message);
    sender.close();
  }

  private void arrived(@Nullable T arrived, @Nullable Throwable failure) {
    if (arrived != null) {
      message.complete(arrived);
    } else if (failure != null) {
      message.completeExceptionally(failure);
    } else {
      message.completeExceptionally(
          new ChannelReset(
              Reason.of(ReasonCode.TRUNCATED, "the channel ended without its message")));
    }
    channel.receiver().close(KEPT);
  }

  /** The end that sends the message; always the same object. */
  public Sender<T> sender() {
    return channel.sender();
  }

  /**
   * Waits for the message.
   *
   * @return the message; never null
   * @throws ChannelException if there will be none; the same exception for everybody who waits
   * @throws InterruptedException if the thread is interrupted; the message may still come
   */
  public T await() throws ChannelException, InterruptedException {
    try {
      return message.get();
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  /**
   * As {@link #await()}, for no longer than a time.
   *
   * @throws TimeoutException if it did not come in time; it may still come
   */
  public T await(Duration timeout) throws ChannelException, InterruptedException, TimeoutException {
    try {
      return message.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw failure(e);
    }
  }

  private static ChannelException failure(ExecutionException failure) {
    if (failure.getCause() instanceof ChannelException known) {
      return known;
    }
    return new ChannelReset(Reason.of(ReasonCode.INTERNAL, "can't receive"), failure.getCause());
  }

  /**
   * The message as a future, completed on {@link Options#executor()} of the defaults, or with the
   * {@link ChannelException}. What is done to it does nothing to this promise.
   */
  public CompletableFuture<T> future() {
    return message.copy();
  }

  /**
   * Waits no more: who waits gets {@link ReasonCode#CANCELLED}, and so does the sender. Does
   * nothing once the message is there. Never blocks.
   */
  @Override
  public void close() {
    if (message.completeExceptionally(new ChannelReset(CLOSED))) {
      channel.receiver().close(CLOSED);
    }
  }
}
