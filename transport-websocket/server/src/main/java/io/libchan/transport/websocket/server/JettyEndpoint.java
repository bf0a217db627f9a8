package io.libchan.transport.websocket.server;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.RequestHead;
import io.libchan.SessionHandler;
import io.libchan.transport.websocket.internal.Address;
import io.libchan.transport.websocket.internal.Wire;
import io.libchan.transport.websocket.server.jetty.ServerConnection;
import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.server.ServerUpgradeResponse;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;
import org.jspecify.annotations.Nullable;

/**
 * Sessions at a path of a Jetty server that the application runs, beside its other handlers:
 *
 * <pre>{@code
 * WebSocketUpgradeHandler sockets = WebSocketUpgradeHandler.from(server, container ->
 *     JettyEndpoint.listen(container, "/chat", options, session -> ...));
 * }</pre>
 *
 * <p>TLS, ports and threads are the server's. The head of the request, with its cookies, is in
 * {@link PeerInfo#request()} for the {@link io.libchan.RequestAuthenticator} and the {@link
 * io.libchan.Authenticator}.
 */
public final class JettyEndpoint {
  private JettyEndpoint() {}

  /**
   * Runs the handler for each session that a peer opens at the path.
   *
   * @param path a path specification of Jetty, such as {@code /chat} or {@code /rooms/*}
   * @return closes and drains the sessions; its {@code uri} has the path alone, as the address is
   *     the server's business. A closed one refuses further requests with 503
   */
  public static Listener listen(
      ServerWebSocketContainer container, String path, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return Endpoint.listen(
        path, options, handler, gate -> container.addMapping(path, creator(gate)));
  }

  private static org.eclipse.jetty.websocket.server.WebSocketCreator creator(Gate gate) {
    return (request, response, callback) -> create(gate, request, response, callback);
  }

  static @Nullable ServerConnection create(
      Gate gate, ServerUpgradeRequest request, ServerUpgradeResponse response, Callback callback) {
    Gate.Decision decision = gate.decide(peer(request), request.getSubProtocols(), head(request));
    Gate.Refusal refusal = decision.refusal();
    if (refusal != null) {
      if (!refusal.challenge().isEmpty()) {
        response.getHeaders().put(HttpHeader.WWW_AUTHENTICATE, refusal.challenge());
      }
      Response.writeError(request, response, callback, refusal.status(), refusal.text());
      return null;
    }
    response.setAcceptedSubProtocol(Wire.SUBPROTOCOL);
    response.setExtensions(List.of());
    return decision.connection();
  }

  private static PeerInfo peer(ServerUpgradeRequest request) {
    String address = Address.text(request.getConnectionMetaData().getRemoteSocketAddress());
    Request.AuthenticationState state = Request.getAuthenticationState(request);
    Principal principal = state == null ? null : state.getUserPrincipal();
    X509Certificate[] chain = null;
    if (request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE)
        instanceof EndPoint.SslSessionData tls) {
      chain = tls.peerCertificates();
    }
    return Peers.of(request.isSecure(), address, principal, chain);
  }

  private static RequestHead head(Request request) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    for (HttpField field : request.getHeaders()) {
      headers.computeIfAbsent(field.getName(), none -> new ArrayList<>()).add(field.getValue());
    }
    return new RequestHead(request.getHttpURI().getPathQuery(), headers);
  }
}
