package io.libchan.async;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A future that its holder may give up, by {@code cancel} or by completing it in another way, only
 * while nothing was done for it: a message is never taken or sent for a future that says otherwise.
 *
 * <p>Life: <em>idle</em> in a queue; <em>busy</em>, while a turn works for it; <em>done</em>. An
 * idle one is given up at once. A busy one notes the wish, and the turn that ends its work says
 * what came first.
 *
 * <p>Thread-safe: the wish comes from any thread, everything else from turns.
 */
class Request<V extends @Nullable Object> extends CompletableFuture<V> {
  private static final Object IDLE = "idle";
  private static final Object BUSY = "busy";
  private static final Object DONE = "done";

  private final Serial work;
  private final Requests<?> queue;

  // IDLE, BUSY, DONE, or the wish of the one who gave up: a Runnable.
  private final AtomicReference<Object> state = new AtomicReference<>(IDLE);

  Request(Serial work, Requests<?> queue) {
    this.work = work;
    this.queue = queue;
  }

  // ---- the holder ----

  @Override
  public final boolean cancel(boolean mayInterruptIfRunning) {
    giveUp(() -> super.cancel(false));
    return isCancelled();
  }

  @Override
  public final boolean complete(@Nullable V value) {
    return giveUp(() -> super.complete(value));
  }

  @Override
  public final boolean completeExceptionally(Throwable failure) {
    return giveUp(() -> super.completeExceptionally(failure));
  }

  /** Whether that came first. */
  private boolean giveUp(Runnable wish) {
    if (state.compareAndSet(IDLE, DONE)) {
      queue.remove(this);
      work.schedule(); // there may be nothing left to wait for
      wish.run();
      return true;
    }
    if (state.compareAndSet(BUSY, wish)) {
      work.schedule();
    }
    return false;
  }

  // ---- the turns ----

  /** Begins to work for it; false if it is done. */
  final boolean begin() {
    return state.compareAndSet(IDLE, BUSY);
  }

  /** Puts it back into its queue, nothing having been done; false if it was given up meanwhile. */
  final boolean pause() {
    if (state.compareAndSet(BUSY, IDLE)) {
      return true;
    }
    surrender();
    return false;
  }

  /** Whether the holder wants it back. */
  final boolean isGivenUp() {
    return state.get() instanceof Runnable;
  }

  /** Lets the holder have its wish: nothing was done for this request. */
  final void surrender() {
    if (state.getAndSet(DONE) instanceof Runnable wish) {
      wish.run();
    }
  }

  final void finish(@Nullable V value) {
    state.set(DONE);
    super.complete(value);
  }

  final void fail(Throwable failure) {
    state.set(DONE);
    super.completeExceptionally(failure);
  }
}
