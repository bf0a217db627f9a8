package io.libchan.calls;

/**
 * Answers requests; see {@link Calls#serve}.
 *
 * <p>Must be thread-safe: it is called for several requests at the same time.
 *
 * @param <Q> the type of requests
 * @param <A> the type of answers
 */
@FunctionalInterface
public interface CallHandler<Q, A> {
  /**
   * Answers one request, on a thread of its own; it may block. {@link CallContext#current()} tells
   * the time left, the trace, and whether the caller still waits. When the caller gives up, is
   * lost, or the deadline passes, the thread is interrupted, and what the handler returns or throws
   * then is dropped.
   *
   * @param request never null
   * @return the answer; not null. Ends inside it are given away when it is sent; if the caller went
   *     away meanwhile they stay this side's, so long answers are better sent to an end that came
   *     with the request
   * @throws CallFailed to choose number and text that the caller gets
   * @throws Exception anything else: the caller gets {@link io.libchan.ReasonCode#FAILED} with a
   *     text that tells nothing, unless {@link ServeOptions#errors} knows better
   */
  A handle(Q request) throws Exception;
}
