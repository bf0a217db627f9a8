package io.libchan.transport.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.Duo;
import io.libchan.testkit.Probe;
import io.libchan.testkit.Rule;
import io.libchan.tls.KeyMaterial;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.netty.TcpOptions;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Who is let in and who is not, and what is said about it. */
@ExtendWith(Leftovers.class)
final class TlsTest {
  private static X509Bundle expiredServer() {
    return Certificates.server(Certificates.CA, b -> b.notAfter(hourFromNow(-1)));
  }

  private static X509Bundle earlyServer() {
    return Certificates.server(Certificates.CA, b -> b.notBefore(hourFromNow(1)));
  }

  private static Instant hourFromNow(int hours) {
    return Instant.now().plus(hours, ChronoUnit.HOURS);
  }

  private static Options options(TlsOptions.Builder tls) {
    return Options.builder().handshakeTimeout(Duration.ofSeconds(4)).with(tls.build()).build();
  }

  /** With Netty's own context. */
  private static Options options(SslContext context) {
    return Options.builder()
        .handshakeTimeout(Duration.ofSeconds(4))
        .with(TcpOptions.builder().sslContext(context).build())
        .build();
  }

  private static Options serverOf(X509Bundle own) {
    return options(Certificates.with(null, own));
  }

  private static Options clientOf(X509Bundle trusted) {
    return options(Certificates.with(trusted, null));
  }

