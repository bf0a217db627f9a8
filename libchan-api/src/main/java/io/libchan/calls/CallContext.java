package io.libchan.calls;

import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import io.libchan.spi.StreamContext;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a piece of work is part of: how much time is left for it, the trace it belongs to, and
 * whether anybody still wants it. Bound to the thread of a {@link CallHandler} while it runs.
 *
 * <p>What the other side sees: everything opened while a context is bound, by {@code Session.open},
 * by an end inside a message that is sent, or by a {@link Caller}, carries the time left and the
 * trace, and its handlers have a context of their own made from that. So a deadline goes on through
 * any number of calls and never grows, and every hop of a trace has the same trace id and a parent
 * id of its own. Rules CALL-7 to CALL-9.
 *
 * <p>The binding is a {@link ThreadLocal}: each thread, a virtual one too, has its own, and new
 * threads start without. {@link #wrap(Runnable)} carries a context to another thread; futures of
 * {@link io.libchan.async} and {@link Caller#callAsync} belong to the context of the thread that
 * asked for them.
 *
 * <p>Thread-safe.
 */
public final class CallContext implements StreamContext {
  /** No deadline, no trace, and never cancelled. */
  public static final CallContext NONE = new CallContext(null, null, null, new AtomicReference<>());

  private final @Nullable Deadline deadline;
  private final @Nullable TraceParent trace;
  private final @Nullable TraceParent caller;
  private final AtomicReference<@Nullable Reason> cancelled; // shared by what is derived

  private CallContext(
      @Nullable Deadline deadline,
      @Nullable TraceParent trace,
      @Nullable TraceParent caller,
      AtomicReference<@Nullable Reason> cancelled) {
    this.deadline = deadline;
    this.trace = trace;
    this.caller = caller;
    this.cancelled = cancelled;
  }

  /** The context bound to this thread; {@link #NONE} if there is none. */
  public static CallContext current() {
    return StreamContext.current() instanceof CallContext bound ? bound : NONE;
  }

  /**
   * The context that the channel of this end was opened with by the peer, or by a {@link Caller} in
   * this process. Its time has run since the channel arrived. Not bound to anything.
   */
  public static CallContext of(Sender<?> end) {
    return of(Ends.context(end));
  }

  /** As {@link #of(Sender)}, for the other end. */
  public static CallContext of(Receiver<?> end) {
    return of(Ends.context(end));
  }

  /** A step of its own in the trace. */
  private static CallContext of(StreamContext from) {
    Map<Integer, String> headers = from.headers();
    String left = headers.get(DEADLINE);
    String parent = headers.get(TRACEPARENT);
    TraceParent caller = parent == null ? null : TraceParent.parse(parent);
    return new CallContext(
        left == null ? null : Deadline.after(Duration.ofMillis(Long.parseLong(left))),
        caller == null ? null : caller.next(),
        caller,
        new AtomicReference<>());
  }

  /**
   * The time left; zero once the deadline has passed; null if there is no deadline. Never longer
   * than the caller's, if clocks run evenly: the way of the request here is the only part of it
   * that is not counted.
   */
  public @Nullable Duration timeLeft() {
    return deadline == null ? null : deadline.left();
  }

  /**
   * This step of the trace: its parent id is this handler's own, and what is opened carries it.
   * Null if there is no trace.
   */
  public @Nullable TraceParent trace() {
    return trace;
  }

  /** The step of the one who called; null if there is no trace, or it begins here. */
  public @Nullable TraceParent callerTrace() {
    return caller;
  }

  /**
   * Why the work is not wanted any more: the caller's reason, the session's if it was lost, {@link
   * io.libchan.ReasonCode#DEADLINE} once the deadline has passed. Null as long as it is wanted.
   */
  public @Nullable Reason cancelled() {
    Reason reason = cancelled.get();
    return reason == null && deadline != null && deadline.isPassed() ? Deadline.passed() : reason;
  }

  /** Whether the work is not wanted any more; see {@link #cancelled()}. */
  public boolean isCancelled() {
    return cancelled() != null;
  }

  /** Keeps the first reason. */
  void cancel(Reason reason) {
    cancelled.compareAndSet(null, reason);
  }

  /**
   * This context with a deadline so far from now, or its own where that is earlier. Cancelled
   * together with this one.
   *
   * @param time zero or less has passed at once
   */
  public CallContext withDeadline(Duration time) {
    Deadline earlier = Deadline.earlier(deadline, Deadline.after(time));
    return new CallContext(earlier, trace, caller, cancelled);
  }

  /** This context in a trace, from outside such as an HTTP request, or a new one. */
  public CallContext withTrace(TraceParent step) {
    return new CallContext(deadline, step, null, cancelled);
  }

  /** The task with this context bound while it runs, on whatever thread. */
  public Runnable wrap(Runnable task) {
    return () -> {
      StreamContext before = StreamContext.bind(bound());
      try {
        task.run();
      } finally {
        StreamContext unused = StreamContext.bind(before);
      }
    };
  }

  /** The task with this context bound while it runs, on whatever thread. */
  public <T> Callable<T> wrap(Callable<T> task) {
    return () -> {
      StreamContext before = StreamContext.bind(bound());
      try {
        return task.call();
      } finally {
        StreamContext unused = StreamContext.bind(before);
      }
    };
  }

  /** What is bound for it: nothing at all for {@link #NONE}. */
  StreamContext bound() {
    return this == NONE ? StreamContext.NONE : this;
  }

  /** The headers of a stream that is opened now; for the engine. */
  @Override
  public Map<Integer, String> headers() {
    Map<Integer, String> headers = new HashMap<>();
    if (deadline != null) {
      headers.put(DEADLINE, Long.toString(deadline.left().toMillis()));
    }
    if (trace != null) {
      headers.put(TRACEPARENT, trace.toString());
    }
    return headers;
  }

  @Override
  public String toString() {
    return "CallContext[timeLeft=" + timeLeft() + ", trace=" + trace + "]";
  }
}
