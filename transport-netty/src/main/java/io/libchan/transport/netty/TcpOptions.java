package io.libchan.transport.netty;

import io.libchan.Options;
import io.netty.channel.IoEventLoopGroup;
import io.netty.handler.ssl.SslContext;
import org.jspecify.annotations.Nullable;

/**
 * What is special to TCP sockets, plain or under TLS, whatever is spoken over them. Added by {@link
 * io.libchan.Options.Builder#with}.
 *
 * <p>Thread-safe: immutable.
 */
public final class TcpOptions {
  /** Everything at its default. */
  public static final TcpOptions DEFAULTS = builder().build();

  private final int sendBufferBytes;
  private final int receiveBufferBytes;
  private final int backlog;
  private final boolean tcpNoDelay;
  private final int maxHandshakes;
  private final @Nullable IoEventLoopGroup eventLoops;
  private final @Nullable SslContext sslContext;

  private TcpOptions(Builder from) {
    sendBufferBytes = from.sendBufferBytes;
    receiveBufferBytes = from.receiveBufferBytes;
    backlog = from.backlog;
    tcpNoDelay = from.tcpNoDelay;
    maxHandshakes = from.maxHandshakes;
    eventLoops = from.eventLoops;
    sslContext = from.sslContext;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** What was added to these options, or else every default. */
  public static TcpOptions of(Options options) {
    TcpOptions found = options.find(TcpOptions.class);
    return found == null ? DEFAULTS : found;
  }

  /** Size of the kernel's send buffer in bytes; 0, the default, leaves it to the system. */
  public int sendBufferBytes() {
    return sendBufferBytes;
  }

  /** Size of the kernel's receive buffer in bytes; 0, the default, leaves it to the system. */
  public int receiveBufferBytes() {
    return receiveBufferBytes;
  }

  /** How many connections may wait to be accepted; 1,024 by default, the system may cut it. */
  public int backlog() {
    return backlog;
  }

  /** Whether small writes go out at once; true by default. */
  public boolean tcpNoDelay() {
    return tcpNoDelay;
  }

  /** How many accepted connections may be in their handshake at a time; 1,024 by default. */
  public int maxHandshakes() {
    return maxHandshakes;
  }

  /** The application's own event loops; null, the default: shared ones of this process. */
  public @Nullable IoEventLoopGroup eventLoops() {
    return eventLoops;
  }

  /**
   * Netty's TLS, for BoringSSL say, used instead of everything in {@link io.libchan.tls.TlsOptions}
   * but the check of the host name; null, the default: the JDK's.
   */
  public @Nullable SslContext sslContext() {
    return sslContext;
  }

  /** Builds {@link TcpOptions}. Not thread-safe. */
  public static final class Builder {
    private int sendBufferBytes;
    private int receiveBufferBytes;
    private int backlog = 1024;
    private boolean tcpNoDelay = true;
    private int maxHandshakes = 1024;
    private @Nullable IoEventLoopGroup eventLoops;
    private @Nullable SslContext sslContext;

    private Builder() {}

    /** Sets {@link TcpOptions#sendBufferBytes()}. */
    public Builder sendBufferBytes(int value) {
      sendBufferBytes = atLeast(0, value);
      return this;
    }

    /** Sets {@link TcpOptions#receiveBufferBytes()}. */
    public Builder receiveBufferBytes(int value) {
      receiveBufferBytes = atLeast(0, value);
      return this;
    }

    /** Sets {@link TcpOptions#backlog()}, at least 1. */
    public Builder backlog(int value) {
      backlog = atLeast(1, value);
      return this;
    }

    /** Sets {@link TcpOptions#tcpNoDelay()}. */
    public Builder tcpNoDelay(boolean value) {
      tcpNoDelay = value;
      return this;
    }

    /**
     * Sets {@link TcpOptions#eventLoops()}. They must be of NIO or epoll; they are never shut down
     * by libchan.
     */
    public Builder eventLoops(IoEventLoopGroup value) {
      eventLoops = value;
      return this;
    }

    /** Sets {@link TcpOptions#maxHandshakes()}, at least 1. */
    public Builder maxHandshakes(int value) {
      maxHandshakes = atLeast(1, value);
      return this;
    }

    /**
     * Sets {@link TcpOptions#sslContext()}, for clients or for servers as it was made. Authorities,
     * keys, protocols, ciphers and ALPN are then the application's business.
     */
    public Builder sslContext(SslContext value) {
      sslContext = value;
      return this;
    }

    /** The options. */
    public TcpOptions build() {
      return new TcpOptions(this);
    }

    private static int atLeast(int bound, int value) {
      if (value < bound) {
        throw new IllegalArgumentException(value + " < " + bound);
      }
      return value;
    }
  }
}
