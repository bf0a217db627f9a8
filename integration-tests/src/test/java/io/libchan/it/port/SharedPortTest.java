package io.libchan.it.port;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Receiver;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.spi.Services;
import io.libchan.spi.Transport;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.FaultProxy;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import io.libchan.transport.http2.Http2Options;
import io.libchan.transport.netty.TcpOptions;
import io.libchan.transport.netty.TcpOptions.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.URL;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Enumeration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Three wires on one port, over TCP and over TLS, and whoever speaks none of them. */
@ExtendWith(QuietLog.class)
@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SharedPortTest {
  private static final Options SERVER =
      Options.builder().with(Certificates.with(null, Certificates.SERVER).build()).build();
  private static final Options CLIENT =
      Options.builder().with(Certificates.with(Certificates.CA, null).build()).build();

  /** A question, where to answer, and what else is asked. */
  record Ask(int number, Sender<Reply> reply, Receiver<Integer> more) {}

  record Reply(int number, String wire, Sender<Integer> back) {}

  private final Queue<PeerInfo> peers = new ConcurrentLinkedQueue<>();
  private final Queue<AutoCloseable> open = new ConcurrentLinkedQueue<>();
  private Listener listener;

  private int listen(String scheme, Options options, TcpOptions.Builder sockets) throws Exception {
    Options.Builder all = options.toBuilder().closeTimeout(Duration.ofMillis(500));
    listener =
        Libchan.listen(scheme + "://127.0.0.1:0", all.with(sockets.build()).build(), this::serve);
    open.add(listener);
    return listener.uri().getPort();
  }

  private static TcpOptions.Builder all() {
    return TcpOptions.builder().wires(EnumSet.allOf(Wire.class));
  }

  private void serve(Session session) throws Exception {
    peers.add(session.peer());
    Receiver<Ask> asks = session.accept(Ask.class);
    for (Ask ask = asks.receive(); ask != null; ask = asks.receive()) {
      Channel<Integer> back = Channel.of(Integer.class);
      int sum = ask.number() + ask.more().receive();
      ask.reply().send(new Reply(sum, session.peer().transport(), back.sender()));
      ask.reply().send(new Reply(back.receiver().receive(), "", null));
      ask.reply().close();
    }
  }

  private Session connect(String uri, Options options) throws Exception {
    Session session = Libchan.connect(uri, options);
    open.add(session);
    return session;
  }

  /** A channel, channels in its messages, and messages in those, both ways. */
  private static String exchange(Session session) throws Exception {
    try (Sender<Ask> asks = session.open(Ask.class)) {
      Channel<Reply> replies = Channel.of(Reply.class);
      Channel<Integer> more = Channel.of(Integer.class);
      asks.send(new Ask(40, replies.sender(), more.receiver()));
      more.sender().send(2);
      Reply first = replies.receiver().receive();
      assertThat(first.number()).isEqualTo(42);
      first.back().send(7);
      assertThat(replies.receiver().receive().number()).isEqualTo(7);
      assertThat(replies.receiver().receive()).isNull();
      return first.wire();
    }
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private Socket raw(int port) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) Waits.BOUND.toMillis());
    open.add(socket);
    return socket;
  }

  /** What the listener writes before it ends the connection. */
  private static byte[] rest(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    try {
      return in.readAllBytes();
    } catch (SocketException e) {
      return new byte[0]; // by a reset
    }
  }

  private static void write(Socket socket, String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(ISO_8859_1));
  }

  @Test
  @Rule({"PORT-2", "PORT-6"})
  void threeWiresOverTcp() throws Exception {
    int port = listen("tcp", Options.DEFAULTS, all());
    List<Session> sessions = new ArrayList<>();
    for (String scheme : List.of("tcp", "spdy", "http")) {
      sessions.add(connect(scheme + "://127.0.0.1:" + port, Options.DEFAULTS));
    }
    sessions.add(connect("http://127.0.0.1:" + port + "?carrier=single", Options.DEFAULTS));
    List<String> wires = new ArrayList<>();
    for (Session session : sessions) { // all of them are open
      wires.add(exchange(session));
    }
    assertThat(wires).containsExactly("tcp", "spdy", "http", "http");
    assertThat(listener.sessions()).isEqualTo(4);
    assertThat(peers).allMatch(peer -> peer.address().startsWith("127.0.0.1:"));
  }

  @Test
  @Rule({"PORT-1", "PORT-2"})
  void threeWiresOverTls() throws Exception {
    int port = listen("tls", SERVER, all());
    List<String> wires = new ArrayList<>();
    for (String scheme : List.of("tls", "spdys", "https")) {
      wires.add(exchange(connect(scheme + "://127.0.0.1:" + port, CLIENT)));
    }
    assertThat(wires).containsExactly("tls", "spdys", "https");
    assertThat(listener.sessions()).isEqualTo(3);
  }

  /** Wire 1 needs no ALPN where the peer has none (TLS-1), HTTP/2 does (H2-1). */
  @Test
  @Rule({"TLS-1", "PORT-2", "PORT-3"})
  void overTlsWithoutAlpnTheFirstBytesTell() throws Exception {
    int port = listen("tls", SERVER, all());
    try (SSLSocket yamux = tls(port)) {
      write(yamux, "\0\2\0\1\0\0\0\0\0\0\0\7"); // PING
      byte[] answer = yamux.getInputStream().readNBytes(12);
      assertThat(answer).startsWith(0, 2, 0, 2).endsWith(0, 7);
    }
    for (String first : List.of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n\r\n")) {
      try (SSLSocket other = tls(port)) {
        write(other, first);
        assertThat(rest(other)).isEmpty();
      }
    }
    try (SSLSocket foreign = tls(port, "spdy/3.1")) {
      assertThatThrownBy(foreign::startHandshake).hasMessageContaining("no_application_protocol");
    }
  }

  private static SSLSocket tls(int port, String... alpn) throws Exception {
    KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
    trusted.load(null);
    trusted.setCertificateEntry("ca", Certificates.CA.getCertificate());
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, factory.getTrustManagers(), null);
    SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(alpn);
    socket.setSSLParameters(parameters);
    socket.setSoTimeout((int) Waits.BOUND.toMillis());
    return socket;
  }

  /** Every prefix comes cut into its bytes; one comes late, and harms nobody meanwhile. */
  @Test
  @Rule("PORT-2")
  void firstBytesOneByOneAndLate() throws Exception {
    int port = listen("tcp", Options.DEFAULTS, all());
    try (FaultProxy slow = new FaultProxy(port);
        FaultProxy late = new FaultProxy(port)) {
      slow.toServer().oneByOne();
      late.toServer().stallAt(0);
      CompletableFuture<Session> waiting =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return connect("tcp://127.0.0.1:" + late.port(), Options.DEFAULTS);
                } catch (Exception e) {
                  throw new CompletionException(e);
                }
              });
      Waits.until("it is connected", () -> late.connections() == 1);
      List<String> wires = new ArrayList<>();
      for (String scheme : List.of("http", "spdy", "tcp")) {
        try (Session session = Libchan.connect(scheme + "://127.0.0.1:" + slow.port())) {
          wires.add(exchange(session));
        }
      }
      assertThat(wires).containsExactly("http", "spdy", "tcp");
      late.toServer().goOn();
      assertThat(exchange(waiting.get())).isEqualTo("tcp");
    }
  }

  @Test
  @Rule("PORT-3")
  void bytesOfNoWireAreRefusedWithoutAnAnswer() throws Exception {
    int port = listen("tcp", Options.DEFAULTS, all());
    for (String first :
        List.of(
            "GET / HTTP/1.1\r\n\r\n",
            "P",
            "\u0080\2\0\1",
            "\26\3\1\2\0\1", // TLS
            "PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n",
            "\377".repeat(200_000))) {
      Socket socket = raw(port);
      try {
        write(socket, first);
        if (first.equals("P")) {
          write(socket, "UT / HTTP/1.1\r\n\r\n"); // as long as it may be one, it is waited for
        }
      } catch (SocketException e) {
        // refused before all was written
      }
      assertThat(rest(socket)).as(first.substring(0, 1)).isEmpty();
    }
    assertThat(exchange(connect("http://127.0.0.1:" + port, Options.DEFAULTS))).isEqualTo("http");
    assertThat(listener.sessions()).isEqualTo(1);
  }

  /** The places of whoever does not tell its wire are free again. */
  @Test
  @Rule({"PORT-4", "PORT-5"})
  void silenceCountsUntilTheTimeOut() throws Exception {
    Options options = Options.builder().handshakeTimeout(Duration.ofMillis(1500)).build();
    int port = listen("tcp", options, all().maxHandshakes(3));
    Socket cut = raw(port);
    write(cut, "PRI");
    List<Socket> silent = List.of(raw(port), raw(port));
    write(silent.get(1), "PRI * HT");
    Socket over = raw(port);
    assertThat(rest(over)).isEmpty(); // at once: the others are open yet
    cut.close();
    Waits.until(
        "the place of the one that ended is free",
        () -> {
          try (Session session = Libchan.connect("tcp://127.0.0.1:" + port)) {
            return exchange(session).equals("tcp");
          } catch (ChannelException e) {
            return false;
          }
        });
    for (Socket each : silent) {
      assertThat(rest(each)).isEmpty();
    }
    assertThat(exchange(connect("spdy://127.0.0.1:" + port, Options.DEFAULTS))).isEqualTo("spdy");
  }

  /** A client that has nothing to say yet is not taken for a silent one. */
  @Test
  @Rule("PORT-4")
  void everyWireIsKnownBeforeItsFirstChannel() throws Exception {
    int port = listen("tcp", Options.DEFAULTS, all());
    for (String scheme : List.of("tcp", "spdy", "http")) {
      Session session = connect(scheme + "://127.0.0.1:" + port, Options.DEFAULTS);
      if (scheme.equals("http")) {
        session.open("any", Integer.class); // HTTP/2's sessions begin with a request
      }
      Waits.until(scheme, () -> peers.stream().anyMatch(peer -> peer.transport().equals(scheme)));
    }
  }

  @Test
  void aListenerOfOneWireTakesNoOther() throws Exception {
    int port = listen("tcp", Options.DEFAULTS, TcpOptions.builder());
    assertThatThrownBy(() -> exchange(connect("http://127.0.0.1:" + port, Options.DEFAULTS)))
        .isInstanceOf(ChannelException.class);
    assertThatThrownBy(() -> exchange(connect("spdy://127.0.0.1:" + port, Options.DEFAULTS)))
        .isInstanceOf(ChannelException.class);
    assertThat(exchange(connect("tcp://127.0.0.1:" + port, Options.DEFAULTS))).isEqualTo("tcp");
    assertThat(peers).hasSize(1);
  }

  @Test
  @Rule("PORT-3")
  void aListenerOfTwoWiresTakesNoThird() throws Exception {
    int port =
        listen(
            "tcp",
            Options.DEFAULTS,
            TcpOptions.builder().wires(EnumSet.of(Wire.LIBCHAN, Wire.HTTP2)));
    assertThatThrownBy(() -> exchange(connect("spdy://127.0.0.1:" + port, Options.DEFAULTS)))
        .isInstanceOf(ChannelException.class);
    assertThat(exchange(connect("http://127.0.0.1:" + port, Options.DEFAULTS))).isEqualTo("http");
  }

  @Test
  void closingEndsTheSessionsOfAllWires() throws Exception {
    int port = listen("tcp", Options.DEFAULTS, all());
    List<Session> sessions = new ArrayList<>();
    for (String scheme : List.of("tcp", "spdy", "http")) {
      Session session = connect(scheme + "://127.0.0.1:" + port, Options.DEFAULTS);
      exchange(session);
      sessions.add(session);
    }
    Socket silent = raw(port);
    listener.close();
    for (Session session : sessions) {
      Waits.value(session.closed());
    }
    assertThat(rest(silent)).isEmpty();
    assertThatThrownBy(() -> connect("http://127.0.0.1:" + port, Options.DEFAULTS))
        .hasMessageContaining("connection refused");
  }

  /** The path is HTTP/2's, and its refusals are those of an HTTP listener. */
  @Test
  @Rule("H2-7")
  void http2HasItsPathAndItsAuthenticator() throws Exception {
    Options options =
        Options.builder()
            .authenticator(attempt -> attempt.peer().request() != null)
            .requestAuthenticator(
                peer ->
                    "Bearer x".equals(peer.request().header("authorization"))
                        ? Answer.admit(null)
                        : Answer.unauthorized("Bearer"))
            .with(all().build())
            .build();
    listener = Libchan.listen("tcp://127.0.0.1:0/chan", options, this::serve);
    open.add(listener);
    assertThat(listener.uri().getPath()).isEqualTo("/chan");
    int port = listener.uri().getPort();
    Options bearer = Options.builder().with(Http2Options.builder().bearer("x").build()).build();
    assertThat(exchange(connect("http://127.0.0.1:" + port + "/chan", bearer))).isEqualTo("http");
    assertThatThrownBy(() -> exchange(connect("http://127.0.0.1:" + port, bearer)))
        .hasMessageContaining("nothing is served at this path");
    assertThatThrownBy(
            () -> exchange(connect("http://127.0.0.1:" + port + "/chan", Options.DEFAULTS)))
        .isInstanceOf(ChannelException.class);
    for (String scheme : List.of("tcp", "spdy")) {
      assertThatThrownBy(() -> exchange(connect(scheme + "://127.0.0.1:" + port, bearer)))
          .as(scheme)
          .isInstanceOf(ChannelException.class);
    }
    assertThat(peers).hasSize(1);
  }

  @Test
  @Rule("PORT-6")
  void anAuthenticatorOfRequestsAloneWouldLeaveTwoWiresOpen() {
    Options options =
        Options.builder()
            .requestAuthenticator(peer -> Answer.forbidden())
            .with(all().build())
            .build();
    assertThatThrownBy(() -> Libchan.listen("tcp://127.0.0.1:0", options, Session::close))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("add Options.authenticator()");
  }

  /** A program that knows nothing of libchan. */
  @Test
  @Rule("PORT-2")
  void nghttpIsToldWhatThisIs() throws Exception {
    int port = listen("tcp", Options.DEFAULTS, all());
    Process nghttp =
        new ProcessBuilder("nghttp", "-v", "http://127.0.0.1:" + port)
            .redirectErrorStream(true)
            .start();
    String said = new String(nghttp.getInputStream().readAllBytes(), ISO_8859_1);
    assertThat(said).contains(":status: 405").contains("this is libchan: the method is POST");
  }

  @Test
  void theMissingArtifactIsNamed() {
    Thread thread = Thread.currentThread();
    ClassLoader loader = thread.getContextClassLoader();
    Options options = Options.builder().with(all().build()).build();
    var transport = Services.transport(URI.create("tcp://127.0.0.1:0"), Transport.Role.LISTEN);
    thread.setContextClassLoader(new WithoutSpdy(loader));
    try {
      assertThatThrownBy(
              () -> transport.listen(URI.create("tcp://127.0.0.1:0"), options, any -> {}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("add the artifact io.libchan:libchan-transport-spdy");
    } finally {
      thread.setContextClassLoader(loader);
    }
  }

  /** Finds no service of the module that speaks SPDY. */
  private static final class WithoutSpdy extends ClassLoader {
    WithoutSpdy(ClassLoader parent) {
      super(parent);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
      List<URL> found = new ArrayList<>(Collections.list(super.getResources(name)));
      found.removeIf(url -> url.getPath().contains("transport-spdy"));
      return Collections.enumeration(found);
    }
  }
}
