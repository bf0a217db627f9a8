package io.libchan.calls;

import io.libchan.Receiver;
import io.libchan.spi.Ends;

/**
 * Serves calls.
 *
 * <p>Thread-safe.
 */
public final class Calls {
  private Calls() {}

  /**
   * Serves with {@link ServeOptions#DEFAULTS}; see {@link #serve(Receiver, ServeOptions,
   * CallHandler)}.
   */
  public static <Q, A> Serving serve(
      Receiver<Call<Q, A>> calls, CallHandler<? super Q, ? extends A> handler) {
    return serve(calls, ServeOptions.DEFAULTS, handler);
  }

  /**
   * Runs the handler for each request that comes out of a channel, until that ends. Returns at
   * once.
   *
   * <p>Each request has a thread, and {@link CallContext#current()} there. What the caller gets:
   * the answer; or {@link CallFailed} for what the handler threw; or a {@link
   * io.libchan.ChannelException} with the reason why there is neither, such as {@link
   * io.libchan.ReasonCode#DEADLINE}. When the caller gives up, its session is lost, or the deadline
   * passes, the handler's thread is interrupted, and a reply that nobody wants is dropped.
   *
   * <p>A request that does not fit its type is answered by {@link io.libchan.ReasonCode#UNCLAIMED};
   * the channel goes on.
   *
   * @param calls the requests; from now on this call's, closed by it
   * @param options concurrency and threads
   * @param handler answers requests
   * @throws IllegalArgumentException if the end was not made by this library
   * @throws java.util.concurrent.RejectedExecutionException if the executor takes no task
   */
  public static <Q, A> Serving serve(
      Receiver<Call<Q, A>> calls,
      ServeOptions options,
      CallHandler<? super Q, ? extends A> handler) {
    Ends.port(calls); // refuses a foreign end now rather than later
    CallService<Q, A> service = new CallService<>(calls, options, handler);
    options.executor().execute(service);
    return service;
  }
}
