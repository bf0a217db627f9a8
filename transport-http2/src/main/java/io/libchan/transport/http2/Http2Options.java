package io.libchan.transport.http2;

import io.libchan.Options;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.RequestHeaders;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * What is special to HTTP/2. Added by {@link io.libchan.Options.Builder#with}. Sockets have {@link
 * io.libchan.transport.netty.TcpOptions}, TLS has {@link io.libchan.tls.TlsOptions}.
 *
 * <p>Thread-safe: immutable.
 */
public final class Http2Options {
  /** Everything at its default. */
  public static final Http2Options DEFAULTS = builder().build();

  private final Carrier carrier;
  private final RequestHeaders headers;
  private final int maxConnections;
  private final int streamWindowBytes;
  private final int connectionWindowBytes;
  private final int maxConcurrentStreams;
  private final int maxHeaderListBytes;
  private final int maxResets;
  private final int maxContinuations;
  private final int maxQueuedControlFrames;
  private final int maxSessions;
  private final int maxPendingRequests;
  private final Duration idleTimeout;

  private Http2Options(Builder from) {
    carrier = from.carrier;
    headers = from.headers.build();
    maxConnections = from.maxConnections;
    streamWindowBytes = from.streamWindowBytes;
    connectionWindowBytes = from.connectionWindowBytes;
    maxConcurrentStreams = from.maxConcurrentStreams;
    maxHeaderListBytes = from.maxHeaderListBytes;
    maxResets = from.maxResets;
    maxContinuations = from.maxContinuations;
    maxQueuedControlFrames = from.maxQueuedControlFrames;
    maxSessions = from.maxSessions;
    maxPendingRequests = from.maxPendingRequests;
    idleTimeout = from.idleTimeout;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** What was added to these options, or else every default. */
  public static Http2Options of(Options options) {
    Http2Options found = options.find(Http2Options.class);
    return found == null ? DEFAULTS : found;
  }

  /**
   * How a client's streams ride on requests, unless the URI says it by {@code ?carrier=single} or
   * {@code ?carrier=streams}; STREAMS by default. A listener serves both.
   */
  public Carrier carrier() {
    return carrier;
  }

  /** What a client says in each request. */
  RequestHeaders headers() {
    return headers;
  }

  /** The content type of both directions; {@code application/octet-stream} by default. */
  public String contentType() {
    return headers.contentType();
  }

  /** How many TCP connections a client's session may have at once; 16 by default. */
  public int maxConnections() {
    return maxConnections;
  }

  /** What may be under way on one stream, in bytes; 1,048,576 by default. */
  public int streamWindowBytes() {
    return streamWindowBytes;
  }

  /** What may be under way on one TCP connection, in bytes; 16,777,216 by default. */
  public int connectionWindowBytes() {
    return connectionWindowBytes;
  }

  /**
   * How many requests a client may have open on one TCP connection, as announced and enforced by a
   * listener; 1,000 by default. More are reset with REFUSED_STREAM.
   */
  public int maxConcurrentStreams() {
    return maxConcurrentStreams;
  }

  /** The size of a message's headers in bytes; 16,384 by default. More are answered with 431. */
  public int maxHeaderListBytes() {
    return maxHeaderListBytes;
  }

  /**
   * How many requests a peer may reset, or make us reset, in 30 s; 200 by default, 0 for any
   * number. More end the TCP connection with ENHANCE_YOUR_CALM. Behind a proxy that shares a
   * connection among its clients it wants to be larger.
   */
  public int maxResets() {
    return maxResets;
  }

  /** How many small CONTINUATION frames one message's headers may have; 16 by default. */
  public int maxContinuations() {
    return maxContinuations;
  }

  /** How many answers to a peer that does not read may wait; 1,000 by default. */
  public int maxQueuedControlFrames() {
    return maxQueuedControlFrames;
  }

  /**
   * "sessions": how many sessions a listener has at once; 1,024 by default. Requests for more are
   * answered with 503.
   */
  public int maxSessions() {
    return maxSessions;
  }

  /**
   * "pending-requests": how many requests of a listener may wait for its {@link
   * io.libchan.RequestAuthenticator}; 256 by default. More are answered with 503.
   */
  public int maxPendingRequests() {
    return maxPendingRequests;
  }

  /** How long a TCP connection without a request stays open at a listener; 60 s by default. */
  public Duration idleTimeout() {
    return idleTimeout;
  }

  /** Builds {@link Http2Options}. Not thread-safe. */
  public static final class Builder {
    private Carrier carrier = Carrier.STREAMS;
    private final RequestHeaders.Builder headers = new RequestHeaders.Builder();
    private int maxConnections = 16;
    private int streamWindowBytes = 1024 * 1024;
    private int connectionWindowBytes = 16 * 1024 * 1024;
    private int maxConcurrentStreams = 1000;
    private int maxHeaderListBytes = 16 * 1024;
    private int maxResets = 200;
    private int maxContinuations = 16;
    private int maxQueuedControlFrames = 1000;
    private int maxSessions = 1024;
    private int maxPendingRequests = 256;
    private Duration idleTimeout = Duration.ofSeconds(60);

    private Builder() {}

    /** Sets {@link Http2Options#carrier()}. */
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
     * @param token gives the one that is valid now; called on any thread, must not block
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

    /** Sets {@link Http2Options#contentType()}. */
    public Builder contentType(String value) {
      headers.contentType(value);
      return this;
    }

    /** Sets {@link Http2Options#maxConnections()}, at least 1. */
    public Builder maxConnections(int value) {
      maxConnections = atLeast(1, value);
      return this;
    }

    /** Sets {@link Http2Options#streamWindowBytes()}, at least 524,288. */
    public Builder streamWindowBytes(int value) {
      streamWindowBytes = atLeast(io.libchan.spi.BodyConnection.MIN_WINDOW, value);
      return this;
    }

    /** Sets {@link Http2Options#connectionWindowBytes()}, at least 1,048,576. */
    public Builder connectionWindowBytes(int value) {
      connectionWindowBytes = atLeast(1024 * 1024, value);
      return this;
    }

    /** Sets {@link Http2Options#maxConcurrentStreams()}, at least 1. */
    public Builder maxConcurrentStreams(int value) {
      maxConcurrentStreams = atLeast(1, value);
      return this;
    }

    /** Sets {@link Http2Options#maxHeaderListBytes()}, at least 1,024. */
    public Builder maxHeaderListBytes(int value) {
      maxHeaderListBytes = atLeast(1024, value);
      return this;
    }

    /** Sets {@link Http2Options#maxResets()}. */
    public Builder maxResets(int value) {
      maxResets = atLeast(0, value);
      return this;
    }

    /** Sets {@link Http2Options#maxContinuations()}, at least 1. */
    public Builder maxContinuations(int value) {
      maxContinuations = atLeast(1, value);
      return this;
    }

    /** Sets {@link Http2Options#maxQueuedControlFrames()}, at least 16. */
    public Builder maxQueuedControlFrames(int value) {
      maxQueuedControlFrames = atLeast(16, value);
      return this;
    }

    /** Sets {@link Http2Options#maxSessions()}, at least 1. */
    public Builder maxSessions(int value) {
      maxSessions = atLeast(1, value);
      return this;
    }

    /** Sets {@link Http2Options#maxPendingRequests()}, at least 1. */
    public Builder maxPendingRequests(int value) {
      maxPendingRequests = atLeast(1, value);
      return this;
    }

    /** Sets {@link Http2Options#idleTimeout()}. */
    public Builder idleTimeout(Duration value) {
      if (value.isZero() || value.isNegative()) {
        throw new IllegalArgumentException("must be positive: " + value);
      }
      idleTimeout = value;
      return this;
    }

    /** The options. */
    public Http2Options build() {
      return new Http2Options(this);
    }

    private static int atLeast(int bound, int value) {
      if (value < bound) {
        throw new IllegalArgumentException(value + " < " + bound);
      }
      return value;
    }
  }
}
