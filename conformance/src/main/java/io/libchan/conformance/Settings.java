package io.libchan.conformance;

import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a run goes.
 *
 * <p>Thread-safe: immutable.
 *
 * @param patience how long one step waits for what must come; more than the peer's time-outs
 * @param jobs how many cases run at once against a peer that listens
 * @param rule the one rule to test, such as MUX-7, or group, such as MUX; null for all
 * @param trace who is told of cases and frames as they go; null for nobody
 */
public record Settings(
    Duration patience, int jobs, @Nullable String rule, @Nullable Consumer<String> trace) {
  /** Five seconds, eight at once, all rules, nobody told. */
  public static final Settings DEFAULTS = new Settings(Duration.ofSeconds(5), 8, null, null);
}
