package io.libchan.spi;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What a peer said when it opened a stream; its time runs. Thread-safe: immutable. */
final class ArrivedContext implements StreamContext {
  private static final int MAX_DIGITS = 15; // 30,000 years; more is not a deadline

  private final Map<Integer, String> headers;
  private final long arrivedNanos = System.nanoTime();
  private final long millis; // left when it arrived; negative: no deadline

  ArrivedContext(Map<Integer, String> headers) {
    this.headers = Map.copyOf(headers);
    millis = millis(headers.get(DEADLINE));
  }

  /** One that is not a number counts as none, rule CALL-7: it must not stop the work. */
  private static long millis(@Nullable String text) {
    boolean number =
        text != null
            && !text.isEmpty()
            && text.length() <= MAX_DIGITS
            && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? Long.parseLong(text) : -1;
  }

  @Override
  public Map<Integer, String> headers() {
    Map<Integer, String> now = new HashMap<>(headers);
    if (millis < 0) {
      now.remove(DEADLINE);
    } else {
      long passed = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - arrivedNanos);
      now.put(DEADLINE, Long.toString(Math.max(0, millis - passed)));
    }
    return now;
  }
}
