package io.libchan.patterns;

import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.SessionLost;
import io.libchan.calls.Call;
import io.libchan.calls.CallContext;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Gives jobs to workers that register themselves: competing consumers, in this process or anywhere.
 * A worker sends the sending end of a channel of calls that it serves, see {@link
 * io.libchan.calls.Calls#serve}; jobs go round those that have room.
 *
 * <p>A worker whose channel ends is forgotten. A job that it had and did not answer goes to another
 * one; as nobody can know how far it got, a job may be done more than once, and should not mind. A
 * job that {@value #ATTEMPTS} workers in a row were lost with fails: it may be the job. An error
 * that a worker answered ({@link io.libchan.calls.CallFailed}) and a deadline are final.
 *
 * <p>Back-pressure: nothing is queued here but jobs whose worker was lost; {@link #submit} waits
 * for a worker with room. Jobs can't carry ends, as those are given away once.
 *
 * <p>Thread-safe.
 *
 * @param <J> the type of jobs
 * @param <R> the type of results
 */
public final class Workers<J, R> implements AutoCloseable {
  /** How many workers may be lost with one job: {@value}. */
  public static final int ATTEMPTS = 3;

  private static final Reason NEVER_BEGUN =
      Reason.of(ReasonCode.CANCELLED, "closed before a worker had the job");

  private final int jobsPerWorker;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final ArrayDeque<Worker<J, R>> workers = new ArrayDeque<>(); // the next one first
  private final ArrayDeque<Job<J, R>> orphans = new ArrayDeque<>();
  private boolean closed;

  /**
   * No workers yet.
   *
   * @param jobsPerWorker how many jobs one worker has at a time, at least 1
   */
  public Workers(int jobsPerWorker) {
    if (jobsPerWorker < 1) {
      throw new IllegalArgumentException("jobs per worker: " + jobsPerWorker);
    }
    this.jobsPerWorker = jobsPerWorker;
  }

  /** Registers a worker by the channel that it serves; the end is from now on this object's. */
  public void add(Sender<Call<J, R>> worker) {
    Worker<J, R> added = new Worker<>(worker);
    boolean late;
    lock.lock();
    try {
      late = closed;
      if (!late) {
        workers.addFirst(added);
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
    if (late) {
      worker.close();
      return;
    }
    var unused = worker.closed().thenRun(() -> forget(added));
    dispatch();
  }

  private void forget(Worker<J, R> gone) {
    lock.lock();
    try {
      workers.remove(gone);
    } finally {
      lock.unlock();
    }
  }

  /** How many workers there are. */
  public int size() {
    lock.lock();
    try {
      return workers.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives a job to a worker, waiting for one with room.
   *
   * <p>The future completes with the result; with {@link io.libchan.calls.CallFailed}; or with a
   * {@link io.libchan.ChannelException}. Cancelling it cancels the worker. The job belongs to the
   * {@link CallContext} of this thread, and inherits its deadline.
   *
   * @param job not null, and not to be changed any more
   * @throws InterruptedException if the thread is interrupted; no worker got the job
   * @throws IllegalStateException if this object was closed
   */
  public CompletableFuture<R> submit(J job) throws InterruptedException {
    try {
      return submit(job, Long.MAX_VALUE);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * As {@link #submit(Object)}, waiting no longer than a time for a worker.
   *
   * @param timeout how long to wait for room, not for the result
   * @throws TimeoutException if no worker had room in time; none got the job
   */
  public CompletableFuture<R> submit(J job, Duration timeout)
      throws InterruptedException, TimeoutException {
    return submit(job, timeout.toNanos());
  }

  private CompletableFuture<R> submit(J content, long nanos)
      throws InterruptedException, TimeoutException {
    Job<J, R> job = new Job<>(Objects.requireNonNull(content), CallContext.current());
    Worker<J, R> worker;
    long left = nanos;
    lock.lockInterruptibly();
    try {
      worker = orphans.isEmpty() ? take() : null;
      while (worker == null) {
        if (closed) {
          throw new IllegalStateException("closed: no job is taken any more");
        }
        if (left <= 0) {
          throw new TimeoutException();
        }
        left = changed.awaitNanos(left);
        worker = orphans.isEmpty() ? take() : null;
      }
    } finally {
      lock.unlock();
    }
    start(job, worker);
    dispatch();
    return job.result;
  }

  /** Takes a place at the next worker that has one; null if there is none. Guarded by lock. */
  private @Nullable Worker<J, R> take() {
    for (int i = workers.size(); i > 0 && !closed; i--) {
      Worker<J, R> next = workers.remove();
      workers.add(next);
      if (next.jobs < jobsPerWorker) {
        next.jobs++;
        return next;
      }
    }
    return null;
  }

  private void start(Job<J, R> job, Worker<J, R> worker) {
    if (worker.isGone()) {
      giveBack(job, worker); // it does not count as lost with this job
      return;
    }
    job.attempts++;
    CompletableFuture<R> call = worker.begin(job);
    CompletableFuture<?> unused =
        call.whenComplete((result, failure) -> ended(job, worker, result, failure));
    // Whoever gives the job up, gives the call up.
    CompletableFuture<?> unusedEnd =
        job.result.whenComplete(
            (result, failure) -> {
              call.cancel(false);
              dispatch(); // it may have been the one that the others wait behind
            });
  }

  private void giveBack(Job<J, R> job, Worker<J, R> gone) {
    boolean late;
    lock.lock();
    try {
      workers.remove(gone);
      late = closed;
      if (!late) {
        orphans.addFirst(job);
      }
    } finally {
      lock.unlock();
    }
    if (late) {
      job.result.completeExceptionally(new ChannelReset(NEVER_BEGUN));
    }
  }

  private void ended(
      Job<J, R> job, Worker<J, R> worker, @Nullable R result, @Nullable Throwable failure) {
    boolean again =
        failure != null && isLoss(failure) && job.attempts < ATTEMPTS && !job.result.isDone();
    lock.lock();
    try {
      worker.jobs--;
      if (failure != null && worker.isGone()) {
        workers.remove(worker);
      }
      again &= !closed;
      if (again) {
        orphans.add(job);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (failure == null && result != null) {
      job.result.complete(result);
    } else if (!again) {
      job.result.completeExceptionally(
          failure == null ? new NullPointerException("result") : failure);
    }
    dispatch();
  }

  /** Whether the worker, or the way to it, was lost; the job is as good as before. */
  private static boolean isLoss(Throwable failure) {
    return failure instanceof SessionLost
        || failure instanceof IllegalStateException // its channel is closed
        || (failure instanceof ChannelReset reset && reset.reason().code() != ReasonCode.DEADLINE);
  }

  /** Gives the jobs of lost workers to others that have room. */
  private void dispatch() {
    for (; ; ) {
      Job<J, R> job;
      Worker<J, R> worker;
      lock.lock();
      try {
        boolean left = orphans.removeIf(one -> one.result.isDone());
        worker = orphans.isEmpty() ? null : take();
        if (left || worker != null) {
          changed.signalAll();
        }
        if (worker == null) {
          return;
        }
        job = orphans.remove();
      } finally {
        lock.unlock();
      }
      start(job, worker);
    }
  }

  /**
   * Takes no more jobs and ends the channels of the workers, which see the clean end. Jobs that
   * workers have go on; those whose worker was lost fail with {@link ReasonCode#CANCELLED}. Never
   * blocks; idempotent.
   */
  @Override
  public void close() {
    List<Worker<J, R>> all;
    List<Job<J, R>> left;
    lock.lock();
    try {
      closed = true;
      all = new ArrayList<>(workers);
      left = new ArrayList<>(orphans);
      workers.clear();
      orphans.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    all.forEach(Worker::end);
    left.forEach(job -> job.result.completeExceptionally(new ChannelReset(NEVER_BEGUN)));
  }

  /** A job, until it is done. */
  static final class Job<J, R> {
    final J content;
    final CallContext context;
    final CompletableFuture<R> result = new CompletableFuture<>();
    int attempts; // only of the thread that has the job

    Job(J content, CallContext context) {
      this.content = content;
      this.context = context;
    }
  }
}
