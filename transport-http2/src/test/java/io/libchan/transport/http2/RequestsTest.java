package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.RequestHead;
import io.libchan.Session;
import io.libchan.testkit.Rule;
import io.libchan.transport.http2.RawPeer.Frame;
import io.libchan.transport.http2.common.Carrier;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a listener says to requests, frame by frame. */
final class RequestsTest {
  private static final String ID = "00112233445566778899aabbccddeeff";
  private static final String OTHER_ID = "ffeeddccbbaa99887766554433221100";
  private static final byte[] GO_AWAY = HexFormat.of().parseHex("000300000000000000000000");

  private final BlockingQueue<Session> sessions = new LinkedBlockingQueue<>();
  private Listener listener;

  private int listen(UnaryOperator<Options.Builder> change) throws Exception {
    Options options = change.apply(Options.builder().closeTimeout(Duration.ofMillis(200))).build();
    listener = Libchan.listen("http://127.0.0.1:0/libchan", options, sessions::add);
    return listener.uri().getPort();
  }

  @AfterEach
  void close() {
    listener.close();
  }

  @Test
  @Rule("H2-1")
  void onlyAPostToThePathIsTaken() throws Exception {
    int port = listen(options -> options);
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/other", ID, 1, "single");
      assertThat(client.status(1)).isEqualTo("404");
      client.request(3, "/libchan/deeper", ID, 1, "single");
      assertThat(client.status(3)).isEqualTo("404");
      client.headers(
          5, true, ":method", "GET", ":scheme", "http", ":path", "/libchan", ":authority", "x");
      Http2Headers refused = client.answer(5);
      assertThat(refused.status()).hasToString("405");
      assertThat(refused.get("allow")).hasToString("POST");
    }
  }

  @Test
  @Rule("H2-2")
  void aRequestWithoutOurHeadersIsRefused() throws Exception {
    int port = listen(options -> options);
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", "too-short", 1, "single");
      assertThat(client.status(1)).isEqualTo("400");
      client.request(3, "/libchan", ID, 1, "both");
      assertThat(client.status(3)).isEqualTo("400");
      client.request(5, "/libchan", ID, 0, "single");
      assertThat(client.status(5)).isEqualTo("400");
      client.headers(
          7, false, ":method", "POST", ":scheme", "http", ":path", "/libchan", ":authority", "x");
      assertThat(client.status(7)).isEqualTo("400");
    }
  }

  @Test
  @Rule({"H2-8", "H2-13"})
  void aRequestIsAnsweredAtOnceAndEndsFirst() throws Exception {
    int port = listen(options -> options);
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan?zone=3", ID, 1, "single");
      Http2Headers answer = client.answer(1);
      assertThat(answer.status()).hasToString("200");
      assertThat(answer.get("libchan-carrier")).hasToString("single");
      assertThat(answer.get("cache-control")).hasToString("no-store, no-transform");
      client.data(1, true, GO_AWAY);
      client.await(frame -> frame.stream() == 1 && frame.ends());
    }
  }

  @Test
  @Rule("H2-24")
  void aConnectionIsIdleAfterItsLastRequestAndNotAfterItsFirst() throws Exception {
    long idleNanos = TimeUnit.MILLISECONDS.toNanos(300);
    Http2Options http2 = Http2Options.builder().idleTimeout(Duration.ofNanos(idleNanos)).build();
    int port = listen(options -> options.with(http2).handshakeTimeout(Duration.ofNanos(idleNanos)));
    try (RawPeer client = RawPeer.connect(port)) {
      client.frame(
          RawPeer.WINDOW_UPDATE, 0, 0, new byte[] {0x7f, 0, 0, 0}); // for many refusals' texts
      long start = System.nanoTime();
      for (int stream = 1; System.nanoTime() - start < 3 * idleNanos; stream += 2) {
        client.headers(
            stream, true, ":method", "GET", ":scheme", "http", ":path", "/", ":authority", "x");
        assertThat(client.status(stream)).isEqualTo("404");
      }
      client.await(frame -> frame.type() == RawPeer.GOAWAY);
    }
  }

  @Test
  @Rule("H2-4")
  void aRequestForNoSessionIsRefused() throws Exception {
    int port = listen(options -> options);
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 2, "streams");
      Http2Headers answer = client.answer(1);
      assertThat(answer.status()).hasToString("410");
      assertThat(answer.get("libchan-reason")).asString().startsWith("4 no such session here");

      client.request(3, "/libchan", ID, 1, "single");
      assertThat(client.status(3)).isEqualTo("200");
      client.data(3, true, GO_AWAY);
      client.await(frame -> frame.stream() == 3 && frame.ends());
      client.request(5, "/libchan", ID, 1, "single"); // a proxy repeats what is over
      assertThat(client.status(5)).isEqualTo("410");
    }
  }

  @Test
  @Rule("H2-5")
  void aNumberThatCameBeforeIsRefused() throws Exception {
    int port = listen(options -> options);
    try (RawPeer client = RawPeer.connect(port);
        RawPeer elsewhere = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "streams");
      assertThat(client.status(1)).isEqualTo("200");
      elsewhere.request(1, "/libchan", ID, 3, "streams");
      assertThat(elsewhere.status(1)).isEqualTo("200");
      client.request(3, "/libchan", ID, 2, "streams"); // overtaken, and right
      assertThat(client.status(3)).isEqualTo("200");
      client.request(5, "/libchan", ID, 3, "streams");
      assertThat(client.status(5)).isEqualTo("409");
      client.request(7, "/libchan", ID, 1, "streams");
      assertThat(client.status(7)).isEqualTo("409");
      client.request(9, "/libchan", ID, 4, "single");
      assertThat(client.status(9)).isEqualTo("409");
    }
  }

  private static Answer byToken(PeerInfo peer) {
    RequestHead request = peer.request();
    String token = request == null ? null : request.header("Authorization");
    if (token == null) {
      return Answer.unauthorized("Bearer");
    }
    String user = token.substring("Bearer ".length());
    return user.equals("nobody") ? Answer.forbidden() : Answer.admit(new User(user));
  }

  /** A principal of these tests. */
  private record User(String name) implements java.security.Principal {
    @Override
    public String getName() {
      return name;
    }
  }

  @Test
  @Rule("H2-7")
  void credentialsAreJudgedForEachRequest() throws Exception {
    int port = listen(options -> options.requestAuthenticator(RequestsTest::byToken));
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "streams");
      Http2Headers answer = client.answer(1);
      assertThat(answer.status()).hasToString("401");
      assertThat(answer.get("www-authenticate")).hasToString("Bearer");
      client.request(3, "/libchan", ID, 1, "streams", "authorization", "Bearer nobody");
      assertThat(client.status(3)).isEqualTo("403");
      client.request(5, "/libchan", ID, 1, "streams", "authorization", "Bearer ann");
      assertThat(client.status(5)).isEqualTo("200");
      client.request(7, "/libchan", ID, 2, "streams");
      assertThat(client.status(7)).isEqualTo("401");
    }
  }

  @Test
  @Rule("H2-6")
  void aSessionCanNotBeHijacked() throws Exception {
    int port = listen(options -> options.requestAuthenticator(RequestsTest::byToken));
    try (RawPeer ann = RawPeer.connect(port);
        RawPeer eve = RawPeer.connect(port)) {
      ann.request(1, "/libchan", ID, 1, "streams", "authorization", "Bearer ann");
      assertThat(ann.status(1)).isEqualTo("200");
      eve.request(1, "/libchan", ID, 2, "streams", "authorization", "Bearer eve");
      assertThat(eve.status(1)).isEqualTo("403");
      ann.request(3, "/libchan", ID, 2, "streams", "authorization", "Bearer ann");
      assertThat(ann.status(3)).isEqualTo("200");
    }
  }

  @Test
  void theSessionKnowsItsRequestAndWhoSentIt() throws Exception {
    int port = listen(options -> options.requestAuthenticator(RequestsTest::byToken));
    for (Carrier carrier : Carrier.values()) {
      Options options =
          Options.builder()
              .with(
                  Http2Options.builder()
                      .carrier(carrier)
                      .bearer("ann")
                      .header("x-tenant", "blue")
                      .build())
              .build();
      try (Session session =
          Libchan.connect("http://127.0.0.1:" + port + "/libchan?zone=3", options)) {
        Session there = sessions.poll(10, TimeUnit.SECONDS);
        assertThat(there.peer().principal()).isEqualTo(new User("ann"));
        assertThat(there.peer().request().header("X-Tenant")).isEqualTo("blue");
        assertThat(there.peer().request().target()).isEqualTo("/libchan?zone=3");
        assertThat(there.peer().toString()).doesNotContain("Bearer");
        assertThat(session.peer().transport()).isEqualTo("http");
      }
    }
  }

  @Test
  @Rule("H2-23")
  void sessionsAreLimited() throws Exception {
    int port = listen(options -> options.with(Http2Options.builder().maxSessions(1).build()));
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "single");
      assertThat(client.status(1)).isEqualTo("200");
      client.request(3, "/libchan", OTHER_ID, 1, "single");
      Http2Headers answer = client.answer(3);
      assertThat(answer.status()).hasToString("503");
      assertThat(answer.get("libchan-reason")).asString().startsWith("7 sessions: ");
      client.data(1, true, GO_AWAY);
      client.await(frame -> frame.stream() == 1 && frame.ends());
      client.request(5, "/libchan", OTHER_ID, 1, "single");
      assertThat(client.status(5)).isEqualTo("200");
    }
  }

  @Test
  @Rule("H2-23")
  void requestsThatWaitForTheAuthenticatorAreLimited() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    int port =
        listen(
            options ->
                options
                    .requestAuthenticator(
                        peer -> {
                          open.await();
                          return Answer.admit();
                        })
                    .with(Http2Options.builder().maxPendingRequests(2).build()));
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "single");
      client.request(3, "/libchan", OTHER_ID, 1, "single");
      client.request(5, "/libchan", "0".repeat(32), 1, "single");
      Http2Headers answer = client.answer(5);
      assertThat(answer.status()).hasToString("503");
      assertThat(answer.get("libchan-reason")).asString().startsWith("7 pending-requests: ");
      open.countDown();
      assertThat(client.status(1)).isEqualTo("200");
    } finally {
      open.countDown();
    }
  }

  @Test
  void anAuthenticatorThatIsLateRefuses() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    int port =
        listen(
            options ->
                options
                    .handshakeTimeout(Duration.ofMillis(200))
                    .requestAuthenticator(
                        peer -> {
                          open.await();
                          return Answer.admit();
                        }));
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "single");
      assertThat(client.status(1)).isEqualTo("503");
    } finally {
      open.countDown();
    }
  }

  @Test
  @Rule("H2-20")
  void aConnectionHasABoundedNumberOfRequests() throws Exception {
    int port =
        listen(options -> options.with(Http2Options.builder().maxConcurrentStreams(2).build()));
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "streams");
      client.request(3, "/libchan", ID, 2, "streams");
      client.await(frame -> frame.type() == RawPeer.SETTINGS && (frame.flags() & 1) != 0);
      client.request(5, "/libchan", ID, 3, "streams");
      Frame reset = client.await(frame -> frame.type() == RawPeer.RST_STREAM);
      assertThat(reset.stream()).isEqualTo(5);
      assertThat(reset.code()).isEqualTo((int) Http2Error.REFUSED_STREAM.code());
    }
  }

  @Test
  @Rule("H2-20")
  void headersAreBounded() throws Exception {
    int port =
        listen(options -> options.with(Http2Options.builder().maxHeaderListBytes(2048).build()));
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "single", "x-long", "x".repeat(1850));
      assertThat(client.status(1)).isEqualTo("431");
      client.request(3, "/libchan", ID, 1, "single", "x-long", "x".repeat(3000));
      client.await(frame -> frame.type() == RawPeer.GOAWAY);
    }
  }

  @Test
  @Rule("H2-24")
  void aConnectionWithoutARequestIsClosed() throws Exception {
    int port = listen(options -> options.handshakeTimeout(Duration.ofMillis(200)));
    try (RawPeer client = RawPeer.connect(port)) {
      Frame away = client.await(frame -> frame.type() == RawPeer.GOAWAY);
      assertThat(away.code()).isZero();
      assertThat(client.next()).isNull();
    }
  }

  @Test
  @Rule("H2-9")
  void trailersAreALoss() throws Exception {
    int port = listen(options -> options);
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/libchan", ID, 1, "streams");
      assertThat(client.status(1)).isEqualTo("200");
      client.headers(1, true, "x-trailer", "1");
      Frame end =
          client.await(f -> f.stream() == 1 && (f.ends() || f.type() == RawPeer.RST_STREAM));
      assertThat(end.type()).isEqualTo(RawPeer.RST_STREAM);
    }
  }

  @Test
  void whatIsRefusedIsResetOnlyIfTheClientDoesNotEndIt() throws Exception {
    int port = listen(options -> options);
    try (RawPeer client = RawPeer.connect(port)) {
      client.request(1, "/other", ID, 1, "single");
      assertThat(client.status(1)).isEqualTo("404");
      client.data(1, true, new byte[0]);
      client.request(3, "/other", ID, 1, "single");
      assertThat(client.status(3)).isEqualTo("404");
      Frame reset = client.await(frame -> frame.type() == RawPeer.RST_STREAM);
      assertThat(reset.stream()).isEqualTo(3);
      assertThat(reset.code()).isZero();
    }
  }
}