  static Stream<Arguments> badServers() {
    X509Bundle ca = Certificates.CA;
    return Stream.of(
        Arguments.of("expired", expiredServer(), "has expired"),
        Arguments.of("early", earlyServer(), "is not valid yet"),
        Arguments.of(
            "wrong host",
            Certificates.make(ca, Certificates.base("CN=x").addSanIpAddress("127.0.0.9")),
            "does not fit"),
        Arguments.of(
            "no names", Certificates.make(ca, Certificates.base("CN=127.0.0.1")), "does not fit"),
        Arguments.of("self-signed", Certificates.server(null, b -> b), "is not trusted"),
        Arguments.of(
            "wrong authority", Certificates.server(Certificates.OTHER_CA, b -> b), "not trusted"),
        Arguments.of(
            "for clients only",
            Certificates.client(ca, b -> b.addSanIpAddress("127.0.0.1")),
            "certificate of"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badServers")
  @Rule("SEC-2")
  void badServerCertificate(String name, X509Bundle own, String message) throws Exception {
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(own))) {
      assertThatThrownBy(() -> duo.connect(clientOf(Certificates.CA)))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining(message)
          .hasMessageContaining("127.0.0.1:" + duo.bound.uri().getPort());
      assertThat(duo.accepted).isEmpty();
    }
  }

  @Test
  void withoutOptionsAClientTrustsTheJdksAuthoritiesOnly() throws Exception {
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(Certificates.SERVER))) {
      assertThatThrownBy(() -> duo.connect(Options.DEFAULTS))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("is not trusted");
    }
  }

  @Test
  void hostNameVerificationCanBeSwitchedOffByItsUglyName() throws Exception {
    X509Bundle wrong =
        Certificates.make(Certificates.CA, Certificates.base("CN=x").addSanDnsName("elsewhere"));
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(wrong))) {
      converse(
          duo,
          options(Certificates.with(Certificates.CA, null).dangerouslySkipHostNameVerification()));
    }
  }

  static Stream<Arguments> badClients() {
    X509Bundle ca = Certificates.CA;
    return Stream.of(
        Arguments.of("none", null),
        Arguments.of("wrong authority", Certificates.client(Certificates.OTHER_CA, b -> b)),
        Arguments.of("self-signed", Certificates.client(null, b -> b)),
        Arguments.of("expired", Certificates.client(ca, b -> b.notAfter(hourFromNow(-1)))),
        Arguments.of("early", Certificates.client(ca, b -> b.notBefore(hourFromNow(1)))),
        Arguments.of("for servers only", Certificates.SERVER));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badClients")
  void badClientCertificate(String name, X509Bundle own) throws Exception {
    Options listening = options(Certificates.with(Certificates.CA, Certificates.SERVER));
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", listening)) {
      // TLS 1.3: the client's handshake is done before the listener has seen its certificate.
      Probe client = new Probe(duo.connect(options(Certificates.with(Certificates.CA, own))));
      client.send(new byte[100_000]);
      client.start();
      assertThat(client.awaitFailure()).contains("the peer refused our certificate (");
      assertThat(duo.accepted).isEmpty();
      converse(duo, options(Certificates.with(Certificates.CA, Certificates.CLIENT)));
    }
  }

  @Test
  void peersAreKnownByTheirCertificates() throws Exception {
    Options listening = options(Certificates.with(Certificates.CA, Certificates.SERVER));
    try (Duo duo = Duos.listen("tls://localhost:0", listening)) {
      Probe[] both =
          converse(duo, options(Certificates.with(Certificates.CA, Certificates.CLIENT)));
      assertThat(both[0].connection.peer().principal()).hasToString("CN=server");
      assertThat(both[1].connection.peer().principal()).hasToString("CN=client");
      assertThat(both[1].connection.peer().certificates().get(0))
          .isEqualTo(Certificates.CLIENT.getCertificate());
    }
  }

  @Test
  void aWantedCertificateMayBeMissing() throws Exception {
    Options listening =
        options(
            Certificates.with(Certificates.CA, Certificates.SERVER)
                .clientCertificates(TlsOptions.ClientCertificates.WANTED));
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", listening)) {
      Probe[] both = converse(duo, clientOf(Certificates.CA));
      assertThat(both[1].connection.peer().principal()).isNull();
      assertThat(both[1].connection.peer().certificates()).isEmpty();
    }
  }

  /** Connects, sends one word and closes; client first. */
  private static Probe[] converse(Duo duo, Options connecting) throws Exception {
    Probe client = new Probe(duo.connect(connecting)).start();
    Probe server = new Probe(duo.accept()).start();
    client.send("word".getBytes(UTF_8));
    server.awaitBytes(4);
    client.connection.close();
    client.awaitOrderlyClose();
    server.awaitOrderlyClose();
    return new Probe[] {client, server};
  }

  @Test
  void aPlainClientOnATlsPort() throws Exception {
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(Certificates.SERVER))) {
      try (Socket plain = duo.socket()) {
        plain.setSoTimeout(10_000);
        plain.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes(UTF_8));
        plain.getInputStream().readAllBytes(); // ends: the listener has given up on us
      }
      converse(duo, clientOf(Certificates.CA));
      assertThat(duo.accepted).isEmpty();
    }
  }

  @Test
  void aTlsClientOnAPlainPort() throws Exception {
    try (Duo duo = Duos.listen("tcp://127.0.0.1:0", Options.DEFAULTS)) {
      Thread listener =
          new Thread(
              () -> {
                try {
                  Probe server = new Probe(duo.accept());
                  server.send("plain bytes, long enough to be a TLS record".getBytes(UTF_8));
                  server.start();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      listener.start();
      assertThatThrownBy(() -> new TcpTransport().connect(tlsUri(duo), clientOf(Certificates.CA)))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("does not speak TLS");
      listener.join(10_000);
    }
  }

  private static URI tlsUri(Duo duo) {
    return URI.create("tls://127.0.0.1:" + duo.bound.uri().getPort());
  }

  @Test
  void aSilentServerIsGivenUp() throws Exception {
    Options hasty =
        Options.builder()
            .handshakeTimeout(Duration.ofMillis(300))
            .with(Certificates.with(Certificates.CA, null).build())
            .build();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI uri = URI.create("tls://127.0.0.1:" + silent.getLocalPort());
      assertThatThrownBy(() -> new TcpTransport().connect(uri, hasty))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("no TLS handshake with 127.0.0.1:")
          .hasMessageContaining("within 300 ms");
    }
  }

  @Test
  void aServerThatHangsUpIsNamed() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI uri = URI.create("tls://127.0.0.1:" + server.getLocalPort());
      Thread rude =
          new Thread(
              () -> {
                try (Socket socket = server.accept()) {
                  assertThat(socket.getInputStream().readNBytes(50)).hasSize(50);
                } catch (java.io.IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });
      rude.start();
      assertThatThrownBy(() -> new TcpTransport().connect(uri, clientOf(Certificates.CA)))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("127.0.0.1:" + server.getLocalPort());
      rude.join(10_000);
    }
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void aSilentClientIsGivenUpAndHandshakesAreBounded() throws Exception {
    Options hasty =
        Options.builder()
            .handshakeTimeout(Duration.ofMillis(500))
            .with(Certificates.with(null, Certificates.SERVER).build())
            .with(TcpOptions.builder().maxHandshakes(2).build())
            .build();
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", hasty);
        Socket one = duo.socket();
        Socket two = duo.socket();
        Socket three = duo.socket()) {
      three.setSoTimeout(10_000);
      assertThatThrownBy(() -> three.getInputStream().readNBytes(1))
          .isInstanceOf(java.net.SocketException.class);
      one.setSoTimeout(10_000);
      one.getInputStream().readAllBytes();
      two.setSoTimeout(10_000);
      two.getInputStream().readAllBytes();
      one.close();
      two.close();
      Probe.eventually(
          "places are free again",
          () -> {
            try {
              converse(duo, clientOf(Certificates.CA));
              return true;
            } catch (Exception e) {
              return false;
            }
          });
    }
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void closingTheListenerEndsHandshakes() throws Exception {
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(Certificates.SERVER));
        Socket open = duo.socket()) {
      open.setSoTimeout(10_000);
      converse(duo, clientOf(Certificates.CA)); // accepted after the open one
      duo.close();
      assertThatThrownBy(() -> open.getInputStream().readNBytes(1))
          .isInstanceOf(java.net.SocketException.class);
    }
  }

  @Test
  @Rule("TLS-1")
  void alpnMismatchIsRefusedAndNoAlpnIsNot() throws Exception {
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(Certificates.SERVER))) {
      assertThatThrownBy(() -> duo.connect(otherAlpn("h2")))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("speaks TLS but not libchan (no_application_protocol)");
      assertThat(duo.accepted).isEmpty();
      converse(duo, otherAlpn());
    }
  }

  private static Options otherAlpn(String... protocols) throws Exception {
    SslContextBuilder builder =
        SslContextBuilder.forClient().trustManager(Certificates.CA.getCertificate());
    if (protocols.length > 0) {
      builder.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              ApplicationProtocolConfig.Protocol.ALPN,
              ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
              ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
              protocols));
    }
    return options(builder.build());
  }

  @Test
  void aContextForTheWrongSideIsNamed() throws Exception {
    SslContext client = SslContextBuilder.forClient().build();
    assertThatThrownBy(() -> Duos.listen("tls://127.0.0.1:0", options(client)))
        .isInstanceOf(ConnectFailed.class)
        .hasMessageContaining("not for servers");
  }

  @Test
  void theApplicationsContextIsUsedOnBothSides() throws Exception {
    X509Bundle own =
        Certificates.make(
            Certificates.CA, Certificates.base("CN=both").addSanIpAddress("127.0.0.1"));
    SSLContext both = SSLContext.getInstance("TLS");
    both.init(
        own.toKeyManagerFactory().getKeyManagers(),
        Certificates.CA.toTrustManagerFactory().getTrustManagers(),
        null);
    Options given =
        options(
            TlsOptions.builder()
                .sslContext(both)
                .clientCertificates(TlsOptions.ClientCertificates.REQUIRED));
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", given)) {
      converse(duo, given);
    }
  }

  @Test
  void hostNamesAreCheckedWithTheApplicationsContextToo() throws Exception {
    X509Bundle wrong =
        Certificates.make(Certificates.CA, Certificates.base("CN=x").addSanDnsName("elsewhere"));
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(wrong))) {
      assertThatThrownBy(() -> duo.connect(otherAlpn()))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("does not fit");
    }
  }

  @Test
  @Rule("TLS-2")
  void anEndWithoutCloseNotifyIsATruncation() throws Exception {
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(Certificates.SERVER))) {
      try (Socket raw = duo.socket();
          SSLSocket secure = over(raw)) {
        secure.startHandshake();
        secure.getOutputStream().write(1);
        Probe server = new Probe(duo.accept()).start();
        server.awaitBytes(1);
        raw.shutdownOutput();
        assertThat(server.awaitFailure()).contains("truncated").contains("close_notify");
      }
    }
  }

  private static SSLSocket over(Socket raw, String... protocols) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {Certificates.CA.toTrustManager()}, null);
    SSLSocket secure =
        (SSLSocket) context.getSocketFactory().createSocket(raw, "127.0.0.1", 1, false);
    secure.setSoTimeout(10_000);
    if (protocols.length > 0) {
      secure.setEnabledProtocols(protocols);
    }
    return secure;
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void onlyAeadCiphersAreSpoken() throws Exception {
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", serverOf(Certificates.SERVER))) {
      try (Socket raw = duo.socket();
          SSLSocket secure = over(raw, "TLSv1.2")) {
        secure.setEnabledCipherSuites(new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"});
        assertThatThrownBy(secure::startHandshake).isInstanceOf(SSLHandshakeException.class);
      }
      try (Socket raw = duo.socket();
          SSLSocket secure = over(raw, "TLSv1.2")) {
        secure.startHandshake();
        assertThat(secure.getSession().getCipherSuite()).contains("_GCM_");
        Probe server = new Probe(duo.accept()).start();
        secure.close();
        server.awaitOrderlyClose();
      }
    }
  }

  @Test
  void newHandshakesUseReloadedKeys(@TempDir Path folder) throws Exception {
    Path chain = folder.resolve("chain.pem");
    Path key = folder.resolve("key.pem");
    write(chain, key, Certificates.SERVER);
    KeyMaterial material = KeyMaterial.ofPem(chain, key);
    Options listening = options(TlsOptions.builder().key(material));
    try (Duo duo = Duos.listen("tls://127.0.0.1:0", listening)) {
      Probe old = new Probe(duo.connect(clientOf(Certificates.CA))).start();
      final Probe oldServer = new Probe(duo.accept()).start();
      X509Bundle next = Certificates.server(Certificates.CA, b -> b.subject("CN=next"));
      Files.writeString(key, "broken");
      assertThatThrownBy(material::reload).hasMessageContaining(key.toString());
      assertThat(converse(duo, clientOf(Certificates.CA))[0].connection.peer().principal())
          .hasToString("CN=server");

      write(chain, key, next);
      material.reload();
      assertThat(converse(duo, clientOf(Certificates.CA))[0].connection.peer().principal())
          .hasToString("CN=next");
      X509Bundle expired = expiredServer();
      material.replace(
          expired.getKeyPair().getPrivate(), List.<X509Certificate>of(expired.getCertificate()));
      assertThatThrownBy(() -> duo.connect(clientOf(Certificates.CA)))
          .hasMessageContaining("has expired");

      old.send("still here".getBytes(UTF_8));
      oldServer.awaitBytes(10);
      old.connection.close();
      old.awaitOrderlyClose();
      oldServer.awaitOrderlyClose();
    }
  }

  private static void write(Path chain, Path key, X509Bundle bundle) throws Exception {
    Files.writeString(chain, bundle.getCertificatePathPEM());
    Files.writeString(key, bundle.getPrivateKeyPEM());
  }
}
