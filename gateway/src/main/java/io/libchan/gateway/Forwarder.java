package io.libchan.gateway;

import io.libchan.ByteStream;
import io.libchan.ConnectFailed;
import io.libchan.Session;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Listens here, and has a connection to the target made at the peer for each client. One thread
 * carries all of them.
 *
 * <p>What the client sees: it is connected at once, and may send; what it sends waits, at most 64
 * KiB of it, until the target is connected. Where there is no connection, it is reset. What the
 * other side sees: one dial for each client.
 *
 * <p>Thread-safe.
 */
public final class Forwarder implements Gateway {
  private final ListeningSocket listening;
  private final Address target;
  private final GatewayOptions options;
  private final Connections connections;
  private final Link link;

  private Forwarder(
      ListeningSocket listening,
      SessionSource sessions,
      boolean owned,
      Address target,
      GatewayOptions options) {
    this.listening = listening;
    this.target = target;
    this.options = options;
    connections = new Connections("forwarder", options);
    link = new Link(sessions, owned, options.executor());
    connections.loop().execute(this::accept);
  }

  /**
   * Listens for as long as one session lasts; clients that come later are reset.
   *
   * @param local where to listen; port 0 takes a free one, a Unix socket must not exist
   * @param session stays the caller's
   * @param target as the other side's {@link Dialer} was told
   * @throws ConnectFailed if it can't listen there
   * @throws java.io.UncheckedIOException if the process has no descriptor left
   */
  public static Forwarder listen(
      Address local, Session session, Address target, GatewayOptions options) throws ConnectFailed {
    return new Forwarder(ListeningSocket.at(local), () -> session, false, target, options);
  }

  /**
   * As {@link #listen(Address, Session, Address, GatewayOptions)}, with a session that is made when
   * the first client comes, and again for the next client after it was lost.
   *
   * @param sessions where sessions come from; they are closed with the forwarder
   */
  public static Forwarder listen(
      Address local, SessionSource sessions, Address target, GatewayOptions options)
      throws ConnectFailed {
    return new Forwarder(ListeningSocket.at(local), sessions, true, target, options);
  }

  /** Where it listens, with the real port where 0 was asked for. */
  public Address address() {
    return listening.address();
  }

  private void accept() {
    listening.accept(connections.loop(), this::accepted);
  }

  /** On the loop. */
  private void accepted(SocketChannel socket, String client) {
    ByteStream.Pair ends = ByteStream.pair();
    Splice splice = new Splice(connections, socket, ends.left(), client, target.toString(), true);
    if (connections.enter(splice) != null) {
      Sockets.reset(socket);
      return;
    }
    splice.start();
    CompletableFuture<?> unused =
        link.dial(new Dial(target.toString(), ends.right(), null), options.connectTimeout())
            .whenComplete(
                (dialed, failure) ->
                    splice.answered(failure == null ? null : Link.reason(failure)));
  }

  @Override
  public GatewayCounts counts() {
    return connections.counts();
  }

  @Override
  public List<GatewayConnection> connections() {
    return connections.snapshot();
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    listening.close(connections.loop());
    boolean empty = connections.drain(timeout);
    close();
    return empty;
  }

  /** As {@link Gateway#close}; then closes the sessions that it made, which may wait for them. */
  @Override
  public void close() {
    listening.close(connections.loop());
    connections.close();
    link.close();
  }
}
