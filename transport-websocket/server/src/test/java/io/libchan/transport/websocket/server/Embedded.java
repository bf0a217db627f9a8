package io.libchan.transport.websocket.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionHandler;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.ee10.websocket.server.config.JettyWebSocketServletContainerInitializer;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

/** The Jetty server of an application, with sessions at one path and a resource at another. */
final class Embedded implements Listener {
  enum Kind {
    CORE,
    SERVLET
  }

  static final String RESOURCE = "{\"answer\": 42}";

  final Server server = new Server();
  private final Listener inner;
  private final URI uri;

  private Embedded(Kind kind, URI asked, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    ServerConnector connector = new ServerConnector(server, 1, 1);
    connector.setHost("127.0.0.1");
    connector.setPort(Math.max(0, asked.getPort()));
    server.addConnector(connector);
    server.setStopTimeout(0);
    AtomicReference<Listener> listener = new AtomicReference<>();
    if (kind == Kind.CORE) {
      core(options, handler, listener);
    } else {
      servlet(options, handler, listener);
    }
    try {
      server.start();
    } catch (Exception e) {
      stop();
      throw new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, "cannot listen: " + e), e);
    }
    inner = listener.get();
    uri = URI.create("ws://127.0.0.1:" + connector.getLocalPort() + "/app/chat");
  }

  /** The port of an address is taken, and nothing else of it. */
  static Listener listen(Kind kind, String uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return new Embedded(kind, URI.create(uri), options, handler);
  }

  private void core(Options options, SessionHandler handler, AtomicReference<Listener> listener) {
    WebSocketUpgradeHandler sockets =
        WebSocketUpgradeHandler.from(
            server,
            container ->
                listener.set(
                    checked(() -> JettyEndpoint.listen(container, "/app/chat", options, handler))));
    sockets.setHandler(
        new Handler.Abstract() {
          @Override
          public boolean handle(Request request, Response response, Callback callback) {
            response.write(true, ByteBuffer.wrap(RESOURCE.getBytes(UTF_8)), callback);
            return true;
          }
        });
    server.setHandler(sockets);
  }

  private void servlet(
      Options options, SessionHandler handler, AtomicReference<Listener> listener) {
    ServletContextHandler context = new ServletContextHandler("/app");
    context.addServlet(new ServletHolder(new Resource()), "/*");
    JettyWebSocketServletContainerInitializer.configure(
        context,
        (servlets, container) ->
            listener.set(
                checked(() -> ServletEndpoint.listen(container, "/chat", options, handler))));
    server.setHandler(context);
  }

  private interface Listening {
    Listener listen() throws ChannelException, InterruptedException;
  }

  private static Listener checked(Listening listening) {
    try {
      return listening.listen();
    } catch (ChannelException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static final class Resource extends HttpServlet {
    private static final long serialVersionUID = 1L;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      response.getOutputStream().write(RESOURCE.getBytes(UTF_8));
    }
  }

  /** Ours, which knows the path alone. */
  Listener endpoint() {
    return inner;
  }

  @Override
  public URI uri() {
    return uri;
  }

  @Override
  public int sessions() {
    return inner.sessions();
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    return inner.drain(timeout);
  }

  @Override
  public void close() {
    inner.close();
    stop();
  }

  private void stop() {
    try {
      server.stop();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
