package io.libchan;

import io.libchan.spi.Codec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * How sessions behave, the same on every transport. A transport's own options (certificates,
 * proxies) are objects of its own type, added by {@link Builder#with}.
 *
 * <p>Thread-safe: immutable.
 */
public final class Options {
  /** Everything at its default. */
  public static final Options DEFAULTS = builder().build();

  private final Limits limits;
  private final @Nullable String codecName;
  private final @Nullable Codec codec;
  private final Duration connectTimeout;
  private final Duration handshakeTimeout;
  private final Duration keepAliveInterval;
  private final Duration keepAliveTimeout;
  private final Duration referenceTimeout;
  private final Duration closeTimeout;
  private final String nodeName;
  private final byte[] credentials;
  private final @Nullable Authenticator authenticator;
  private final @Nullable RequestAuthenticator requestAuthenticator;
  private final Executor executor;
  private final Executor pumps;
  private final @Nullable DescriptorPolicy descriptorPolicy;
  private final Map<Class<?>, Object> extras;

  private Options(Builder from) {
    limits = from.limits;
    codecName = from.codecName;
    codec = from.codec;
    connectTimeout = from.connectTimeout;
    handshakeTimeout = from.handshakeTimeout;
    keepAliveInterval = from.keepAliveInterval;
    keepAliveTimeout = from.keepAliveTimeout;
    referenceTimeout = from.referenceTimeout;
    closeTimeout = from.closeTimeout;
    nodeName = from.nodeName;
    credentials = from.credentials.clone();
    authenticator = from.authenticator;
    requestAuthenticator = from.requestAuthenticator;
    executor = from.executor;
    pumps = from.pumps;
    descriptorPolicy = from.descriptorPolicy;
    extras = Map.copyOf(from.extras);
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts from these options. */
  public Builder toBuilder() {
    Builder copy = new Builder();
    copy.limits = limits;
    copy.codecName = codecName;
    copy.codec = codec;
    copy.connectTimeout = connectTimeout;
    copy.handshakeTimeout = handshakeTimeout;
    copy.keepAliveInterval = keepAliveInterval;
    copy.keepAliveTimeout = keepAliveTimeout;
    copy.referenceTimeout = referenceTimeout;
    copy.closeTimeout = closeTimeout;
    copy.nodeName = nodeName;
    copy.credentials = credentials;
    copy.authenticator = authenticator;
    copy.requestAuthenticator = requestAuthenticator;
    copy.executor = executor;
    copy.pumps = pumps;
    copy.descriptorPolicy = descriptorPolicy;
    copy.extras.putAll(extras);
    return copy;
  }

  /** What a peer may cost. */
  public Limits limits() {
    return limits;
  }

  /** The name of the codec for channels opened here; null: msgpack, or the only one there is. */
  public @Nullable String codecName() {
    return codecName;
  }

  /** The codec object for channels opened here; null: found by {@link #codecName()}. */
  public @Nullable Codec codec() {
    return codec;
  }

  /** How long to wait for a connection; 10 s by default. */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /** How long the handshakes of transport and session may take; 5 s by default. */
  public Duration handshakeTimeout() {
    return handshakeTimeout;
  }

  /** After how much silence the peer is asked for a sign of life; 30 s by default. */
  public Duration keepAliveInterval() {
    return keepAliveInterval;
  }

  /** How long to wait for that sign before the session is lost; 10 s by default. */
  public Duration keepAliveTimeout() {
    return keepAliveTimeout;
  }

  /** How long a message waits for an attachment it names, and the reverse; 10 s by default. */
  public Duration referenceTimeout() {
    return referenceTimeout;
  }

  /** How long {@code close} waits for what was sent to be written; 5 s by default. */
  public Duration closeTimeout() {
    return closeTimeout;
  }

  /** The name this side gives itself in reasons and its hello; the host's name by default. */
  public String nodeName() {
    return nodeName;
  }

  /** What the connecting side shows to the listener's {@link Authenticator}; empty by default. */
  public byte[] credentials() {
    return credentials.clone();
  }

  /** Who decides on peers that connect; null admits everybody the transport lets through. */
  public @Nullable Authenticator authenticator() {
    return authenticator;
  }

  /**
   * Who decides on the HTTP requests of peers, on transports that have them; null admits every
   * request the transport lets through.
   */
  public @Nullable RequestAuthenticator requestAuthenticator() {
    return requestAuthenticator;
  }

  /** Where handlers run: virtual threads where the JDK has them, else daemon threads. */
  public Executor executor() {
    return executor;
  }

  /**
   * Where bytes are carried between the network and the {@code InputStream} and {@code
   * OutputStream} attachments that this library did not make, one task for each while it lives.
   * Daemon platform threads by default: reading a file or a terminal holds the carrier of a virtual
   * thread.
   */
  public Executor pumps() {
    return pumps;
  }

  /**
   * Whether open descriptors are passed where the transport can; null, the default: {@link
   * DescriptorPolicy#PREFER} with a peer of this process's own user, {@link DescriptorPolicy#NEVER}
   * with any other.
   */
  public @Nullable DescriptorPolicy descriptorPolicy() {
    return descriptorPolicy;
  }

  /** The options object of this type that a transport asked for; null where none was given. */
  public <O> @Nullable O find(Class<O> type) {
    return type.cast(extras.get(type));
  }

  /** Builds {@link Options}. Not thread-safe. */
  public static final class Builder {
    private Limits limits = Limits.DEFAULTS;
    private @Nullable String codecName;
    private @Nullable Codec codec;
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration handshakeTimeout = Duration.ofSeconds(5);
    private Duration keepAliveInterval = Duration.ofSeconds(30);
    private Duration keepAliveTimeout = Duration.ofSeconds(10);
    private Duration referenceTimeout = Duration.ofSeconds(10);
    private Duration closeTimeout = Duration.ofSeconds(5);
    private String nodeName = HostName.VALUE;
    private byte[] credentials = new byte[0];
    private @Nullable Authenticator authenticator;
    private @Nullable RequestAuthenticator requestAuthenticator;
    private Executor executor = Threads.SHARED;
    private Executor pumps = Threads.PLATFORM;
    private @Nullable DescriptorPolicy descriptorPolicy;
    private final Map<Class<?>, Object> extras = new HashMap<>();

    Builder() {}

    /** Sets {@link Options#limits()}. */
    public Builder limits(Limits value) {
      limits = Objects.requireNonNull(value);
      return this;
    }

    /** Sets {@link Options#codecName()}. */
    public Builder codec(String name) {
      codecName = Objects.requireNonNull(name);
      codec = null;
      return this;
    }

    /** Sets {@link Options#codec()}. */
    public Builder codec(Codec value) {
      codec = Objects.requireNonNull(value);
      codecName = value.name();
      return this;
    }

    /** Sets {@link Options#connectTimeout()}. */
    public Builder connectTimeout(Duration value) {
      connectTimeout = positive(value);
      return this;
    }

    /** Sets {@link Options#handshakeTimeout()}. */
    public Builder handshakeTimeout(Duration value) {
      handshakeTimeout = positive(value);
      return this;
    }

    /** Sets {@link Options#keepAliveInterval()} and {@link Options#keepAliveTimeout()}. */
    public Builder keepAlive(Duration interval, Duration timeout) {
      keepAliveInterval = positive(interval);
      keepAliveTimeout = positive(timeout);
      return this;
    }

    /** Sets {@link Options#referenceTimeout()}. */
    public Builder referenceTimeout(Duration value) {
      referenceTimeout = positive(value);
      return this;
    }

    /** Sets {@link Options#closeTimeout()}. */
    public Builder closeTimeout(Duration value) {
      closeTimeout = positive(value);
      return this;
    }

    /** Sets {@link Options#nodeName()}, at most 255 characters. */
    public Builder nodeName(String value) {
      if (value.length() > 255) {
        throw new IllegalArgumentException("node name of " + value.length() + " characters > 255");
      }
      nodeName = value;
      return this;
    }

    /** Sets {@link Options#credentials()}, at most 4,096 bytes. */
    public Builder credentials(byte[] value) {
      if (value.length > 4096) {
        throw new IllegalArgumentException("credentials of " + value.length + " bytes > 4096");
      }
      credentials = value.clone();
      return this;
    }

    /** Sets {@link Options#authenticator()}. */
    public Builder authenticator(Authenticator value) {
      authenticator = Objects.requireNonNull(value);
      return this;
    }

    /** Sets {@link Options#requestAuthenticator()}. */
    public Builder requestAuthenticator(RequestAuthenticator value) {
      requestAuthenticator = Objects.requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link Options#executor()}; it must run each task at once on a thread that may block.
     */
    public Builder executor(Executor value) {
      executor = Objects.requireNonNull(value);
      return this;
    }

    /** Sets {@link Options#pumps()}; it must run each task at once on a thread that may block. */
    public Builder pumps(Executor value) {
      pumps = Objects.requireNonNull(value);
      return this;
    }

    /** Sets {@link Options#descriptorPolicy()}. */
    public Builder descriptorPolicy(DescriptorPolicy value) {
      descriptorPolicy = Objects.requireNonNull(value);
      return this;
    }

    /** Adds a transport's own options; a second object of the same class replaces the first. */
    public Builder with(Object transportOptions) {
      extras.put(transportOptions.getClass(), transportOptions);
      return this;
    }

    /** The options. */
    public Options build() {
      return new Options(this);
    }

    private static Duration positive(Duration value) {
      if (value.isZero() || value.isNegative()) {
        throw new IllegalArgumentException("must be positive: " + value);
      }
      return value;
    }
  }
}
