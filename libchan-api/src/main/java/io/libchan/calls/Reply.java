package io.libchan.calls;

import io.libchan.Reason;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What came of a call: a value, or the error that the handler ended with. Exactly one of the two is
 * there. Rule CALL-3.
 *
 * <p>Thread-safe if the value is.
 *
 * @param <A> the type of answers
 * @param value the answer; null if there is an error
 * @param error why there is no answer; null if there is one
 */
public record Reply<A>(@Nullable A value, @Nullable Failure error) {
  /** Refuses a reply of neither or both. */
  public Reply {
    if ((value == null) == (error == null)) {
      throw new IllegalArgumentException("CALL-3: a reply is a value or an error");
    }
  }

  /** An answer. */
  static <A> Reply<A> of(A value) {
    return new Reply<>(Objects.requireNonNull(value), null);
  }

  /** An error. */
  static <A> Reply<A> failed(Reason why) {
    return new Reply<>(null, new Failure(why.number(), why.message(), why.origin()));
  }

  /**
   * The error of a handler, as it travels. Rule CALL-4.
   *
   * @param number of a {@link io.libchan.ReasonCode} other than the clean end, or of the
   *     application's own from 65,536
   * @param text for people; null is the same as empty
   * @param origin the node where the handler ran; null is the same as empty
   */
  public record Failure(int number, @Nullable String text, @Nullable String origin) {
    /** Refuses the number of the clean end, which is no error. */
    public Failure {
      if (number <= 0) {
        throw new IllegalArgumentException("CALL-4: error number " + number);
      }
    }

    Reason reason() {
      return new Reason(
          number,
          Objects.requireNonNullElse(text, ""),
          Objects.requireNonNullElse(origin, ""),
          List.of());
    }
  }
}
