package io.libchan.transport.websocket.server;

import io.libchan.Options;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose WebSockets a server takes. Added by {@link io.libchan.Options.Builder#with}.
 *
 * <p>Thread-safe: immutable.
 */
public final class WebSocketServerOptions {
  /** Everything at its default. */
  public static final WebSocketServerOptions DEFAULTS = builder().build();

  private final @Nullable Set<String> origins;
  private final long maxMessageBytes;
  private final int backlog;
  private final int maxConnections;

  private WebSocketServerOptions(Builder from) {
    origins = from.origins == null ? null : Set.copyOf(from.origins);
    maxMessageBytes = from.maxMessageBytes;
    backlog = from.backlog;
    maxConnections = from.maxConnections;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  static WebSocketServerOptions of(Options options) {
    WebSocketServerOptions found = options.find(WebSocketServerOptions.class);
    return found == null ? DEFAULTS : found;
  }

  /**
   * The origins whose pages may connect, such as {@code https://example.org}; {@code *} is every
   * one. Null, the default: pages that come from this server itself, by the host they ask for. Only
   * browsers send an origin, so whoever sends none is let in: this protects users from foreign
   * pages, not the server from clients.
   */
  public @Nullable Set<String> origins() {
    return origins;
  }

  /**
   * How many bytes a message of the peer may have; 1 MiB by default. Messages are handed on as they
   * come and never kept, so this bounds no memory but what one message may mean; a larger one ends
   * the session with {@code LIMIT(websocket-message)}.
   */
  public long maxMessageBytes() {
    return maxMessageBytes;
  }

  /** How many connections may wait to be accepted; 1,024 by default. For a listener of its own. */
  public int backlog() {
    return backlog;
  }

  /**
   * How many connections there may be at a time, those that are still asking for a WebSocket
   * included; 65,536 by default. Above it none is accepted until one goes. For a listener of its
   * own.
   */
  public int maxConnections() {
    return maxConnections;
  }

  /** Builds {@link WebSocketServerOptions}. Not thread-safe. */
  public static final class Builder {
    private @Nullable Set<String> origins;
    private long maxMessageBytes = 1 << 20;
    private int backlog = 1024;
    private int maxConnections = 65_536;

    private Builder() {}

    /**
     * Lets pages of these origins connect, besides none but those given by further calls.
     *
     * @param values as browsers send them: scheme, host and, where it is not the default, port; or
     *     {@code *}
     */
    public Builder origins(String... values) {
      Set<String> known = origins == null ? new LinkedHashSet<>() : origins;
      for (String value : values) {
        known.add(value.toLowerCase(Locale.ROOT));
      }
      origins = known;
      return this;
    }

    /** Sets {@link WebSocketServerOptions#maxMessageBytes()}, at least 1,024. */
    public Builder maxMessageBytes(long value) {
      if (value < 1024) {
        throw new IllegalArgumentException(value + " < 1024");
      }
      maxMessageBytes = value;
      return this;
    }

    /** Sets {@link WebSocketServerOptions#backlog()}, at least 1. */
    public Builder backlog(int value) {
      if (value < 1) {
        throw new IllegalArgumentException(value + " < 1");
      }
      backlog = value;
      return this;
    }

    /** Sets {@link WebSocketServerOptions#maxConnections()}, at least 1. */
    public Builder maxConnections(int value) {
      if (value < 1) {
        throw new IllegalArgumentException(value + " < 1");
      }
      maxConnections = value;
      return this;
    }

    /** The options. */
    public WebSocketServerOptions build() {
      return new WebSocketServerOptions(this);
    }
  }
}
