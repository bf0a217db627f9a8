package io.libchan.transport.websocket.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.testkit.AttachmentContract;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.LifecycleContract;
import io.libchan.testkit.LimitContract;
import io.libchan.testkit.Subject;
import io.libchan.tls.KeyMaterial;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.websocket.client.WebSocketClientOptions;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is special under TLS, and one line for each way not to get a session. */
final class WssTest {
  /** The parts of the contract that TLS can make a difference to; the rest is in -Plong. */
  private record Mutual(String codec) implements Subject {
    @Override
    public String freshUri() {
      return "wss://127.0.0.1:0/libchan";
    }

    @Override
    public Options.Builder listening(Options.Builder options) {
      return options.with(Certificates.mutual());
    }

    @Override
    public Options.Builder connecting(Options.Builder options) {
      return options.with(Certificates.mutual());
    }
  }

  @Nested
  final class Lifecycle extends LifecycleContract {
    @Override
    protected Subject subject() {
      return new Mutual("msgpack");
    }
  }

  @Nested
  final class Attachments extends AttachmentContract {
    @Override
    protected Subject subject() {
      return new Mutual("json");
    }
  }

  @Nested
  final class LimitsOfThePeer extends LimitContract {
    @Override
    protected Subject subject() {
      return new Mutual("msgpack");
    }
  }

  @Nested
  @ExtendWith(Leaks.class)
  final class Handshakes {
    private final LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();

    private Listener listen(TlsOptions tls) throws Exception {
      return Libchan.listen(
          "wss://127.0.0.1:0/x", Options.builder().with(tls).build(), accepted::put);
    }

    private Session connect(String uri, TlsOptions tls) throws Exception {
      return Libchan.connect(
          uri, Options.builder().connectTimeout(Duration.ofSeconds(5)).with(tls).build());
    }

    private void expectRefusal(TlsOptions server, TlsOptions client, String... words)
        throws Exception {
      try (Listener listener = listen(server)) {
        String uri = listener.uri().toString();
        assertThatThrownBy(() -> connect(uri, client).close())
            .isInstanceOfSatisfying(
                ConnectFailed.class,
                e -> assertThat(e.getMessage()).containsAnyOf(words).doesNotContain("\n"));
      }
    }

    private TlsOptions server(X509Bundle own) {
      return Certificates.with(null, own).build();
    }

    @Test
    void aKnownPeerHasItsCertificateAndItsName() throws Exception {
      try (Listener listener =
              listen(Certificates.with(Certificates.CA, Certificates.SERVER).build());
          Session near =
              connect(
                  listener.uri().toString(),
                  Certificates.with(Certificates.CA, Certificates.CLIENT).build())) {
        Session far = accepted.poll(10, TimeUnit.SECONDS);
        assertThat(far.peer().transport()).isEqualTo("wss");
        assertThat(far.peer().principal().getName()).contains("CN=client");
        assertThat(far.peer().certificates()).isNotEmpty();
        assertThat(near.peer().principal().getName()).contains("CN=server");
      }
    }

    @Test
    void anAuthorityThatIsNotTrusted() throws Exception {
      expectRefusal(
          server(Certificates.SERVER),
          Certificates.with(Certificates.OTHER_CA, null).build(),
          "is not trusted");
    }

    @Test
    void aCertificateForAnotherHost() throws Exception {
      X509Bundle other =
          Certificates.make(
              Certificates.CA, Certificates.base("CN=other").addSanDnsName("other.example"));
      expectRefusal(
          server(other), Certificates.with(Certificates.CA, null).build(), "does not fit");
      try (Listener listener = listen(server(other));
          Session session =
              connect(
                  listener.uri().toString(),
                  Certificates.with(Certificates.CA, null)
                      .dangerouslySkipHostNameVerification()
                      .build())) {
        assertThat(session.peer().transport()).isEqualTo("wss");
      }
    }

    @Test
    void aCertificateThatHasExpired() throws Exception {
      X509Bundle old =
          Certificates.server(
              Certificates.CA,
              builder ->
                  builder
                      .notBefore(Instant.now().minusSeconds(7200))
                      .notAfter(Instant.now().minusSeconds(3600)));
      expectRefusal(server(old), Certificates.with(Certificates.CA, null).build(), "has expired");
    }

    @Test
    void aClientWithoutTheCertificateThatIsAskedFor() throws Exception {
      expectRefusal(
          Certificates.with(Certificates.CA, Certificates.SERVER).build(),
          Certificates.with(Certificates.CA, null).build(),
          "refused our certificate",
          "closed the connection during the TLS handshake");
    }

    @Test
    void aServerThatDoesNotSpeakTls() throws Exception {
      try (Listener plain = Libchan.listen("ws://127.0.0.1:0", Options.DEFAULTS, accepted::put)) {
        String uri = "wss://127.0.0.1:" + plain.uri().getPort();
        assertThatThrownBy(() -> connect(uri, TlsOptions.DEFAULTS))
            .isInstanceOf(ConnectFailed.class)
            .hasMessageContaining("does not speak TLS");
      }
    }

