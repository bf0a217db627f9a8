package io.libchan.examples.browser;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.examples.browser.BrowserMessages.Event;
import io.libchan.examples.browser.BrowserMessages.Factor;
import io.libchan.examples.browser.BrowserMessages.Progress;
import io.libchan.examples.browser.BrowserMessages.Question;
import io.libchan.examples.browser.BrowserMessages.Subscription;
import io.libchan.examples.browser.BrowserMessages.Upload;
import io.libchan.transport.websocket.server.JettyEndpoint;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;
import org.jspecify.annotations.Nullable;

/**
 * Serves a page and the session that it opens: requests with a return channel, a stream of events,
 * an upload, and a channel that the server sends to the page.
 *
 * <p>Thread-safe.
 */
public final class BrowserServer implements AutoCloseable {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final Room room = new Room();
  private final Server server = new Server();
  private final ServerConnector connector = new ServerConnector(server);
  private final AtomicReference<@Nullable Listener> sessions = new AtomicReference<>();

  /**
   * A running server.
   *
   * @param host the address to listen on, such as {@code 127.0.0.1}
   * @param port 0 takes a free one
   */
  public BrowserServer(String host, int port) throws Exception {
    connector.setHost(host);
    connector.setPort(port);
    server.addConnector(connector);
    WebSocketUpgradeHandler sockets =
        WebSocketUpgradeHandler.from(server, container -> container.setIdleTimeout(Duration.ZERO));
    Options options = Options.builder().nodeName("server").build();
    sessions.set(
        JettyEndpoint.listen(sockets.getServerWebSocketContainer(), "/live", options, this::serve));
    sockets.setHandler(new PageFiles());
    server.setHandler(sockets);
    server.start();
  }

  /**
   * Serves until it is stopped.
   *
   * @param args the port, 8080 by default
   */
  public static void main(String[] args) throws Exception {
    int port = args.length > 0 ? Integer.parseInt(args[0]) : 8080;
    try (BrowserServer running = new BrowserServer("0.0.0.0", port)) {
      System.out.println("open " + running.uri() + " in a browser");
      running.server.join();
    }
  }

  /** Where the page is. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + connector.getLocalPort() + "/");
  }

  private void serve(Session session) throws ChannelException, InterruptedException {
    start(session, "questions", this::answerQuestions);
    start(session, "subscriptions", this::acceptSubscriptions);
    start(session, "uploads", this::acceptUploads);
    room.seat(session); // as long as the page is there
  }

  // ---- requests with a return channel ----

  private void answerQuestions(Session session) throws ChannelException, InterruptedException {
    for (Question question : session.accept("questions", Question.class)) {
      try (Sender<Factor> factors = question.factors()) {
        factor(question.number(), factors);
      }
    }
  }

  private static void factor(long number, Sender<Factor> factors)
      throws ChannelException, InterruptedException {
    if (number < 2 || number > 1_000_000_000_000L) {
      factors.fail("numbers from 2 to 1,000,000,000,000");
      return;
    }
    long rest = number;
    for (long prime = 2; rest > 1; prime = prime * prime > rest ? rest : prime + 1) {
      for (; rest % prime == 0; rest /= prime) {
        factors.send(new Factor(prime, rest / prime));
      }
    }
  }

  // ---- events ----

  private void acceptSubscriptions(Session session) throws ChannelException, InterruptedException {
    for (Subscription subscription : session.accept("subscriptions", Subscription.class)) {
      start(session, "events", none -> sendEvents(subscription));
    }
  }

  /**
   * Each {@code send} waits while the page has not taken what is under way: that is all of the
   * back-pressure.
   */
  private static void sendEvents(Subscription subscription)
      throws ChannelException, InterruptedException {
    long pause = 1_000_000_000L / Math.max(1, Math.min(1000, subscription.perSecond()));
    long waited = 0;
    long due = System.nanoTime();
    for (long number = 1; ; number++) {
      long before = System.nanoTime();
      subscription.events().send(new Event(number, System.currentTimeMillis(), waited / 1_000_000));
      long now = System.nanoTime();
      waited += now - before;
      due = Math.max(due + pause, now - pause);
      Thread.sleep(Duration.ofNanos(Math.max(0, due - now)).toMillis());
    }
  }

  // ---- uploads ----

  private void acceptUploads(Session session) throws ChannelException, InterruptedException {
    for (Upload upload : session.accept("uploads", Upload.class)) {
      start(session, "upload", none -> read(upload));
    }
  }

  private static void read(Upload upload) throws ChannelException, InterruptedException {
    try (Sender<Progress> progress = upload.progress();
        InputStream bytes = upload.bytes()) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER_BYTES];
      long count = 0;
      for (int n = bytes.read(buffer); n >= 0; n = bytes.read(buffer)) {
        digest.update(buffer, 0, n);
        count += n;
        progress.trySend(new Progress(count, "")); // one that finds no room is followed by others
      }
      progress.send(new Progress(count, HexFormat.of().formatHex(digest.digest())));
    } catch (ChannelException e) {
      throw e;
    } catch (IOException | NoSuchAlgorithmException e) {
      upload.progress().fail(e.toString());
    }
  }

  private static void start(Session session, String name, SessionHandler task) {
    Thread thread = new Thread(() -> run(session, task), "browser-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private static void run(Session session, SessionHandler task) {
    try {
      task.handle(session);
    } catch (ChannelException e) {
      // the page has gone, or wants no more of this
    } catch (Exception e) {
      session.abort(io.libchan.Reason.of(io.libchan.ReasonCode.INTERNAL, e.toString()));
    }
  }

  @Override
  public void close() {
    Listener listener = sessions.get();
    if (listener != null) {
      listener.close();
    }
    try {
      server.stop();
    } catch (Exception e) {
      throw new IllegalStateException("the server does not stop", e);
    }
  }
}
