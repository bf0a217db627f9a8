package io.libchan.transport.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.spi.Transport;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.Duo;
import io.libchan.testkit.Probe;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.netty.TcpOptions;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses that do not work, and what is said about them. */
@ExtendWith(Leftovers.class)
final class ConnectFailuresTest {
  private final TcpTransport transport = new TcpTransport();

  private void assertFails(String uri, Options options, String message) {
    assertThatThrownBy(() -> transport.connect(URI.create(uri), options))
        .isInstanceOf(ConnectFailed.class)
        .hasMessageContaining(message);
  }

  @Test
  void isFoundByScheme() {
    assertThat(ServiceLoader.load(Transport.class))
        .anySatisfy(found -> assertThat(found.schemes()).contains("tcp", "tls"));
  }

  @Test
  void refused() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    assertFails(
        "tcp://127.0.0.1:" + port, Options.DEFAULTS, "connection refused by 127.0.0.1:" + port);
  }

  @Test
  void unknownHost() {
    assertFails("tcp://no-such-host.invalid:1", Options.DEFAULTS, "unknown host no-such-host");
  }

  @Test
  void noAnswer() throws Exception {
    Options hasty = Options.builder().connectTimeout(Duration.ofMillis(300)).build();
    List<Socket> filling = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      try {
        for (int i = 0; i < 8; i++) { // nobody accepts: the backlog fills up
          Socket socket = new Socket();
          filling.add(socket);
          socket.connect(full.getLocalSocketAddress(), 100);
        }
      } catch (java.net.SocketTimeoutException e) {
        // full
      }
      assertFails("tcp://127.0.0.1:" + full.getLocalPort(), hasty, "no answer from 127.0.0.1:");
    } finally {
      for (Socket socket : filling) {
        socket.close();
      }
    }
  }

  @Test
  void interruptedWhileConnecting() throws Exception {
    Options patient =
        Options.builder()
            .handshakeTimeout(Duration.ofSeconds(60))
            .connectTimeout(Duration.ofSeconds(60))
            .build();
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread thread =
          new Thread(
              () -> {
                try {
                  transport.connect(
                      URI.create("tls://127.0.0.1:" + silent.getLocalPort()), patient);
                } catch (Throwable e) {
                  thrown.complete(e);
                }
              });
      thread.start();
      try (Socket peer = silent.accept()) {
        assertThat(peer.getInputStream().read()).isNotNegative(); // the ClientHello
        thread.interrupt();
        assertThat(thrown.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
      }
    }
  }

  @Test
  void malformed() {
    for (String uri : List.of("tcp:host", "tcp://host", "tcp://:1", "tcp://host:99999", "tls:x")) {
      assertThatThrownBy(() -> transport.connect(URI.create(uri), Options.DEFAULTS))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("host:port");
    }
  }

  @Test
  void addressInUse() throws Exception {
    try (Duo duo = Duos.listen("tcp://127.0.0.1:0", Options.DEFAULTS)) {
      assertThatThrownBy(
              () -> transport.listen(duo.bound.uri(), Options.DEFAULTS, connection -> {}))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("cannot listen at " + duo.bound.uri() + ": the address is in use");
    }
  }

  @Test
  void ipv6Literal() throws Exception {
    assumeThat(
            NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .anyMatch(address -> address instanceof java.net.Inet6Address))
        .isTrue();
    try (Duo duo = Duos.listen("tcp://[::1]:0", Options.DEFAULTS)) {
      assertThat(duo.bound.uri().toString()).matches("tcp://\\[::1]:\\d+");
      Probe client = new Probe(duo.connect(Options.DEFAULTS)).start();
      Probe server = new Probe(duo.accept()).start();
      client.send("six".getBytes(UTF_8));
      server.awaitBytes(3);
      assertThat(client.connection.peer().address()).endsWith("]:" + duo.bound.uri().getPort());
      client.connection.close();
      client.awaitOrderlyClose();
      server.awaitOrderlyClose();
    }
  }

  @Test
  @SuppressWarnings("try") // closed early on purpose
  void aPeerThatDiesIsAReset() throws Exception {
    try (Duo duo = Duos.listen("tcp://127.0.0.1:0", Options.DEFAULTS);
        Socket peer = duo.socket()) {
      Probe server = new Probe(duo.accept()).start();
      peer.getOutputStream().write(1);
      server.awaitBytes(1);
      peer.setSoLinger(true, 0);
      peer.close();
      assertThat(server.awaitFailure()).isEqualTo("connection reset by the peer");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aWriteIntoAResetConnectionIsAFailure(boolean nio) throws Exception {
    MultiThreadIoEventLoopGroup own =
        nio ? new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory()) : null;
    TcpOptions.Builder tcp = TcpOptions.builder();
    if (own != null) {
      tcp.eventLoops(own);
    }
    Options options = Options.builder().with(tcp.build()).build();
    CountDownLatch filling = new CountDownLatch(1);
    CountDownLatch reset = new CountDownLatch(1);
    try (Duo duo = Duos.listen("tcp://127.0.0.1:0", options);
        Socket peer = duo.socket()) {
      Probe server =
          new Probe(duo.accept()) {
            @Override
            public boolean fill(ByteBuffer target) {
              filling.countDown();
              try {
                assertThat(reset.await(10, TimeUnit.SECONDS)).isTrue();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              target.putInt(1); // nothing was read since the reset: the write finds it
              return false;
            }
          }.start();
      server.connection.wantWrite();
      assertThat(filling.await(10, TimeUnit.SECONDS)).isTrue();
      peer.setSoLinger(true, 0);
      closeNow(peer);
      reset.countDown();
      assertThat(server.awaitFailure()).contains("the peer");
    } finally {
      if (own != null) {
        own.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
      }
    }
  }

  private static void closeNow(Socket socket) throws IOException {
    socket.close();
  }

  @Test
  void aPlainEndIsAnOrderlyClose() throws Exception {
    try (Duo duo = Duos.listen("tcp://127.0.0.1:0", Options.DEFAULTS)) {
      Probe server;
      try (Socket peer = duo.socket()) {
        peer.getOutputStream().write(1);
        server = new Probe(duo.accept()).start();
        server.awaitBytes(1);
      }
      server.awaitOrderlyClose();
    }
  }

  @Test
  void aCloseThatThePeerDoesNotTakeIsBounded() throws Exception {
    Options hasty = Options.builder().closeTimeout(Duration.ofMillis(300)).build();
    try (Duo duo = Duos.listen("tcp://127.0.0.1:0", hasty);
        Socket peer = duo.socket()) {
      Probe stuck = new Probe(duo.accept()).start();
      stuck.send(new byte[64 << 20]);
      stuck.connection.close();
      assertThat(stuck.awaitFailure()).contains("closing took longer than 300 ms");
      assertThat(peer.isConnected()).isTrue();
    }
    try (Duo duo = Duos.listen("tcp://127.0.0.1:0", hasty);
        Socket peer = duo.socket()) {
      Probe written = new Probe(duo.accept()).start();
      written.send(new byte[100]);
      written.connection.close();
      written.awaitOrderlyClose(); // all is written; the peer just never ends its side
      assertThat(peer.getInputStream().readNBytes(101)).hasSize(100);
    }
  }

  @Test
  void badKeyFiles(@org.junit.jupiter.api.io.TempDir Path folder) throws Exception {
    Path missing = folder.resolve("missing.pem");
    Path bad = java.nio.file.Files.writeString(folder.resolve("bad.pem"), "nonsense");
    Path old =
        java.nio.file.Files.writeString(
            folder.resolve("old.pem"),
            "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n");
    Path good =
        java.nio.file.Files.writeString(
            folder.resolve("good.pem"), Certificates.SERVER.getCertificatePathPEM());
    assertNoListener(TlsOptions.builder(), "a tls listener needs a key");
    assertNoListener(TlsOptions.builder().key(missing, missing), "no file " + missing);
    assertNoListener(TlsOptions.builder().key(good, bad), "no private key in " + bad);
    assertNoListener(TlsOptions.builder().key(good, old), "convert it with openssl");
    assertNoListener(
        TlsOptions.builder()
            .trust(bad)
            .key(
                Certificates.SERVER.getKeyPair().getPrivate(),
                Certificates.SERVER.getCertificatePathList()),
        "certificates in " + bad);
    assertFails(
        "tls://127.0.0.1:1",
        Options.builder().with(TlsOptions.builder().trust(missing).build()).build(),
        "no file " + missing);
    assertThatThrownBy(
            () ->
                TlsOptions.builder()
                    .clientCertificates(TlsOptions.ClientCertificates.REQUIRED)
                    .build())
        .hasMessageContaining("trust(...)");
  }

  private void assertNoListener(TlsOptions.Builder tls, String message) {
    Options options = Options.builder().with(tls.build()).build();
    assertThatThrownBy(
            () -> transport.listen(URI.create("tls://127.0.0.1:0"), options, connection -> {}))
        .isInstanceOf(ConnectFailed.class)
        .hasMessageContaining(message);
  }
}
