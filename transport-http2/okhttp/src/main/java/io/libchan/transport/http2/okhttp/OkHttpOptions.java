package io.libchan.transport.http2.okhttp;

import io.libchan.Options;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.RequestHeaders;
import java.util.Objects;
import java.util.function.Supplier;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * How a client on OkHttp asks for a session. Added by {@link io.libchan.Options.Builder#with}; that
 * it is there chooses OkHttp where another transport connects to the same schemes.
 *
 * <p>Thread-safe: immutable.
 */
public final class OkHttpOptions {
  /** Everything at its default. */
  public static final OkHttpOptions DEFAULTS = builder().build();

  private final @Nullable OkHttpClient client;
  private final Carrier carrier;
  private final RequestHeaders headers;
  private final int maxRequests;

  private OkHttpOptions(Builder from) {
    client = from.client;
    carrier = from.carrier;
    headers = from.headers.build();
    maxRequests = from.maxRequests;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  static OkHttpOptions of(Options options) {
    OkHttpOptions found = options.find(OkHttpOptions.class);
    return found == null ? DEFAULTS : found;
  }

  /** The application's own client; null, the default: one of libchan's. */
  public @Nullable OkHttpClient client() {
    return client;
  }

  /**
   * How the session's streams ride on requests, unless the URI says it by {@code ?carrier=single}
   * or {@code ?carrier=streams}; STREAMS by default.
   */
  public Carrier carrier() {
    return carrier;
  }

  /** What is said in each request. */
  RequestHeaders headers() {
    return headers;
  }

  /** The content type of both directions; {@code application/octet-stream} by default. */
  public String contentType() {
    return headers.contentType();
  }

  /**
   * How many requests a session may have open at once; 1,024 by default. Each has a thread. With
   * fewer than the streams in use, further ones wait until others end.
   */
  public int maxRequests() {
    return maxRequests;
  }

  /** Builds {@link OkHttpOptions}. Not thread-safe. */
  public static final class Builder {
    private @Nullable OkHttpClient client;
    private Carrier carrier = Carrier.STREAMS;
    private final RequestHeaders.Builder headers = new RequestHeaders.Builder();
    private int maxRequests = 1024;

    private Builder() {}

    /**
     * Connects with the application's own client: its proxy, TLS, interceptors, event listeners,
     * cookies and name look-up. TLS is configured there only; without a client it is that of OkHttp
     * with the system's authorities. Its time-outs and pings give way to those of {@link Options};
     * connections and calls are not shared with it. It is never shut down.
     *
     * <p>Interceptors see each request, and must pass its body on as it is and not read the
     * answer's. As a body can't be sent twice, redirects are not followed and OkHttp's {@code
     * Authenticator} does not help: credentials go along from the start.
     */
    public Builder client(OkHttpClient value) {
      client = Objects.requireNonNull(value);
      return this;
    }

    /** Sets {@link OkHttpOptions#carrier()}. */
    public Builder carrier(Carrier value) {
      carrier = Objects.requireNonNull(value);
      return this;
    }

    /** Sends a bearer token with each request. */
    public Builder bearer(String token) {
      headers.bearer(token);
      return this;
    }

    /**
     * Sends a bearer token with each request.
     *
     * @param token gives the one that is valid now; called on any thread
     */
    public Builder bearer(Supplier<String> token) {
      headers.bearer(token);
      return this;
    }

    /**
     * Sends a user's name and password with each request, as a URI's {@code user:password@} does.
     *
     * @param user without a colon
     */
    public Builder basic(String user, String password) {
      headers.basic(user, password);
      return this;
    }

    /**
     * Adds a header to each request. Names are sent in lower case.
     *
     * @throws IllegalArgumentException if it is not a header that HTTP/2 can carry, or one that
     *     this transport sends itself
     */
    public Builder header(String name, String value) {
      headers.header(name, value);
      return this;
    }

    /** Sets {@link OkHttpOptions#contentType()}. */
    public Builder contentType(String value) {
      headers.contentType(value);
      return this;
    }

    /** Sets {@link OkHttpOptions#maxRequests()}, at least 8. */
    public Builder maxRequests(int value) {
      if (value < 8) {
        throw new IllegalArgumentException(value + " < 8");
      }
      maxRequests = value;
      return this;
    }

    /** The options. */
    public OkHttpOptions build() {
      return new OkHttpOptions(this);
    }
  }
}