    @Test
    void aListenerWithoutAKey() {
      assertThatThrownBy(() -> listen(TlsOptions.DEFAULTS))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("a wss listener needs a key and a certificate");
    }

    @Test
    void aKeyThatIsReplacedIsShownFromTheNextHandshakeOn() throws Exception {
      KeyMaterial material =
          KeyMaterial.of(Certificates.SERVER.getKeyPair().getPrivate(), chain(Certificates.SERVER));
      TlsOptions client = Certificates.with(Certificates.CA, null).build();
      try (Listener listener = listen(TlsOptions.builder().key(material).build())) {
        String uri = listener.uri().toString();
        try (Session before = connect(uri, client)) {
          assertThat(before.peer().principal().getName()).contains("CN=server");
          X509Bundle renewed =
              Certificates.make(
                  Certificates.CA, Certificates.base("CN=renewed").addSanIpAddress("127.0.0.1"));
          material.replace(renewed.getKeyPair().getPrivate(), chain(renewed));
          try (Session after = connect(uri, client)) {
            assertThat(after.peer().principal().getName()).contains("CN=renewed");
          }
        }
      }
    }

    private List<X509Certificate> chain(X509Bundle bundle) {
      return List.of(bundle.getCertificatePath());
    }

    @Test
    void nobodyListens() throws Exception {
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      for (String scheme : new String[] {"ws", "wss"}) {
        assertThatThrownBy(() -> connect(scheme + "://127.0.0.1:" + port, TlsOptions.DEFAULTS))
            .isInstanceOf(ConnectFailed.class)
            .hasMessageContaining("connection refused by 127.0.0.1:" + port);
      }
    }

    @Test
    void aHostThatIsUnknown() {
      assertThatThrownBy(() -> connect("ws://no-such-host.invalid/x", TlsOptions.DEFAULTS))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("unknown host no-such-host.invalid");
    }

    @Test
    void aServerThatAcceptsAndSaysNothing() throws Exception {
      try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        for (String scheme : new String[] {"ws", "wss"}) {
          String uri = scheme + "://127.0.0.1:" + silent.getLocalPort();
          Options hurried =
              Options.builder()
                  .connectTimeout(Duration.ofSeconds(2))
                  .handshakeTimeout(Duration.ofMillis(300))
                  .build();
          assertThatThrownBy(() -> Libchan.connect(uri, hurried))
              .isInstanceOf(ConnectFailed.class)
              .hasMessageContaining("within");
        }
      }
    }

    @Test
    void anInterruptionEndsTheConnect() throws Exception {
      try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        LinkedBlockingQueue<Throwable> outcome = new LinkedBlockingQueue<>();
        Thread connecting =
            new Thread(
                () -> {
                  try {
                    Libchan.connect("ws://127.0.0.1:" + silent.getLocalPort());
                  } catch (Exception e) {
                    outcome.add(e);
                  }
                });
        connecting.start();
        silent.setSoTimeout(10_000);
        try (Socket asked = silent.accept()) {
          asked.setSoTimeout(10_000);
          assertThat(asked.getInputStream().read()).isEqualTo('G'); // of its GET
          connecting.interrupt();
          assertThat(outcome.poll(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        }
      }
    }

    /** Or a small message would wait for the system's answer to the one before. */
    @Test
    void smallMessagesAreSentAtOnce() throws Exception {
      AtomicReference<Socket> socket = new AtomicReference<>();
      OkHttpClient own =
          new OkHttpClient.Builder()
              .addNetworkInterceptor(
                  chain -> {
                    socket.set(chain.connection().socket());
                    return chain.proceed(chain.request());
                  })
              .build();
      try (Listener listener = Libchan.listen("ws://127.0.0.1:0", Options.DEFAULTS, accepted::put);
          Session near =
              Libchan.connect(
                  listener.uri().toString(),
                  Options.builder()
                      .with(WebSocketClientOptions.builder().client(own).build())
                      .build())) {
        assertThat(near.peer().transport()).isEqualTo("ws");
        assertThat(socket.get().getTcpNoDelay()).isTrue();
      }
    }

    /** The application's own client brings its interceptors, and its own trust. */
    @Test
    void anOwnClientConnects() throws Exception {
      OkHttpClient own =
          new OkHttpClient.Builder()
              .addInterceptor(
                  chain ->
                      chain.proceed(
                          chain.request().newBuilder().header("X-Intercepted", "yes").build()))
              .build();
      try (Listener listener = Libchan.listen("ws://127.0.0.1:0", Options.DEFAULTS, accepted::put);
          Session near =
              Libchan.connect(
                  listener.uri().toString(),
                  Options.builder()
                      .with(WebSocketClientOptions.builder().client(own).build())
                      .build())) {
        Session far = accepted.poll(10, TimeUnit.SECONDS);
        assertThat(far.peer().request().header("X-Intercepted")).isEqualTo("yes");
        assertThat(near.peer().transport()).isEqualTo("ws");
      }
    }
  }
}
