package io.libchan.transport.websocket.server;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.RequestHead;
import io.libchan.SessionHandler;
import io.libchan.transport.websocket.internal.Address;
import io.libchan.transport.websocket.internal.Wire;
import java.io.IOException;
import java.util.List;
import org.eclipse.jetty.ee10.websocket.server.JettyServerUpgradeRequest;
import org.eclipse.jetty.ee10.websocket.server.JettyServerUpgradeResponse;
import org.eclipse.jetty.ee10.websocket.server.JettyWebSocketServerContainer;
import org.jspecify.annotations.Nullable;

/**
 * Sessions at a path of a servlet context (Jakarta EE 10) that the application runs in Jetty, after
 * its filters:
 *
 * <pre>{@code
 * JettyWebSocketServletContainerInitializer.configure(context, (servlets, container) ->
 *     ServletEndpoint.listen(container, "/chat", options, session -> ...));
 * }</pre>
 *
 * <p>Needs the artifact {@code org.eclipse.jetty.ee10.websocket:jetty-ee10-websocket-jetty-server},
 * which this one does not bring along. The head of the request, with its cookies, is in {@link
 * PeerInfo#request()} for the {@link io.libchan.RequestAuthenticator} and the {@link
 * io.libchan.Authenticator}, the user of the servlet's own log-in in {@link PeerInfo#principal()}.
 */
public final class ServletEndpoint {
  private ServletEndpoint() {}

  /**
   * Runs the handler for each session that a peer opens at the path.
   *
   * @param path a path specification of Jetty within the context, such as {@code /chat}
   * @return closes and drains the sessions; its {@code uri} has the path alone. A closed one
   *     refuses further requests with 503
   */
  public static Listener listen(
      JettyWebSocketServerContainer container, String path, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return Endpoint.listen(
        path,
        options,
        handler,
        gate -> container.addMapping(path, (request, response) -> create(gate, request, response)));
  }

  private static @Nullable Object create(
      Gate gate, JettyServerUpgradeRequest request, JettyServerUpgradeResponse response)
      throws IOException {
    Gate.Decision decision = gate.decide(peer(request), request.getSubProtocols(), head(request));
    Gate.Refusal refusal = decision.refusal();
    if (refusal != null) {
      if (!refusal.challenge().isEmpty()) {
        response.setHeader("WWW-Authenticate", refusal.challenge());
      }
      response.sendError(refusal.status(), refusal.text());
      return null;
    }
    response.setAcceptedSubProtocol(Wire.SUBPROTOCOL);
    response.setExtensions(List.of());
    return decision.connection();
  }

  private static PeerInfo peer(JettyServerUpgradeRequest request) {
    return Peers.of(
        request.isSecure(),
        Address.text(request.getRemoteSocketAddress()),
        request.getUserPrincipal(),
        request.getCertificates());
  }

  private static RequestHead head(JettyServerUpgradeRequest request) {
    String query = request.getQueryString();
    String path = request.getHttpServletRequest().getRequestURI();
    return new RequestHead(path + (query == null ? "" : "?" + query), request.getHeaders());
  }
}
