package io.libchan.transport.netty;

import io.libchan.Options;
import io.netty.channel.IoEventLoopGroup;
import io.netty.handler.ssl.SslContext;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
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

  /** What may be spoken over a socket. */
  public enum Wire {
    /**
     * Wire 1, that of {@code tcp://} and {@code tls://}; the artifact libchan-transport-tcp-tls.
     */
    LIBCHAN("libchan-transport-tcp-tls"),
    /** The Go reference's, as with {@code spdy://}; the artifact libchan-transport-spdy. */
    SPDY("libchan-transport-spdy"),
    /** HTTP/2, as with {@code http://}; the artifact libchan-transport-http2. */
    HTTP2("libchan-transport-http2");

    private final String artifact;

    Wire(String artifact) {
      this.artifact = artifact;
    }

    /** The artifact of group {@code io.libchan} that speaks it. */
    public String artifact() {
      return artifact;
    }
  }

  private final Set<Wire> wires;
  private final int sendBufferBytes;
  private final int receiveBufferBytes;
  private final int backlog;
  private final boolean tcpNoDelay;
  private final int maxHandshakes;
  private final @Nullable IoEventLoopGroup eventLoops;
  private final @Nullable SslContext sslContext;

  private TcpOptions(Builder from) {
    wires = from.wires;
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

  /**
   * What a {@code tcp://} or {@code tls://} listener serves on its one port; {@link Wire#LIBCHAN}
   * alone by default. Other listeners, and whoever connects, don't look at it. Rules PORT-1 to
   * PORT-6.
   *
   * <ul>
   *   <li>With several, ALPN tells them apart, and the first bytes where there is none. A peer
   *       whose bytes are of none, or that does not tell within {@link Options#handshakeTimeout()},
   *       is closed; until then it counts among {@link #maxHandshakes()}. Programs of the Go
   *       reference send nothing before they open a channel: they have to within that time.
   *   <li>A session is what the listener of the wire's own scheme accepts, with its options, and
   *       {@link io.libchan.PeerInfo#transport()} is that scheme: {@code tcp}, {@code spdy} or
   *       {@code http}, or {@code tls}, {@code spdys} or {@code https}. HTTP/2 is served at the
   *       path of the listener's URI, {@code /} if there is none.
   *   <li>{@link Options#authenticator()} is asked on every wire, {@link
   *       Options#requestAuthenticator()} on HTTP/2 only. So listening throws {@link
   *       IllegalArgumentException} if there are other wires and the latter only.
   *   <li>Listening throws {@link IllegalArgumentException} if the artifact of a wire is missing,
   *       and names it.
   * </ul>
   */
  public Set<Wire> wires() {
    return wires;
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

  /**
   * The application's own event loops; null, the default: shared ones of this process. On its own,
   * nobody else writes sockets; on the shared ones, a sender's thread may, which is quicker.
   */
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
    private Set<Wire> wires = Set.of(Wire.LIBCHAN);
    private int sendBufferBytes;
    private int receiveBufferBytes;
    private int backlog = 1024;
    private boolean tcpNoDelay = true;
    private int maxHandshakes = 1024;
    private @Nullable IoEventLoopGroup eventLoops;
    private @Nullable SslContext sslContext;

    private Builder() {}

    /** Sets {@link TcpOptions#wires()}, at least one. */
    public Builder wires(Set<Wire> value) {
      if (value.isEmpty()) {
        throw new IllegalArgumentException("no wire");
      }
      wires = Collections.unmodifiableSet(EnumSet.copyOf(value));
      return this;
    }

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
