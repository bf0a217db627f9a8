package io.libchan.calls;

import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.async.Async;
import io.libchan.async.AsyncSender;
import io.libchan.spi.Ends;
import io.libchan.spi.StreamContext;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Calls what is served at the other end of a channel. Any number of calls may be under way.
 *
 * <p>Every call belongs to the {@link CallContext} of the thread that makes it: it inherits the
 * deadline, or a shorter one given here, and the trace. Without a deadline a call waits for as long
 * as its session lives.
 *
 * <p>A call ends in one of three ways. With the answer. With {@link CallFailed}: the handler's
 * error. Or with a {@link ChannelException}: there is no answer, because the deadline passed
 * ({@link ChannelReset} with {@link ReasonCode#DEADLINE}), the session was lost ({@link
 * io.libchan.SessionLost}; whether the handler ran is unknown), the request or the answer could not
 * be carried, the service refused. Never with null.
 *
 * <p>What the other side sees: who gives up closes the reply channel, with {@link
 * ReasonCode#CANCELLED} or {@link ReasonCode#DEADLINE}, and the handler is interrupted.
 *
 * <p>Thread-safe.
 *
 * @param <Q> the type of requests
 * @param <A> the type of answers
 */
public final class Caller<Q, A> implements AutoCloseable {
  private static final Reason OVER = Reason.of(ReasonCode.CANCELLED, "the caller is done");
  private static final Reason INTERRUPTED =
      Reason.of(ReasonCode.CANCELLED, "the caller was interrupted");

  private final Sender<Call<Q, A>> calls;
  private final Executor executor;
  private final AsyncSender<Call<Q, A>> sending;
  private final Type replyType;

  /** A caller whose futures complete on {@link Options#executor()} of the defaults. */
  public Caller(Sender<Call<Q, A>> calls) {
    this(calls, Options.DEFAULTS.executor());
  }

  /**
   * A caller over a channel, which may be used by others as well.
   *
   * @param calls made with a type that tells the answers', such as {@code new TypeRef<Call<Add,
   *     Sum>>() {}}; else an answer is whatever the codec makes of it
   * @param executor where {@link #callAsync} encodes, decodes and completes futures; must not run
   *     tasks in the thread that hands them over
   * @throws IllegalArgumentException if the end was not made by this library
   */
  public Caller(Sender<Call<Q, A>> calls, Executor executor) {
    this.calls = calls;
    this.executor = executor;
    sending = Async.of(calls, executor);
    replyType = ReplyType.of(calls.type());
  }

  /**
   * Calls and waits for the answer, no longer than the context's deadline.
   *
   * @param request not null; ends inside it are given away as by {@link Sender#send(Object)}
   * @return the answer; never null
   * @throws CallFailed if the handler ended with an error
   * @throws ChannelException if there is no answer; see the type's description
   * @throws InterruptedException if the thread is interrupted; the handler is told
   * @throws IllegalStateException if the channel was closed here, or sent away
   */
  public A call(Q request) throws CallFailed, ChannelException, InterruptedException {
    return call(request, CallContext.current());
  }

  /**
   * As {@link #call(Object)}, for no longer than a time.
   *
   * @param timeout from now until the answer is here; the context's deadline counts if it is
   *     earlier. Zero or less sends nothing
   */
  public A call(Q request, Duration timeout)
      throws CallFailed, ChannelException, InterruptedException {
    return call(request, CallContext.current().withDeadline(timeout));
  }

  private A call(Q request, CallContext context)
      throws CallFailed, ChannelException, InterruptedException {
    Duration left = context.timeLeft();
    if (left != null && left.isZero()) {
      throw new ChannelReset(Deadline.passed());
    }
    Ends.Pair<Reply<A>> replies = Ends.memory(replyType, 1, context);
    Reason end = OVER;
    try {
      send(new Call<>(request, replies.sender()), context);
      return answer(receive(replies.receiver(), context));
    } catch (TimeoutException e) {
      end = Deadline.passed();
      throw new ChannelReset(end, e);
    } catch (InterruptedException e) {
      end = INTERRUPTED;
      throw e;
    } finally {
      replies.receiver().close(end);
    }
  }

  private void send(Call<Q, A> call, CallContext context)
      throws ChannelException, InterruptedException, TimeoutException {
    StreamContext before = StreamContext.bind(context.bound());
    try {
      Duration left = context.timeLeft();
      if (left == null) {
        calls.send(call);
      } else {
        calls.send(call, left);
      }
    } finally {
      StreamContext unused = StreamContext.bind(before);
    }
  }

  private static <A> @Nullable Reply<A> receive(Receiver<Reply<A>> replies, CallContext context)
      throws ChannelException, InterruptedException, TimeoutException {
    Duration left = context.timeLeft();
    return left == null ? replies.receive() : replies.receive(left);
  }

  static <A> A answer(@Nullable Reply<A> reply) throws CallFailed, ChannelException {
    if (reply == null) {
      throw new ChannelReset(
          Reason.of(ReasonCode.TRUNCATED, "CALL-5: the reply channel ended without a reply"));
    }
    Reply.Failure error = reply.error();
    if (error != null) {
      throw new CallFailed(error.reason());
    }
    return Objects.requireNonNull(reply.value());
  }

  /** As {@link #callAsync(Object, Duration)}, with no deadline but the context's. */
  public CompletableFuture<A> callAsync(Q request) {
    return callAsync(request, CallContext.current());
  }

  /**
   * Calls without waiting, and without a thread per call.
   *
   * <p>The future completes on the executor with the answer, or with what {@link #call(Object,
   * Duration)} throws. {@code cancel}, and completing it in any other way, gives the call up: a
   * request that did not leave yet is withdrawn, else the handler is told.
   *
   * @param request not null, and not to be changed any more
   * @param timeout as for {@link #call(Object, Duration)}
   */
  public CompletableFuture<A> callAsync(Q request, Duration timeout) {
    return callAsync(request, CallContext.current().withDeadline(timeout));
  }

  private CompletableFuture<A> callAsync(Q request, CallContext context) {
    Ends.Pair<Reply<A>> replies = Ends.memory(replyType, 1, context);
    Call<Q, A> call = new Call<>(request, replies.sender());
    AwaitedCall<A> awaited = new AwaitedCall<>(replies.receiver(), executor);
    Duration left = context.timeLeft();
    if (left != null && left.isZero()) {
      awaited.fail(new ChannelReset(Deadline.passed()));
      return awaited.future();
    }
    StreamContext before = StreamContext.bind(context.bound());
    try {
      awaited.await(sending.send(call), left == null ? null : Deadline.after(left));
    } finally {
      StreamContext unused = StreamContext.bind(before);
    }
    return awaited.future();
  }

  /** Closes the channel; calls that are under way still get their answers. */
  @Override
  public void close() {
    calls.close();
  }
}
