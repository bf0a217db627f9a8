package io.libchan.transport.spdy;

import io.libchan.Options;
import io.libchan.spi.ReferenceDialect;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is special to sessions over SPDY. Added by {@link Options.Builder#with}.
 *
 * <p>Thread-safe: immutable.
 */
public final class SpdyOptions {
  /** Everything at its default. */
  public static final SpdyOptions DEFAULTS = builder().build();

  private final @Nullable ReferenceDialect dialect;
  private final Duration stallTimeout;

  private SpdyOptions(Builder from) {
    dialect = from.dialect;
    stallTimeout = from.stallTimeout;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** What was added to these options, or else every default. */
  static SpdyOptions of(Options options) {
    SpdyOptions found = options.find(SpdyOptions.class);
    return found == null ? DEFAULTS : found;
  }

  /**
   * The dialect; null, the default: that of the peer's first stream, and {@link
   * ReferenceDialect#HEAD} until there is one. Rule SPDY-7.
   */
  public @Nullable ReferenceDialect dialect() {
    return dialect;
  }

  /**
   * For how long a stream that nobody reads may keep the connection from being read, once as much
   * is unread as the limit named {@code session-memory} allows; then it is reset. 30 s by default.
   * Rule SPDY-11.
   */
  public Duration stallTimeout() {
    return stallTimeout;
  }

  /** Makes {@link SpdyOptions}. Not thread-safe. */
  public static final class Builder {
    private @Nullable ReferenceDialect dialect;
    private Duration stallTimeout = Duration.ofSeconds(30);

    private Builder() {}

    /** Sets {@link SpdyOptions#dialect()}. */
    public Builder dialect(ReferenceDialect value) {
      dialect = value;
      return this;
    }

    /** Sets {@link SpdyOptions#stallTimeout()}; it must be positive. */
    public Builder stallTimeout(Duration value) {
      if (value.isZero() || value.isNegative()) {
        throw new IllegalArgumentException("must be positive: " + value);
      }
      stallTimeout = value;
      return this;
    }

    /** The options. */
    public SpdyOptions build() {
      return new SpdyOptions(this);
    }
  }
}
