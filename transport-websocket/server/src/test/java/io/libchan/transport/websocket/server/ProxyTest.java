package io.libchan.transport.websocket.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.testkit.AttachmentContract;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.FailureContract;
import io.libchan.testkit.Note;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Subject;
import io.libchan.testkit.Waits;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions through proxies that know HTTP alone: what they cut, and what keeps them from it. */
final class ProxyTest {
  private static final int IDLE_SECONDS = 2;

  private static ReverseProxy nginx;
  private static ReverseProxy haproxy;
  private static ReverseProxy patientNginx;
  private static ReverseProxy patientHaproxy;

  @BeforeAll
  static void start() throws Exception {
    nginx = new ReverseProxy(ReverseProxy.Kind.NGINX, IDLE_SECONDS);
    haproxy = new ReverseProxy(ReverseProxy.Kind.HAPROXY, IDLE_SECONDS);
    patientNginx = new ReverseProxy(ReverseProxy.Kind.NGINX, 600);
    patientHaproxy = new ReverseProxy(ReverseProxy.Kind.HAPROXY, 600);
  }

  @AfterAll
  static void stop() throws Exception {
    nginx.close();
    haproxy.close();
    patientNginx.close();
    patientHaproxy.close();
  }

  /** The parts of the contract with the most bytes and the most ends; the rest is in -Plong. */
  private record Proxied(ReverseProxy proxy, boolean tls, String codec) implements Subject {
    @Override
    public String freshUri() {
      return "ws://127.0.0.1:" + proxy.listenerPort + "/chat";
    }

    @Override
    public Options.Builder connecting(Options.Builder options) {
      return options.with(Certificates.mutual());
    }

    @Override
    public Session connect(String uri, Options options)
        throws ChannelException, InterruptedException {
      return Libchan.connect(ProxiedContract.through(proxy, tls, uri), options);
    }
  }

  @Nested
  final class AttachmentsThroughNginx extends AttachmentContract {
    @Override
    protected Subject subject() {
      return new Proxied(patientNginx, true, "msgpack");
    }
  }

  @Nested
  final class FailuresThroughHaproxy extends FailureContract {
    @Override
    protected Subject subject() {
      return new Proxied(patientHaproxy, false, "json");
    }
  }

  private static ReverseProxy of(ReverseProxy.Kind kind) {
    return kind == ReverseProxy.Kind.NGINX ? nginx : haproxy;
  }

  private static Options keepAlive(Duration interval) {
    return Options.builder()
        .keepAlive(interval, Duration.ofSeconds(5))
        .with(Certificates.mutual())
        .build();
  }

  @ParameterizedTest
  @EnumSource(ReverseProxy.Kind.class)
  @Rule("MUX-12")
  void theKeepAliveKeepsAnIdleSessionAlive(ReverseProxy.Kind kind) throws Exception {
    try (Bed bed = new Bed(of(kind), keepAlive(Duration.ofMillis(250)))) {
      // Twice what the proxy has patience for.
      CompletableFuture<Reason> closed = bed.near.closed().toCompletableFuture();
      Waits.within(Duration.ofSeconds(2 * IDLE_SECONDS), closed::isDone);
      assertThat(closed).isNotDone();
      bed.expectAlive();
    }
  }

  @ParameterizedTest
  @EnumSource(ReverseProxy.Kind.class)
  @Rule({"WS-6", "BYT-2"})
  void aSessionThatTheProxyTakesForIdleIsLostAndNotAtAnEnd(ReverseProxy.Kind kind)
      throws Exception {
    try (Bed bed = new Bed(of(kind), keepAlive(Duration.ofMinutes(5)))) {
      bed.expectLost();
    }
  }

  @ParameterizedTest
  @EnumSource(ReverseProxy.Kind.class)
  @Rule({"WS-6", "BYT-2"})
  void aProxyThatIsKilledLosesItsSessionsAndGivesNewOnesWhenItIsBack(ReverseProxy.Kind kind)
      throws Exception {
    ReverseProxy proxy = of(kind);
    try (Bed bed = new Bed(proxy, keepAlive(Duration.ofMillis(250)))) {
      proxy.kill();
      bed.expectLost();
      assertThatThrownBy(() -> bed.connect()).isInstanceOf(ConnectFailed.class);
      proxy.start();
      bed.reconnect();
      bed.expectAlive();
    }
  }

  /** What nginx and HAProxy say when nobody listens behind them. */
  @ParameterizedTest
  @EnumSource(ReverseProxy.Kind.class)
  void aProxyWithoutAListenerIsAClearError(ReverseProxy.Kind kind) {
    String uri = "ws://127.0.0.1:" + of(kind).plainPort + "/chat";
    assertThatThrownBy(() -> Libchan.connect(uri))
        .isInstanceOf(ConnectFailed.class)
        .hasMessageContaining(uri)
        .hasMessageContaining("instead of a WebSocket");
  }

  @Test
  void theListenerKnowsTheHostThatTheClientAskedFor() throws Exception {
    try (Bed bed = new Bed(nginx, keepAlive(Duration.ofMillis(250)))) {
      assertThat(bed.far.peer().request().header("Host")).isEqualTo("127.0.0.1:" + nginx.tlsPort);
    }
  }

  /** A listener, and a session through the proxy. */
  private static final class Bed implements AutoCloseable {
    private final LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    private final ReverseProxy proxy;
    private final Options options;
    private final Listener listener;
    Session near;
    Session far;

    Bed(ReverseProxy proxy, Options options) throws Exception {
      this.proxy = proxy;
      this.options = options;
      listener =
          Libchan.listen("ws://127.0.0.1:" + proxy.listenerPort + "/chat", options, accepted::put);
      try {
        reconnect();
      } catch (ChannelException e) {
        listener.close();
        throw e;
      }
    }

    Session connect() throws Exception {
      return Libchan.connect(
          ProxiedContract.through(proxy, true, listener.uri().toString()), options);
    }

    void reconnect() throws Exception {
      near = connect();
      far = accepted.poll(Waits.BOUND.toMillis(), TimeUnit.MILLISECONDS);
    }

    void expectAlive() throws Exception {
      try (Sender<Note> sender = near.open("notes", Note.class);
          Receiver<Note> receiver = far.accept("notes", Note.class)) {
        sender.send(Note.of(3));
        assertThat(receiver.receive().number()).isEqualTo(3);
      }
    }

    /** Both sides know, by an error and not by an end. */
    void expectLost() throws Exception {
      Receiver<Note> open = openReceiver();
      for (Session session : new Session[] {near, far}) {
        Reason reason =
            session
                .closed()
                .toCompletableFuture()
                .get(Waits.BOUND.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(reason.code()).isEqualTo(ReasonCode.CONNECTION_LOST);
      }
      if (open != null) {
        assertThatThrownBy(open::receive).isInstanceOf(SessionLost.class);
      }
    }

    /** Null where the session has gone already. */
    private Receiver<Note> openReceiver() throws InterruptedException {
      try {
        Sender<Note> unused = near.open("lost", Note.class);
        return far.accept("lost", Note.class);
      } catch (ChannelException e) {
        return null;
      }
    }

    @Override
    public void close() {
      near.close();
      far.close();
      listener.close();
    }
  }
}
