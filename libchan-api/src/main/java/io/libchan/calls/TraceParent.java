package io.libchan.calls;

import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One step of a trace, as the header {@code traceparent} of W3C Trace Context (version 00) has it:
 * {@code 00-<trace id>-<parent id>-<flags>}.
 *
 * <p>Of the flags only <em>sampled</em> has a meaning, and only it is kept.
 *
 * <p>Thread-safe: immutable.
 *
 * @param traceId the whole trace: 32 hexadecimal digits in lower case, not all 0
 * @param parentId this step: 16 hexadecimal digits in lower case, not all 0
 * @param sampled whether the one who began the trace records it
 */
public record TraceParent(String traceId, String parentId, boolean sampled) {
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");
  private static final Pattern TRACE_ID = Pattern.compile("(?!0{32})[0-9a-f]{32}");
  private static final Pattern PARENT_ID = Pattern.compile("(?!0{16})[0-9a-f]{16}");

  /**
   * Checks the ids.
   *
   * @throws IllegalArgumentException if one is not of its form
   */
  public TraceParent {
    if (!TRACE_ID.matcher(traceId).matches() || !PARENT_ID.matcher(parentId).matches()) {
      throw new IllegalArgumentException("not ids of a trace: " + traceId + ", " + parentId);
    }
  }

  /** The first step of a new trace, with random ids. */
  public static TraceParent start(boolean sampled) {
    return new TraceParent(
        digits(random()) + digits(ThreadLocalRandom.current().nextLong()),
        digits(random()),
        sampled);
  }

  /**
   * Reads a header. Later versions are read as far as version 00 goes, as the standard asks.
   *
   * @return the step; null if the text is not a valid header, which is to be ignored
   */
  public static @Nullable TraceParent parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()
        || parts.group(1).equals("ff")
        || (parts.group(1).equals("00") && parts.group(5) != null)
        || !TRACE_ID.matcher(parts.group(2)).matches()
        || !PARENT_ID.matcher(parts.group(3)).matches()) {
      return null;
    }
    boolean sampled = (Integer.parseInt(parts.group(4), 16) & 1) != 0;
    return new TraceParent(parts.group(2), parts.group(3), sampled);
  }

  /** The next step of the same trace: another, random parent id. */
  public TraceParent next() {
    return new TraceParent(traceId, digits(random()), sampled);
  }

  /** Not 0. */
  private static long random() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long number = random.nextLong();
    while (number == 0) {
      number = random.nextLong();
    }
    return number;
  }

  private static String digits(long number) {
    return String.format(Locale.ROOT, "%016x", number);
  }

  /** The header's text, 55 characters. */
  @Override
  public String toString() {
    return "00-" + traceId + "-" + parentId + (sampled ? "-01" : "-00");
  }
}
