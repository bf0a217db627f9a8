package io.libchan.transport.websocket.client;

import io.libchan.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * How a client asks for a WebSocket. Added by {@link io.libchan.Options.Builder#with}.
 *
 * <p>Thread-safe: immutable.
 */
public final class WebSocketClientOptions {
  /** Everything at its default. */
  public static final WebSocketClientOptions DEFAULTS = builder().build();

  private final @Nullable OkHttpClient client;
  private final List<Map.Entry<String, String>> headers;
  private final long maxMessageBytes;

  private WebSocketClientOptions(Builder from) {
    client = from.client;
    headers = List.copyOf(from.headers);
    maxMessageBytes = from.maxMessageBytes;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  static WebSocketClientOptions of(Options options) {
    WebSocketClientOptions found = options.find(WebSocketClientOptions.class);
    return found == null ? DEFAULTS : found;
  }

  /** The application's own client; null, the default: one of libchan's. */
  public @Nullable OkHttpClient client() {
    return client;
  }

  /** Headers of the request beyond those of WebSocket, in their order. */
  public List<Map.Entry<String, String>> headers() {
    return headers;
  }

  /**
   * How many bytes a message of the peer may have; 1 MiB by default. Messages are handed on as they
   * come and never kept, so this bounds no memory but what one message may mean; a larger one ends
   * the session with {@code LIMIT(websocket-message)}.
   */
  public long maxMessageBytes() {
    return maxMessageBytes;
  }

  /** Builds {@link WebSocketClientOptions}. Not thread-safe. */
  public static final class Builder {
    private @Nullable OkHttpClient client;
    private final List<Map.Entry<String, String>> headers = new ArrayList<>();
    private long maxMessageBytes = 1 << 20;

    private Builder() {}

    /**
     * Connects with the application's own client: its proxy, TLS, interceptors, authenticator,
     * cookies and name look-up. Its time-outs give way to those of {@link Options}; its TLS is used
     * instead of {@link io.libchan.tls.TlsOptions}. It is never shut down.
     */
    public Builder client(OkHttpClient value) {
      client = value;
      return this;
    }

    /**
     * Adds a header to the request, such as {@code Authorization}.
     *
     * @throws IllegalArgumentException if the header is one of WebSocket's own
     */
    public Builder header(String name, String value) {
      if (name.regionMatches(true, 0, "Sec-WebSocket-", 0, 14)
          || name.equalsIgnoreCase("Upgrade")
          || name.equalsIgnoreCase("Connection")) {
        throw new IllegalArgumentException(name + " is set by the transport");
      }
      headers.add(Map.entry(name, value));
      return this;
    }

    /** Sets {@link WebSocketClientOptions#maxMessageBytes()}, at least 1,024. */
    public Builder maxMessageBytes(long value) {
      if (value < 1024) {
        throw new IllegalArgumentException(value + " < 1024");
      }
      maxMessageBytes = value;
      return this;
    }

    /** The options. */
    public WebSocketClientOptions build() {
      return new WebSocketClientOptions(this);
    }
  }
}
