package io.libchan;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Why something ended: a code, a text for people, the node where it happened and the nodes that
 * passed it on. Rule CH-30.
 *
 * <p>A reason travels unchanged over any number of hops; each relay appends itself to {@code hops}
 * and nothing else. Texts are cut to {@value #MAX_TEXT_CHARS} characters and hop lists to {@value
 * #MAX_HOPS} entries so that a reason can never be used to fill memory.
 *
 * <p>Thread-safe: immutable.
 *
 * @param number the number of the {@link ReasonCode}, possibly one this version does not know
 * @param message what happened, for people, with the numbers that matter; may be empty
 * @param origin the name of the node where it happened; empty where unknown
 * @param hops the names of the nodes that relayed the reason, nearest to the origin first
 */
public record Reason(int number, String message, String origin, List<String> hops) {
  /** The longest text of a reason, in characters; longer texts are cut. */
  public static final int MAX_TEXT_CHARS = 1024;

  /** The most hops a reason keeps; later ones are left out. */
  public static final int MAX_HOPS = 16;

  /** The clean end of a channel. */
  public static final Reason END = of(ReasonCode.END, "");

  /** Cuts what is too long; see the type's description. */
  public Reason {
    message = cut(message);
    origin = cut(origin);
    hops = hops.size() > MAX_HOPS ? List.copyOf(hops.subList(0, MAX_HOPS)) : List.copyOf(hops);
  }

  /** A reason without origin or hops. */
  public static Reason of(ReasonCode code, String message) {
    return new Reason(code.number(), message, "", List.of());
  }

  /**
   * The reason for having hit a limit.
   *
   * @param limit the limit's name as in {@link Limits}, such as {@code session-memory}
   * @param detail what happened, with numbers
   */
  public static Reason limit(String limit, String detail) {
    return of(ReasonCode.LIMIT, limit + ": " + detail);
  }

  /** The code of {@link #number()}; {@link ReasonCode#UNKNOWN} for numbers without a name. */
  public ReasonCode code() {
    return ReasonCode.of(number);
  }

  /** Whether this is the clean end of a channel, which is not an error. */
  public boolean isEnd() {
    return number == ReasonCode.END.number();
  }

  /** This reason with an origin, unless it already has one. */
  public Reason from(String node) {
    return origin.isEmpty() ? new Reason(number, message, node, hops) : this;
  }

  /**
   * This reason as a node passes it on: with the node at the end of its hops, unless there are
   * {@value #MAX_HOPS} already.
   */
  public Reason via(String node) {
    if (isEnd() || node.isEmpty() || hops.size() >= MAX_HOPS) {
      return this;
    }
    List<String> longer = new ArrayList<>(hops);
    longer.add(node);
    return new Reason(number, message, origin, longer);
  }

  private static String cut(String text) {
    Objects.requireNonNull(text);
    if (text.length() <= MAX_TEXT_CHARS) {
      return text;
    }
    boolean splits = Character.isHighSurrogate(text.charAt(MAX_TEXT_CHARS - 1));
    return text.substring(0, splits ? MAX_TEXT_CHARS - 1 : MAX_TEXT_CHARS);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    ReasonCode code = code();
    text.append(code == ReasonCode.UNKNOWN ? "reason " + number : code.name());
    if (!message.isEmpty()) {
      text.append(": ").append(message);
    }
    if (!origin.isEmpty()) {
      text.append(" (from ").append(origin).append(')');
    }
    if (!hops.isEmpty()) {
      text.append(" via ").append(String.join(", ", hops));
    }
    return text.toString();
  }
}
