package io.libchan.patterns;

import io.libchan.ChannelException;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.Sender;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A value that changes, and watchers that always get the newest one. What changed while a watcher
 * was busy is skipped: when it has received one value, the next is the newest there is.
 *
 * <p>What a watcher sees: the value there is when it begins to watch, if any; then newer ones, each
 * at most once and never an older one; after {@link #close} the last value, if it has not had it,
 * and the clean end. One that closes its end, or whose session is lost, is forgotten.
 *
 * <p>Thread-safe.
 *
 * @param <T> the type of the value
 */
public final class Latest<T> implements AutoCloseable {
  private final Executor executor;
  private final List<Watcher<T>> watchers = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();

  // Changed under lock only.
  private volatile Version<T> now = new Version<>(null, 0, null);

  /** What there is: a value, its number, and the reason once nothing newer comes. */
  record Version<T>(@Nullable T value, long number, @Nullable Reason end) {
    Version<T> next(@Nullable T newValue, @Nullable Reason newEnd) {
      if (end != null) {
        return this;
      }
      return newValue == null
          ? new Version<>(value, number, newEnd)
          : new Version<>(newValue, number + 1, null);
    }
  }

  /** No value yet. Values are encoded on {@link Options#executor()} of the defaults. */
  public Latest() {
    this(Options.DEFAULTS.executor());
  }

  /**
   * No value yet.
   *
   * @param executor where values are encoded; must not run tasks in the thread that hands them over
   */
  public Latest(Executor executor) {
    this.executor = executor;
  }

  /**
   * Sets the value. Never waits for a watcher.
   *
   * @param value not null, and not to be changed any more
   * @throws IllegalStateException if this object was closed
   */
  public void set(T value) {
    Objects.requireNonNull(value);
    if (!change(value, null)) {
      throw new IllegalStateException("closed: no value comes any more");
    }
  }

  /** Whether that was done: after the end nothing is. */
  private boolean change(@Nullable T value, @Nullable Reason end) {
    boolean done;
    lock.lock();
    try {
      done = now.end() == null;
      now = now.next(value, end);
    } finally {
      lock.unlock();
    }
    watchers.forEach(Watcher::look);
    return done;
  }

  /** The value; null before the first. */
  public @Nullable T get() {
    return now.value();
  }

  /**
   * Adds a watcher.
   *
   * @param watcher its end, from now on this object's
   * @throws IllegalArgumentException if the channel's capacity is not 1: a larger one would hold
   *     old values
   */
  public void watch(Sender<T> watcher) {
    if (watcher.capacity() != 1) {
      throw new IllegalArgumentException("capacity " + watcher.capacity() + ", not 1");
    }
    Watcher<T> added = new Watcher<>(watcher, () -> now, executor);
    watchers.add(added);
    added.look();
    // Whoever ended it; also how those are forgotten that were told the end.
    var unused = watcher.closed().thenRun(() -> watchers.remove(added));
  }

  /** How many watchers there are. */
  public int watchers() {
    return watchers.size();
  }

  /** No value comes any more; see the type's description. Never blocks; idempotent. */
  @Override
  public void close() {
    boolean unused = change(null, Reason.END);
  }

  /**
   * No value comes any more, and that is a failure.
   *
   * @param reason what watchers get after the last value, as a {@link ChannelException}; not the
   *     clean end
   */
  public void fail(Reason reason) {
    if (reason.isEnd()) {
      throw new IllegalArgumentException("a failure needs a reason other than the clean end");
    }
    boolean unused = change(null, reason);
  }
}
