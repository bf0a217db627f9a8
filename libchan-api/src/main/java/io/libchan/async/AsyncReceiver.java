package io.libchan.async;

import io.libchan.Receiver;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Receives as futures; see {@link Async#of(Receiver, Executor)}.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public final class AsyncReceiver<T> {
  private final Receiver<T> receiver;
  private final Requests<Receiving> waiting = new Requests<>();
  private final Turns turns;

  AsyncReceiver(Receiver<T> receiver, Executor executor) {
    this.receiver = receiver;
    turns = new Turns(executor, Ends.port(receiver));
  }

  /**
   * Receives the next message, as {@link Receiver#receive()} does. Futures of one adapter are
   * served in the order asked for, however many there are; a waiting one costs memory only.
   *
   * <p>The future completes on the executor with the message; with {@code null} at the clean end;
   * or with what {@code receive} throws: {@link io.libchan.ChannelException}, after a {@link
   * io.libchan.MessageRejected} the next future goes on; {@link IllegalStateException} if the end
   * was closed here or sent away.
   *
   * <p>{@code cancel}, {@code orTimeout} and completing it otherwise give the future up: it then
   * takes no message. They answer false, and do nothing, if a message is being taken at this
   * moment; where that fails for lack of one, the future is given up all the same, a moment later.
   */
  public CompletableFuture<@Nullable T> receive() {
    Receiving request = new Receiving();
    waiting.add(request);
    turns.schedule();
    return request;
  }

  private final class Receiving extends Request<@Nullable T> {
    Receiving() {
      super(turns, waiting);
    }
  }

  private final class Turns extends Serial {
    private ReceivePort<T> port;
    private @Nullable Wake wake;

    Turns(Executor executor, ReceivePort<T> port) {
      super(executor);
      this.port = port;
    }

    @Override
    void turn() {
      Receiving request = waiting.first();
      while (request != null && serve(request)) {
        waiting.remove(request);
        request = waiting.first();
      }
      if (request != null) {
        await();
      } else {
        forget();
      }
    }

    /** Whether the request is done. */
    private boolean serve(Receiving request) {
      if (!request.begin()) {
        return true;
      }
      if (refusal() != null) {
        request.fail(refusal());
        return true;
      }
      T message;
      try {
        message = receiver.poll();
      } catch (Throwable e) {
        request.fail(e);
        return true;
      }
      if (message == null && !receiver.ended()) {
        return !request.pause();
      }
      request.finish(message);
      return true;
    }

    private void await() {
      if (wake == null || wake.isSignalled()) {
        wake = new Wake(this);
        port = Ends.port(receiver);
        port.await(wake);
      }
    }

    private void forget() {
      if (wake != null) {
        port.cancel(wake); // if it was signalled, the turn is another's
        wake = null;
      }
    }
  }
}
