package io.libchan.transport.http2.okhttp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.RequestHead;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.spi.Services;
import io.libchan.spi.Transport.Role;
import io.libchan.testkit.FaultProxy;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import io.libchan.transport.http2.Http2Options;
import io.libchan.transport.http2.Http2Transport;
import io.libchan.transport.http2.common.Carrier;
import java.net.URI;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is special to OkHttp, against the listener on Netty. */
@ExtendWith(Leaks.class)
final class SessionsTest {
  /** A question and where its answer goes. */
  record Ask(int number, Sender<Integer> square) {}

  private static Listener listen(Http2Options http2) throws Exception {
    Options options =
        Options.builder()
            .with(http2)
            .closeTimeout(Duration.ofSeconds(1))
            .referenceTimeout(
                Duration.ofSeconds(1)) // where a cut has separated what belongs together
            .build();
    return Libchan.listen("http://127.0.0.1:0/libchan", options, SessionsTest::serve);
  }

  /** One channel of questions after the other; a lost one costs only itself. */
  private static void serve(Session session) throws Exception {
    while (true) {
      try {
        Receiver<Ask> asks = session.accept("ask", Ask.class);
        for (Ask ask = asks.receive(); ask != null; ask = asks.receive()) {
          ask.square().send(ask.number() * ask.number());
          ask.square().flush();
        }
      } catch (ChannelReset e) {
        // The next one.
      } catch (IllegalStateException | SessionLost e) {
        return;
      }
    }
  }

  private static Options options(Carrier carrier) {
    return Options.builder().with(OkHttpOptions.builder().carrier(carrier).build()).build();
  }

  private static String uri(FaultProxy proxy) {
    return "http://127.0.0.1:" + proxy.port() + "/libchan";
  }

  private static int ask(Sender<Ask> asks, int number) throws Exception {
    Channel<Integer> square = Channel.of(Integer.class);
    asks.send(new Ask(number, square.sender()));
    return square.receiver().receive(Duration.ofSeconds(20));
  }

  @Test
  void theOptionsChooseTheClient() {
    URI uri = URI.create("https://127.0.0.1/x");
    assertThat(Services.transport(uri, Role.CONNECT, options(Carrier.STREAMS)))
        .isInstanceOf(OkHttpTransport.class);
    assertThat(Services.transport(uri, Role.CONNECT)).isInstanceOf(Http2Transport.class);
    assertThat(Services.transport(uri, Role.LISTEN, options(Carrier.STREAMS)))
        .isInstanceOf(Http2Transport.class);
  }

  @ParameterizedTest
  @EnumSource
  void theCallersClientIsUsedWithItsInterceptorsAndTls(Carrier carrier) throws Exception {
    List<String> principals = new ArrayList<>();
    AtomicInteger requests = new AtomicInteger();
    Options listening =
        Options.builder()
            .with(Https.listening())
            .requestAuthenticator(SessionsTest::byToken)
            .build();
    OkHttpClient client =
        Https.client()
            .newBuilder()
            .readTimeout(Duration.ofMillis(1)) // ours hold
            .addInterceptor(
                chain -> {
                  requests.incrementAndGet();
                  return chain.proceed(
                      chain.request().newBuilder().header("authorization", "Bearer ann").build());
                })
            .build();
    Options connecting =
        Options.builder()
            .with(OkHttpOptions.builder().carrier(carrier).client(client).build())
            .build();
    try (Listener listener =
            Libchan.listen(
                "https://127.0.0.1:0/libchan",
                listening,
                session -> {
                  synchronized (principals) {
                    principals.add(session.peer().principal().getName());
                  }
                  serve(session);
                });
        Session session = Libchan.connect(listener.uri().toString(), connecting)) {
      assertThat(ask(session.open("ask", Ask.class), 5)).isEqualTo(25);
      assertThat(session.peer().principal().getName()).isEqualTo("CN=both");
      synchronized (principals) {
        assertThat(principals).containsExactly("ann");
      }
      assertThat(requests).hasValueGreaterThan(carrier == Carrier.SINGLE ? 0 : 2);
      assertThat(client.connectionPool().connectionCount()).isZero();
    }
  }

  private static Answer byToken(PeerInfo peer) {
    RequestHead request = peer.request();
    String token = request == null ? null : request.header("authorization");
    if (token == null) {
      return Answer.unauthorized("Bearer realm=\"r\"");
    }
    return token.equals("Bearer nobody") ? Answer.forbidden() : Answer.admit(new User("ann"));
  }

  /** A principal of these tests. */
  private record User(String name) implements Principal {
    @Override
    public String getName() {
      return name;
    }
  }

