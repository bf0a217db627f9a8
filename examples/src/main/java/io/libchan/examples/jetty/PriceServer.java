package io.libchan.examples.jetty;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.examples.jetty.PriceMessages.Price;
import io.libchan.examples.jetty.PriceMessages.Watch;
import io.libchan.transport.websocket.server.JettyEndpoint;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.Principal;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.eclipse.jetty.http.HttpCookie;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;
import org.jspecify.annotations.Nullable;

/**
 * A shop's prices, as a resource to look at and as a session to watch:
 *
 * <pre>
 * POST /login?user=ann&amp;password=pear    sets the cookie
 * GET  /prices                          {"apple":120}, with the cookie
 * ws   /live                            channel "watch": {@link Watch}, answered by {@link Price}s
 * </pre>
 *
 * <p>Thread-safe.
 */
public final class PriceServer implements AutoCloseable {
  private final Map<String, Integer> cents = new ConcurrentHashMap<>(Map.of("apple", 120));
  private final Map<Sender<Price>, String> watchers = new ConcurrentHashMap<>();
  private final Logins logins = new Logins(Map.of("ann", "pear"));
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final AtomicReference<@Nullable Listener> sessions = new AtomicReference<>();

  /**
   * A running server.
   *
   * @param port where, on this machine alone; 0 takes a free one
   */
  public PriceServer(int port) throws Exception {
    connector.setHost("127.0.0.1");
    connector.setPort(port);
    server.addConnector(connector);
    WebSocketUpgradeHandler sockets = // before the application's own handlers, as it takes one path
        WebSocketUpgradeHandler.from(
            server, container -> container.setIdleTimeout(java.time.Duration.ZERO));
    Options options = Options.builder().requestAuthenticator(logins).build();
    sessions.set(
        JettyEndpoint.listen(sockets.getServerWebSocketContainer(), "/live", options, this::serve));
    sockets.setHandler(new Resources());
    server.setHandler(sockets);
    server.start();
  }

  /** Where its resources are. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + connector.getLocalPort());
  }

  /** Sets a price and tells everybody who watches. */
  public void setPrice(String article, int newCents) throws InterruptedException {
    cents.put(article, newCents);
    for (Map.Entry<Sender<Price>, String> watcher : watchers.entrySet()) {
      tell(watcher.getKey(), article, watcher.getValue());
    }
  }

  /** One client: whoever it is was found out by the cookie. */
  private void serve(Session session) throws ChannelException, InterruptedException {
    Principal principal = session.peer().principal();
    String customer = principal == null ? "?" : principal.getName();
    for (Watch watch : session.accept("watch", Watch.class)) {
      watchers.put(watch.prices(), customer);
      tell(watch.prices(), watch.article(), customer);
    }
  }

  private void tell(Sender<Price> to, String article, String customer) throws InterruptedException {
    Integer now = cents.get(article);
    try {
      to.send(new Price(article, now == null ? 0 : now, customer));
    } catch (ChannelException e) {
      watchers.remove(to); // it has closed its channel, or is gone
    }
  }

  /** What the application had before. */
  private final class Resources extends Handler.Abstract {
    @Override
    public boolean handle(Request request, Response response, Callback callback) {
      switch (request.getHttpURI().getPath()) {
        case "/login" -> logIn(request, response, callback);
        case "/prices" -> prices(request, response, callback);
        default -> Response.writeError(request, response, callback, 404);
      }
      return true;
    }

    private void logIn(Request request, Response response, Callback callback) {
      Fields fields = Request.extractQueryParameters(request);
      String user = fields.getValue("user");
      String password = fields.getValue("password");
      String cookie = user == null || password == null ? null : logins.logIn(user, password);
      if (cookie == null) {
        Response.writeError(request, response, callback, 403);
        return;
      }
      HttpCookie value =
          HttpCookie.build(Logins.COOKIE, cookie)
              .httpOnly(true)
              .sameSite(HttpCookie.SameSite.STRICT)
              .build();
      Response.addCookie(response, value);
      callback.succeeded();
    }

    private void prices(Request request, Response response, Callback callback) {
      String cookie =
          Request.getCookies(request).stream()
              .filter(one -> one.getName().equals(Logins.COOKIE))
              .map(HttpCookie::getValue)
              .findFirst()
              .orElse(null);
      if (logins.user(cookie) == null) {
        Response.writeError(request, response, callback, 401);
        return;
      }
      String json =
          cents.entrySet().stream()
              .map(entry -> "\"" + entry.getKey() + "\":" + entry.getValue())
              .sorted()
              .collect(Collectors.joining(",", "{", "}"));
      response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
      response.write(true, ByteBuffer.wrap(json.getBytes(UTF_8)), callback);
    }
  }

  @Override
  public void close() throws IOException {
    Listener listener = sessions.get();
    if (listener != null) {
      listener.close();
    }
    try {
      server.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IOException("the server does not stop", e);
    }
  }

  /** Runs until it is stopped. */
  public static void main(String[] args) throws Exception {
    PriceServer running = new PriceServer(args.length > 0 ? Integer.parseInt(args[0]) : 8080);
    System.out.println(running.uri());
    running.server.join();
  }
}
