package io.libchan.gateway;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Session;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Has connections made by a {@link Dialer} at the peer, for this program's own use.
 *
 * <p>Where the session passes descriptors, and the dialer lets it, a connection is the connected
 * socket itself: no other process carries its bytes, it outlives the session, and {@link
 * io.libchan.Descriptors#of} gives its descriptor. Else it is a byte stream through the session.
 * Reading, writing, half-close and the end are the same in both. Rule GW-9.
 *
 * <p>Thread-safe.
 */
public final class Connector implements AutoCloseable {
  private static final Reason GIVEN_UP =
      Reason.of(ReasonCode.CANCELLED, "the connection is not wanted any more");

  private final Link link;
  private final GatewayOptions options;

  private Connector(SessionSource sessions, boolean owned, GatewayOptions options) {
    link = new Link(sessions, owned, options.executor());
    this.options = options;
  }

  /**
   * A connector over one session.
   *
   * @param session stays the caller's
   */
  public static Connector over(Session session, GatewayOptions options) {
    return new Connector(() -> session, false, options);
  }

  /**
   * A connector over a session that is made for the first connection, and again for the next one
   * after it was lost.
   *
   * @param sessions where sessions come from; they are closed with the connector
   */
  public static Connector over(SessionSource sessions, GatewayOptions options) {
    return new Connector(sessions, true, options);
  }

  /**
   * Has a connection made, and waits for it.
   *
   * @param target as the dialer was told
   * @throws ChannelException why there is none, as in section 3 of the specification of gateways;
   *     no later than {@link GatewayOptions#connectTimeout()}
   * @throws InterruptedException if the thread is interrupted; the connection is given up
   */
  public ByteStream connect(Address target) throws ChannelException, InterruptedException {
    CompletableFuture<ByteStream> made = connectAsync(target);
    try {
      return made.get();
    } catch (InterruptedException e) {
      made.cancel(true);
      throw e;
    } catch (ExecutionException e) {
      throw ChannelException.of(Link.reason(e.getCause() == null ? e : e.getCause()));
    }
  }

  /**
   * As {@link #connect}, without waiting and without a thread per connection. The future fails with
   * a {@link ChannelException}; cancelling it gives the connection up.
   */
  public CompletableFuture<ByteStream> connectAsync(Address target) {
    ByteStream.Pair ends = ByteStream.pair();
    CompletableFuture<ByteStream> made = new CompletableFuture<>();
    CompletableFuture<?> unused =
        link.dial(new Dial(target.toString(), ends.right(), true), options.connectTimeout())
            .whenComplete((dialed, failure) -> answered(made, ends.left(), dialed, failure));
    var unusedEither =
        made.whenComplete(
            (end, failure) -> {
              if (failure != null) {
                ends.left().reset(GIVEN_UP); // the first reason counts
              }
            });
    return made;
  }

  private static void answered(
      CompletableFuture<ByteStream> made,
      ByteStream bytes,
      @Nullable Dialed dialed,
      @Nullable Throwable failure) {
    ByteStream socket = dialed == null ? null : dialed.socket();
    if (failure != null) {
      Reason reason = Link.reason(failure);
      bytes.reset(reason);
      made.completeExceptionally(ChannelException.of(reason));
    } else if (socket != null) {
      bytes.close();
      if (!made.complete(socket)) {
        socket.close();
      }
    } else {
      made.complete(bytes); // else it was reset
    }
  }

  /**
   * Takes no more; connections that were made go on as long as their session, or for themselves.
   * Closes the sessions that it made, which may wait for them.
   */
  @Override
  public void close() {
    link.close();
  }
}
