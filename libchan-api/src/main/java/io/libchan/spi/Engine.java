package io.libchan.spi;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.SessionHandler;
import java.net.URI;
import java.util.concurrent.CompletionStage;

/**
 * Runs sessions over connections. Found through {@link java.util.ServiceLoader}, so that neither
 * transports nor codecs see it.
 *
 * <p>Thread-safe.
 */
public interface Engine {
  /** Connects by a transport and waits for the session; see {@link io.libchan.Libchan#connect}. */
  Session connect(Transport transport, URI uri, Options options)
      throws ChannelException, InterruptedException;

  /** Listens by a transport; see {@link io.libchan.Libchan#listen}. */
  Listener listen(Transport transport, URI uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException;

  /**
   * Runs a session over a connection that exists already. Never blocks.
   *
   * @param connecting whether this side is the connecting one
   * @return the session once both sides said hello, or a {@link ChannelException}
   */
  CompletionStage<Session> start(
      Connection connection, boolean connecting, Options options, Environment environment);
}
