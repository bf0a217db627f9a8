package io.libchan;

import io.libchan.spi.Services;
import java.net.URI;

/**
 * The way in: connects and listens by URI. The scheme chooses the transport, found through {@link
 * java.util.ServiceLoader}.
 *
 * <p>Thread-safe.
 */
public final class Libchan {
  private Libchan() {}

  /** Connects with {@link Options#DEFAULTS}. */
  public static Session connect(String uri) throws ChannelException, InterruptedException {
    return connect(uri, Options.DEFAULTS);
  }

  /**
   * Connects to a listener and waits until the session is set up on both sides.
   *
   * @param uri such as {@code tcp://host:9323}, {@code tls://host:9323} or {@code inmem:name}
   * @throws ConnectFailed if no session can be set up, with the reason: unknown host, refused, bad
   *     certificate, time-out; nothing is left behind
   * @throws ChannelException if the peer refused or broke the protocol during its hello
   * @throws InterruptedException if the thread is interrupted; nothing is left behind
   * @throws IllegalArgumentException if the URI is malformed or no transport has its scheme; the
   *     message names the artifact to add
   */
  public static Session connect(String uri, Options options)
      throws ChannelException, InterruptedException {
    return Services.connect(URI.create(uri), options);
  }

  /**
   * Listens, and runs the handler for each session that a peer opens.
   *
   * @param uri as for {@link #connect(String, Options)}; port 0 takes a free one, see {@link
   *     Listener#uri()}
   * @throws ConnectFailed if the address can't be bound
   * @throws IllegalArgumentException as {@link #connect(String, Options)}
   */
  public static Listener listen(String uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return Services.listen(URI.create(uri), options, handler);
  }
}
