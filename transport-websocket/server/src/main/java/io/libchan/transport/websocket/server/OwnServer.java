package io.libchan.transport.websocket.server;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.spi.Transport.Bound;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.websocket.internal.Address;
import io.libchan.transport.websocket.internal.Failures;
import io.libchan.transport.websocket.server.jetty.ServerConnection;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.WebSocketSessionListener;
import org.eclipse.jetty.websocket.server.ServerUpgradeRequest;
import org.eclipse.jetty.websocket.server.ServerUpgradeResponse;
import org.eclipse.jetty.websocket.server.ServerWebSocketContainer;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;
import org.jspecify.annotations.Nullable;

/**
 * A Jetty server for one path. When it is closed it only stops to accept; the server goes with its
 * last connection. Thread-safe.
 */
final class OwnServer implements WebSocketSessionListener {
  private static final System.Logger LOG = System.getLogger(OwnServer.class.getName());
  private static final int NOT_FOUND = 404;

  /** Many, as a thread waits while the application's authenticator decides. */
  private static final int MAX_THREADS = 200;

  private static final int MIN_THREADS = 4;

  private final Address address;
  private final Options options;
  private final WebSocketServerOptions own;
  private final Gate gate;
  private final Server server;
  private final Listening connector;

  /** Each open WebSocket, and the listener itself. */
  private final Set<Object> users = ConcurrentHashMap.newKeySet();

  OwnServer(Address address, Options options, Acceptor acceptor) throws ConnectFailed {
    this.address = address;
    this.options = options;
    own = WebSocketServerOptions.of(options);
    gate = new Gate(options, connection -> accepted(connection, acceptor));
    QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, MIN_THREADS);
    threads.setName("libchan-websocket-" + address);
    threads.setDaemon(true);
    server = new Server(threads);
    connector = connector();
  }

  private Listening connector() throws ConnectFailed {
    HttpConfiguration http = new HttpConfiguration();
    http.setSendServerVersion(false);
    HttpConnectionFactory plain = new HttpConnectionFactory(http);
    ConnectionFactory[] factories = {plain};
    if (address.isTls()) {
      SecureRequestCustomizer secure = new SecureRequestCustomizer();
      secure.setSniHostCheck(false); // the client checks the name
      http.addCustomizer(secure);
      ServerTls tls = new ServerTls(TlsOptions.of(options));
      factories =
          new ConnectionFactory[] {new SslConnectionFactory(tls, plain.getProtocol()), plain};
    }
    Listening made = new Listening(server, factories);
    made.setHost(address.host());
    made.setPort(address.port());
    made.setAcceptQueueSize(own.backlog());
    made.setIdleTimeout(options.handshakeTimeout().toMillis()); // until there is a WebSocket
    return made;
  }

  Bound bind() throws ConnectFailed {
    server.addConnector(connector);
    // Not ConnectionLimit, which counts an upgraded connection once as it opens and twice as it
    // ends.
    server.addBean(new NetworkConnectionLimit(own.maxConnections(), server));
    server.setStopTimeout(0);
    server.setHandler(WebSocketUpgradeHandler.from(server, this::map));
    try {
      server.start();
    } catch (Exception e) {
      stop();
      throw Failures.notBound(address, e);
    }
    URI bound = address.withPort(connector.getLocalPort()).uri();
    users.add(this);
    return new Bound() {
      @Override
      public URI uri() {
        return bound;
      }

      @Override
      public void close() {
        gate.close();
        connector.close();
        leave(OwnServer.this);
      }
    };
  }

  private void map(ServerWebSocketContainer container) {
    container.addSessionListener(this);
    container.addMapping("/*", this::create);
  }

  private @Nullable Object create(
      ServerUpgradeRequest request, ServerUpgradeResponse response, Callback callback) {
    if (!request.getHttpURI().getPath().equals(address.path())) {
      Response.writeError(request, response, callback, NOT_FOUND);
      return null;
    }
    return JettyEndpoint.create(gate, request, response, callback);
  }

  /** Counted before anybody knows of it, so that the server outlives a listener closed at once. */
  private void accepted(Connection connection, Acceptor acceptor) {
    Session session = ((ServerConnection) connection).session();
    if (session != null) {
      users.add(session);
    }
    acceptor.accepted(connection);
  }

  @Override
  public void onWebSocketSessionClosed(Session session) {
    leave(session);
  }

  private void leave(Object user) {
    if (users.remove(user) && users.isEmpty()) {
      // Not on one of the server's own threads, whom it waits for.
      Thread stopping = new Thread(this::stop, "libchan-websocket-stop-" + address);
      stopping.setDaemon(true);
      stopping.start();
    }
  }

  private void stop() {
    try {
      server.stop();
    } catch (Exception e) {
      LOG.log(System.Logger.Level.WARNING, "the server at " + address + " does not stop", e);
    }
  }
}
