package io.libchan.calls;

import io.libchan.Options;
import io.libchan.Reason;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How calls are served.
 *
 * <p>Thread-safe: immutable.
 *
 * @param concurrency how many handlers run at once for one channel, at least 1; 64 by default. As
 *     many requests are taken from the channel and no more: the others wait there, then at the
 *     caller
 * @param executor where handlers run, and one task more that takes the requests; it must run each
 *     task at once on a thread that may block. By default that of {@link Options#executor()}:
 *     virtual threads where the JDK has them, else daemon threads
 * @param nodeName the origin of errors, as in {@link Options#nodeName()}
 * @param errors what the caller gets for an exception other than {@link CallFailed}; null, which is
 *     the default for all of them, gives {@link io.libchan.ReasonCode#FAILED} and a text that tells
 *     nothing of the exception, and logs it here
 */
public record ServeOptions(
    int concurrency, Executor executor, String nodeName, Translation errors) {
  /** Says what a caller gets to know of an exception. Must be thread-safe, and must not throw. */
  @FunctionalInterface
  public interface Translation {
    /** The error; null if the caller is to know nothing but that the handler failed. */
    @Nullable Reason translate(Exception failure);
  }

  /** Everything at its default. */
  public static final ServeOptions DEFAULTS =
      new ServeOptions(
          64, Options.DEFAULTS.executor(), Options.DEFAULTS.nodeName(), failure -> null);

  /** Checks the concurrency. */
  public ServeOptions {
    if (concurrency < 1) {
      throw new IllegalArgumentException("concurrency " + concurrency + " < 1");
    }
    Objects.requireNonNull(executor);
    Objects.requireNonNull(nodeName);
    Objects.requireNonNull(errors);
  }

  /** These options with another {@link #concurrency()}. */
  public ServeOptions withConcurrency(int value) {
    return new ServeOptions(value, executor, nodeName, errors);
  }

  /** These options with another {@link #executor()}. */
  public ServeOptions withExecutor(Executor value) {
    return new ServeOptions(concurrency, value, nodeName, errors);
  }

  /** These options with another {@link #nodeName()}. */
  public ServeOptions withNodeName(String value) {
    return new ServeOptions(concurrency, executor, value, errors);
  }

  /** These options with another translation of {@link #errors()}. */
  public ServeOptions withErrors(Translation value) {
    return new ServeOptions(concurrency, executor, nodeName, value);
  }
}