  private static ConnectFailed refused(String uri, OkHttpOptions own) {
    try (Session session =
        Libchan.connect(
            uri, Options.builder().connectTimeout(Duration.ofSeconds(20)).with(own).build())) {
      throw new AssertionError("connected: " + session);
    } catch (ConnectFailed e) {
      return e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Rule("H2-10")
  void refusalsAreTypedErrors(Carrier carrier) throws Exception {
    Options listening =
        Options.builder()
            .with(Http2Options.builder().maxSessions(1).build())
            .requestAuthenticator(SessionsTest::byToken)
            .build();
    try (Listener listener =
        Libchan.listen("http://127.0.0.1:0/libchan", listening, SessionsTest::serve)) {
      String uri = listener.uri().toString();
      ConnectFailed none = refused(uri, OkHttpOptions.builder().carrier(carrier).build());
      assertThat(none.reason().code()).isEqualTo(ReasonCode.REFUSED);
      assertThat(none.getMessage()).contains("401", "asks for Bearer realm=\"r\"");
      ConnectFailed nobody =
          refused(uri, OkHttpOptions.builder().carrier(carrier).bearer("nobody").build());
      assertThat(nobody.reason().code()).isEqualTo(ReasonCode.REFUSED);
      assertThat(nobody.getMessage()).contains("403").doesNotContain("Bearer nobody");
      OkHttpOptions ann = OkHttpOptions.builder().carrier(carrier).bearer("ann").build();
      ConnectFailed elsewhere = refused(uri.replace("/libchan", "/other"), ann);
      assertThat(elsewhere.reason().code()).isEqualTo(ReasonCode.CONNECT_FAILED);
      assertThat(elsewhere.getMessage()).contains("nothing is served");
      try (Session session = Libchan.connect(uri, Options.builder().with(ann).build())) {
        assertThat(ask(session.open("ask", Ask.class), 2)).isEqualTo(4);
        ConnectFailed full = refused(uri, ann); // 503
        assertThat(full.reason().code()).isEqualTo(ReasonCode.LIMIT);
        assertThat(full.getMessage()).contains("sessions");
      }
    }
  }

  @Test
  @Rule({"H2-14", "H2-18"})
  void aSessionOutlivesItsConnection() throws Exception {
    try (Listener listener = listen(Http2Options.DEFAULTS);
        FaultProxy proxy = new FaultProxy(listener.uri().getPort());
        Session session = Libchan.connect(uri(proxy), options(Carrier.STREAMS))) {
      Sender<Ask> asks = session.open("ask", Ask.class);
      assertThat(ask(asks, 3)).isEqualTo(9);
      for (FaultProxy.Cut cut : FaultProxy.Cut.values()) {
        proxy.cutNow(cut);
        Sender<Ask> lost = asks;
        assertThatThrownBy(
                () -> {
                  while (true) {
                    ask(lost, 4);
                  }
                })
            .isInstanceOf(ChannelException.class)
            .isNotInstanceOf(SessionLost.class);
        asks = openAfterLoss(session);
      }
    }
  }

  /** OkHttp tells each request of a lost connection for itself, and may have some still to tell. */
  private static Sender<Ask> openAfterLoss(Session session) throws Exception {
    AtomicReference<Sender<Ask>> good = new AtomicReference<>();
    Waits.until(
        "a channel on another connection",
        () -> {
          Sender<Ask> asks = session.open("ask", Ask.class);
          try {
            assertThat(ask(asks, 5)).isEqualTo(25);
          } catch (ChannelReset e) {
            assertThat(e.reason().code()).isEqualTo(ReasonCode.CONNECTION_LOST);
            return false;
          }
          good.set(asks);
          return true;
        });
    return good.get();
  }

  @Test
  @Rule("H2-16")
  void aSingleRequestThatIsCutIsALostSession() throws Exception {
    try (Listener listener = listen(Http2Options.DEFAULTS);
        FaultProxy proxy = new FaultProxy(listener.uri().getPort());
        Session session = Libchan.connect(uri(proxy), options(Carrier.SINGLE))) {
      Sender<Ask> asks = session.open("ask", Ask.class);
      assertThat(ask(asks, 3)).isEqualTo(9);
      proxy.cutNow(FaultProxy.Cut.FIN);
      assertThatThrownBy(
              () -> {
                while (true) {
                  ask(asks, 4);
                }
              })
          .isInstanceOf(SessionLost.class);
    }
  }

  @Test
  @Rule({"H2-17", "H2-18"})
  void twoHundredStreamsTakeSeveralConnections() throws Exception {
    try (Listener listener = listen(Http2Options.builder().maxConcurrentStreams(64).build());
        FaultProxy proxy = new FaultProxy(listener.uri().getPort());
        Session session = Libchan.connect(uri(proxy), options(Carrier.STREAMS))) {
      Sender<Ask> asks = session.open("ask", Ask.class);
      List<Receiver<Integer>> open = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        Channel<Integer> square = Channel.of(Integer.class);
        asks.send(new Ask(i, square.sender()));
        open.add(square.receiver());
      }
      for (int i = 0; i < 200; i++) {
        assertThat(open.get(i).receive(Duration.ofSeconds(30))).isEqualTo(i * i);
      }
      assertThat(proxy.connections()).isGreaterThan(2);
    }
  }

  /** Receives from the channels that it is given, one of them only when told to. */
  private static final class Slow {
    private final ConcurrentHashMap<String, Receiver<byte[]>> channels = new ConcurrentHashMap<>();

    void serve(Session session) throws Exception {
      channels.put("stalled", session.accept("stalled", byte[].class));
      Receiver<byte[]> busy = session.accept("busy", byte[].class);
      try (Sender<Integer> lengths = session.open("lengths", Integer.class)) {
        for (byte[] message : busy) {
          lengths.send(message.length);
        }
      }
      for (byte[] message : channels.get("stalled")) {
        assertThat(message).hasSize(1000);
      }
    }
  }

  private static boolean sent(Sender<byte[]> to, byte[] message) throws Exception {
    try {
      to.send(message, Duration.ofMillis(100));
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  @ParameterizedTest
  @EnumSource
  @Rule("H2-12")
  void aStalledReceiverIsBoundedAndStopsNobody(Carrier carrier) throws Exception {
    try (Listener listener =
            Libchan.listen(
                "http://127.0.0.1:0/libchan",
                Options.DEFAULTS,
                session -> new Slow().serve(session));
        Session session = Libchan.connect(listener.uri().toString(), options(carrier))) {
      Sender<byte[]> stalled = session.open("stalled", byte[].class);
      Sender<byte[]> busy = session.open("busy", byte[].class);
      Receiver<Integer> lengths = session.accept("lengths", Integer.class);
      int taken = 0;
      while (taken < 10_000 && sent(stalled, new byte[1000])) {
        taken++;
      }
      assertThat(taken).isLessThan(4 * 1024); // of 1,000 bytes: window and queue, no more
      for (int i = 0; i < 200; i++) {
        busy.send(new byte[50_000]);
        assertThat(lengths.receive(Duration.ofSeconds(20))).isEqualTo(50_000);
      }
      busy.close();
      stalled.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPeerWhoseConnectionIsFullLeavesNoThread(Carrier carrier) throws Exception {
    Options options =
        options(carrier).toBuilder()
            .keepAlive(Duration.ofMillis(500), Duration.ofMillis(500))
            .closeTimeout(Duration.ofMillis(500))
            .build();
    try (Listener listener =
            Libchan.listen(
                "http://127.0.0.1:0/libchan",
                Options.DEFAULTS,
                session -> new Slow().serve(session));
        FaultProxy proxy = new FaultProxy(listener.uri().getPort());
        Session session = Libchan.connect(uri(proxy), options)) {
      List<Sender<byte[]>> stalled = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        stalled.add(session.open("stalled", byte[].class));
      }
      proxy.toServer().stallAt(proxy.toServer().bytes());
      assertThatThrownBy(
              () -> {
                while (true) {
                  for (Sender<byte[]> each : stalled) {
                    sent(each, new byte[10_000]);
                  }
                }
              })
          .isInstanceOf(ChannelException.class);
    }
  }

  @Test
  void whatIsNotThereIsToldInOneLine() throws Exception {
    int port;
    try (Listener listener = listen(Http2Options.DEFAULTS)) {
      port = listener.uri().getPort();
    }
    OkHttpOptions own = OkHttpOptions.DEFAULTS;
    assertThat(refused("http://127.0.0.1:" + port, own)).hasMessageContaining("connection refused");
    assertThat(refused("http://nowhere.invalid", own)).hasMessageContaining("unknown host nowhere");
    Options tls = Options.builder().with(Https.listening()).build();
    try (Listener listener =
        Libchan.listen("https://127.0.0.1:0/libchan", tls, SessionsTest::serve)) {
      assertThat(refused(listener.uri().toString(), own)).hasMessageContaining("certificate");
      assertThat(refused("http://127.0.0.1:" + listener.uri().getPort(), own).reason().code())
          .isEqualTo(ReasonCode.CONNECT_FAILED);
    }
  }
}
