package io.libchan.transport.websocket.server;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.RequestAuthenticator;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.RequestAuthenticator.Answer.Admitted;
import io.libchan.RequestAuthenticator.Answer.Refused;
import io.libchan.RequestHead;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.websocket.internal.Wire;
import io.libchan.transport.websocket.server.jetty.ServerConnection;
import java.net.URI;
import java.security.Principal;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Decides which requests become connections, whoever the server is. Thread-safe. */
final class Gate {
  private static final System.Logger LOG = System.getLogger(Gate.class.getName());
  private static final int BAD_REQUEST = 400;
  private static final int FORBIDDEN = 403;
  private static final int UNAVAILABLE = 503;

  private final Options options;
  private final WebSocketServerOptions own;
  private final Acceptor acceptor;
  private volatile boolean closed;

  Gate(Options options, Acceptor acceptor) {
    this.options = options;
    own = WebSocketServerOptions.of(options);
    this.acceptor = acceptor;
  }

  /**
   * A request that is answered with an error instead.
   *
   * @param challenge the header {@code WWW-Authenticate}; empty for none
   */
  record Refusal(int status, String text, String challenge) {
    Refusal(int status, String text) {
      this(status, text, "");
    }
  }

  /**
   * Either what Jetty is to call for a request, or why it is refused. Blocks while the
   * application's authenticator does, for no longer than the handshake time-out.
   */
  record Decision(@Nullable ServerConnection connection, @Nullable Refusal refusal) {}

  /** Decides on a request. */
  Decision decide(PeerInfo peer, List<String> subprotocols, RequestHead head) {
    Refusal refusal = refusal(subprotocols, head.header("origin"), head.header("host"));
    RequestAuthenticator authenticator = options.requestAuthenticator();
    if (refusal != null) {
      return new Decision(null, refusal);
    }
    Principal proved = null;
    if (authenticator != null) {
      Answer answer = ask(authenticator, peer.by(head, null));
      if (answer instanceof Refused refused) {
        return new Decision(null, refusal(refused));
      }
      proved = ((Admitted) answer).principal();
    }
    return new Decision(
        new ServerConnection(peer.by(head, proved), options, own.maxMessageBytes(), acceptor),
        null);
  }

  private static Refusal refusal(Refused refused) {
    String text = refused.status() == 401 ? "who are you" : "not allowed";
    return new Refusal(refused.status(), text, refused.challenge());
  }

  private Answer ask(RequestAuthenticator authenticator, PeerInfo peer) {
    FutureTask<@Nullable Answer> task = new FutureTask<>(() -> authenticator.authenticate(peer));
    try {
      options.executor().execute(task);
      Answer answer = task.get(options.handshakeTimeout().toNanos(), TimeUnit.NANOSECONDS);
      return answer == null ? Answer.forbidden() : answer;
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      task.cancel(true);
      LOG.log(System.Logger.Level.WARNING, "refused " + peer + ": the authenticator failed", e);
      return Answer.forbidden();
    } catch (InterruptedException e) {
      task.cancel(true);
      Thread.currentThread().interrupt(); // the server stops
      return Answer.forbidden();
    }
  }

  private @Nullable Refusal refusal(
      List<String> subprotocols, @Nullable String origin, @Nullable String host) {
    if (closed) {
      return new Refusal(UNAVAILABLE, "this endpoint is closed");
    }
    if (origin != null && !isAllowed(origin.toLowerCase(Locale.ROOT), host)) {
      return new Refusal(FORBIDDEN, "origin not allowed");
    }
    if (!subprotocols.contains(Wire.SUBPROTOCOL)) {
      return new Refusal(BAD_REQUEST, "the subprotocol " + Wire.SUBPROTOCOL + " is missing");
    }
    return null;
  }

  private boolean isAllowed(String origin, @Nullable String host) {
    Set<String> origins = own.origins();
    if (origins != null) {
      return origins.contains("*") || origins.contains(origin);
    }
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Refuses everybody from now on. */
  void close() {
    closed = true;
  }
}
