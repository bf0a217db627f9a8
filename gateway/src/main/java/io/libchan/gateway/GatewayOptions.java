package io.libchan.gateway;

import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.PeerInfo;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * How a gateway behaves, at either side.
 *
 * <p>Thread-safe: immutable.
 */
public final class GatewayOptions {
  /** Everything at its default. */
  public static final GatewayOptions DEFAULTS = builder().build();

  private static final Set<String> SECURE = Set.of("tls", "https", "wss", "spdys");
  private static final int WINDOW_BYTES = 256 * 1024; // of a stream, as the wire has it
  private static final int QUEUED_BYTES = 128 * 1024;
  private static final int OTHER_STREAMS = 16;

  private final Duration connectTimeout;
  private final Duration idleTimeout;
  private final int maxConnections;
  private final boolean handsOver;
  private final Predicate<PeerInfo> peers;
  private final Executor executor;
  private final Consumer<ConnectionEnd> observer;

  private GatewayOptions(Builder from) {
    connectTimeout = from.connectTimeout;
    idleTimeout = from.idleTimeout;
    maxConnections = from.maxConnections;
    handsOver = from.handsOver;
    peers = from.peers;
    executor = from.executor;
    observer = from.observer;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * How long making a connection may take, from the client's to the target's; {@link
   * io.libchan.ReasonCode#DEADLINE} after it. 10 s by default; against targets that never answer.
   */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /**
   * "gateway-idle": how long a connection may be without a byte either way before it is reset. One
   * hour by default; against connections whose other end is gone without a word.
   */
  public Duration idleTimeout() {
    return idleTimeout;
  }

  /**
   * "gateway-connections": how many connections may be open at once, those being made included; one
   * more is refused. 512 by default; against the end of memory and descriptors.
   */
  public int maxConnections() {
    return maxConnections;
  }

  /**
   * Which peers a {@link Dialer} dials for; others get {@link io.libchan.ReasonCode#REFUSED}. By
   * default everybody over a transport without TLS, and over one with it those who showed a
   * certificate. Where an {@link io.libchan.Authenticator} decides on credentials, say {@code peer
   * -> true}.
   */
  public Predicate<PeerInfo> peers() {
    return peers;
  }

  /**
   * Whether a dialing side hands the connected socket itself over to a peer that asks for it, where
   * the session passes descriptors; true by default. Then no byte goes through this process, and
   * none of its limits, figures and ends hold for the connection any more.
   */
  public boolean handsOver() {
    return handsOver;
  }

  /** Where names are looked up, sessions made and dials sent; it may block. */
  public Executor executor() {
    return executor;
  }

  /** Is told the end of each connection, on the executor; nobody by default. */
  public Consumer<ConnectionEnd> observer() {
    return observer;
  }

  /**
   * The limits for a session that carries as many connections as may be open: streams, as many
   * bytes of memory as they may hold when nobody reads, and no more than 128 KiB queued for each.
   *
   * @param base what else counts, and the least
   */
  public Limits limits(Limits base) {
    // A reply channel for each dial beside its byte stream.
    long streams = Math.min(Integer.MAX_VALUE, 2L * maxConnections + OTHER_STREAMS);
    long windows = (long) WINDOW_BYTES * maxConnections;
    // A quarter of all is what windows may grow by. Rule MUX-22.
    long bytes = Math.min(Integer.MAX_VALUE, windows + windows / 3 + 1);
    return base.withMaxStreams(Math.max(base.maxStreams(), (int) streams))
        .withMaxPendingReferences(Math.max(base.maxPendingReferences(), (int) streams))
        .withMaxSessionBytes(Math.max(base.maxSessionBytes(), (int) bytes))
        .withMaxQueuedBytes(Math.min(base.maxQueuedBytes(), QUEUED_BYTES));
  }

  private static boolean isProven(PeerInfo peer) {
    return !SECURE.contains(peer.transport()) || peer.principal() != null;
  }

  /** Builds {@link GatewayOptions}. Not thread-safe. */
  public static final class Builder {
    private Duration connectTimeout = Duration.ofSeconds(10);
    private Duration idleTimeout = Duration.ofHours(1);
    private int maxConnections = 512;
    private boolean handsOver = true;
    private Predicate<PeerInfo> peers = GatewayOptions::isProven;
    private Executor executor = Options.DEFAULTS.executor();
    private Consumer<ConnectionEnd> observer = end -> {};

    Builder() {}

    /** Sets {@link GatewayOptions#connectTimeout()}. */
    public Builder connectTimeout(Duration value) {
      connectTimeout = positive(value);
      return this;
    }

    /** Sets {@link GatewayOptions#idleTimeout()}. */
    public Builder idleTimeout(Duration value) {
      idleTimeout = positive(value);
      return this;
    }

    /** Sets {@link GatewayOptions#maxConnections()}, at least 1. */
    public Builder maxConnections(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("gateway-connections must be at least 1, not " + value);
      }
      maxConnections = value;
      return this;
    }

    /** Sets {@link GatewayOptions#handsOver()}. */
    public Builder handsOver(boolean value) {
      handsOver = value;
      return this;
    }

    /** Sets {@link GatewayOptions#peers()}; it must be thread-safe. */
    public Builder peers(Predicate<PeerInfo> value) {
      peers = Objects.requireNonNull(value);
      return this;
    }

    /**
     * Sets {@link GatewayOptions#executor()}; it must run each task at once on a thread that may
     * block. That of {@link Options} by default.
     */
    public Builder executor(Executor value) {
      executor = Objects.requireNonNull(value);
      return this;
    }

    /** Sets {@link GatewayOptions#observer()}; it must be thread-safe. */
    public Builder observer(Consumer<ConnectionEnd> value) {
      observer = Objects.requireNonNull(value);
      return this;
    }

    /** The options. */
    public GatewayOptions build() {
      return new GatewayOptions(this);
    }

    private static Duration positive(Duration value) {
      if (value.isZero() || value.isNegative()) {
        throw new IllegalArgumentException("must be positive: " + value);
      }
      return value;
    }
  }
}
