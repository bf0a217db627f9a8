package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import io.libchan.testkit.Rule;
import io.libchan.transport.http2.RawPeer.Frame;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.Target;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A client's session against a server that is played frame by frame. */
final class ClientSessionTest {
  private static final int FIRST = 3;

  private ServerSocket listening;
  private ClientSession session;
  private RawPeer server;
  private final Watcher watcher = new Watcher();

  /** The engine's place, for the session. */
  private static final class Watcher implements BodyConnection.Handler {
    private final BlockingQueue<Integer> capacities = new LinkedBlockingQueue<>();
    private final CompletableFuture<Reason> lost = new CompletableFuture<>();

    @Override
    public void opened(ByteConnection body) {
      throw new AssertionError("a client opens bodies");
    }

    @Override
    public void capacity(int bodies) {
      capacities.add(bodies);
    }

    @Override
    public void lost(Reason reason) {
      lost.complete(reason);
    }
  }

  /** The engine's place, for a body that writes a text and keeps what it gets. */
  private static final class Text implements ByteConnection.Handler {
    private final ByteBuffer out;
    private final ByteArrayOutputStream in = new ByteArrayOutputStream();
    private final CompletableFuture<String> closed = new CompletableFuture<>();

    Text(String text) {
      out = ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean fill(ByteBuffer target) {
      while (out.hasRemaining() && target.hasRemaining()) {
        target.put(out.get());
      }
      return out.hasRemaining();
    }

    @Override
    public void received(ByteBuffer bytes) {
      byte[] copy = new byte[bytes.remaining()];
      bytes.get(copy);
      in.writeBytes(copy);
    }

    @Override
    public void closed(@Nullable IOException cause) {
      closed.complete(cause == null ? "in order" : "" + cause.getMessage());
    }

    String outcome() throws Exception {
      return closed.get(10, TimeUnit.SECONDS);
    }
  }

  @BeforeEach
  void connect() throws Exception {
    listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    Options options =
        Options.builder()
            .connectTimeout(Duration.ofSeconds(2))
            .closeTimeout(Duration.ofSeconds(1))
            .with(Http2Options.builder().maxConnections(2).build())
            .build();
    session =
        new ClientSession(
            Target.of(URI.create("http://127.0.0.1:" + listening.getLocalPort())),
            Carrier.STREAMS,
            options);
    CompletableFuture<Void> connected =
        CompletableFuture.runAsync(
            () -> {
              try {
                session.connect();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            },
            task -> new Thread(task).start());
    server = RawPeer.accept(listening);
    connected.get(10, TimeUnit.SECONDS);
    session.start(watcher);
  }

  @AfterEach
  void close() throws Exception {
    session.close(Reason.END);
    server.close();
    listening.close();
  }

  private Text open(String text) {
    Text handler = new Text(text);
    session.open().start(handler);
    return handler;
  }

  private static Predicate<Frame> dataOn(int stream) {
    return frame -> frame.type() == RawPeer.DATA && frame.stream() == stream;
  }

  private static void accept(RawPeer peer, int stream) throws IOException {
    peer.headers(stream, false, ":status", "200", "libchan-carrier", "streams");
  }

  @Test
  @Rule({"H2-3", "H2-18"})
  void furtherRequestsAreAllowedOnceTheFirstWasTakenAndGoToFurtherConnections() throws Exception {
    Text one = open("one");
    Http2Headers first = server.answer(FIRST);
    assertThat(first.get("libchan-ref")).hasToString("1");
    assertThat(watcher.capacities).isEmpty();
    server.frame(RawPeer.SETTINGS, 0, 0, new byte[] {0, 3, 0, 0, 0, 1}); // one stream at a time
    server.flush();
    server.await(frame -> frame.type() == RawPeer.SETTINGS && frame.flags() == 1);
    accept(server, FIRST);
    assertThat(watcher.capacities.poll(10, TimeUnit.SECONDS)).isEqualTo(2);
    Text two = open("two");
    try (RawPeer another = RawPeer.accept(listening)) {
      Http2Headers second = another.answer(FIRST);
      assertThat(second.get("libchan-ref")).hasToString("2");
      assertThat(second.get("libchan-session")).isEqualTo(first.get("libchan-session"));
      assertThat(another.await(dataOn(FIRST)).text()).isEqualTo("two");
    }
    assertThat(two.outcome()).contains("connection broke");
    assertThat(one.closed).isNotDone();
  }

  @Test
  @Rule("H2-19")
  void aRefusedStreamIsSentAgainWithItsBytes() throws Exception {
    Text text = open("all of it");
    server.answer(FIRST);
    assertThat(server.await(dataOn(FIRST)).text()).isEqualTo("all of it");
    server.reset(FIRST, 7);
    server.flush();
    Http2Headers again = server.answer(FIRST + 2);
    assertThat(again.get("libchan-ref")).hasToString("1");
    assertThat(server.await(dataOn(FIRST + 2)).text()).isEqualTo("all of it");
    accept(server, FIRST + 2);
    server.data(FIRST + 2, false, new byte[] {'x'});
    server.reset(FIRST + 2, 7); // too late for another try
    server.flush();
    assertThat(text.outcome()).contains("REFUSED_STREAM");
    assertThat(text.in.toString(StandardCharsets.US_ASCII)).isEqualTo("x");
  }

  @Test
  @Rule("H2-19")
  void aRequestThatAGoawayLeftOutGoesToAFurtherConnection() throws Exception {
    Text text = open("moved");
    server.answer(FIRST);
    server.frame(RawPeer.GOAWAY, 0, 0, new byte[8]); // last stream 0, no error
    server.flush();
    try (RawPeer another = RawPeer.accept(listening)) {
      assertThat(another.answer(FIRST).get("libchan-ref")).hasToString("1");
      assertThat(another.await(dataOn(FIRST)).text()).isEqualTo("moved");
      accept(another, FIRST);
      another.data(FIRST, false, new byte[] {'y'});
      another.data(FIRST, true, new byte[0]); // before the request has ended
      assertThat(text.outcome()).contains("ended the answer before the request");
    }
    while (server.next() != null) {
      // Nothing is left there, so the client closes that connection.
    }
  }

  @Test
  @Rule("H2-18")
  void afterAGoawayARequestThatWasTakenGoesOn() throws Exception {
    Text old = open("old");
    server.answer(FIRST);
    accept(server, FIRST);
    server.frame(RawPeer.GOAWAY, 0, 0, new byte[] {0, 0, 0, FIRST, 0, 0, 0, 0});
    server.flush();
    assertThat(watcher.capacities.poll(10, TimeUnit.SECONDS)).isNotNull();
    open("new");
    try (RawPeer another = RawPeer.accept(listening)) {
      assertThat(another.answer(FIRST).get("libchan-ref")).hasToString("2");
      server.data(FIRST, false, new byte[] {'z'});
    }
    assertThat(old.closed).isNotDone();
  }

  @Test
  @Rule("H2-13")
  void theClientEndsFirstAndThenTheServer() throws Exception {
    Text text = new Text("bye");
    Body body = session.open();
    body.start(text);
    server.answer(FIRST);
    accept(server, FIRST);
    body.close();
    server.await(frame -> frame.stream() == FIRST && frame.ends());
    server.data(FIRST, true, new byte[] {'b'});
    assertThat(text.outcome()).isEqualTo("in order");
    assertThat(text.in.toString(StandardCharsets.US_ASCII)).isEqualTo("b");
  }

  @Test
  void aServerThatDoesNotEndIsNotWaitedForWithoutBound() throws Exception {
    Text text = new Text("bye");
    Body body = session.open();
    body.start(text);
    server.answer(FIRST);
    accept(server, FIRST);
    body.close();
    assertThat(text.outcome()).contains("did not end the request within 1000 ms");
    server.await(frame -> frame.type() == RawPeer.RST_STREAM && frame.stream() == FIRST);
  }

  @Test
  void whatIsOpenedWhileThereIsNoServerWaitsAndThenFails() throws Exception {
    Text first = open("first");
    server.answer(FIRST);
    accept(server, FIRST);
    assertThat(watcher.capacities.poll(10, TimeUnit.SECONDS)).isNotNull();
    listening.close();
    server.close();
    assertThat(first.outcome()).contains("connection broke");
    Text late = open("late");
    assertThat(late.outcome()).contains("refused");
  }

  @Test
  @Rule("H2-10")
  void aLaterRefusalOfTheCredentialsEndsTheSession() throws Exception {
    open("first");
    server.answer(FIRST);
    accept(server, FIRST);
    assertThat(watcher.capacities.poll(10, TimeUnit.SECONDS)).isNotNull();
    Text second = open("second");
    server.answer(FIRST + 2);
    server.headers(FIRST + 2, true, ":status", "503");
    assertThat(second.outcome()).contains("not available (503)");
    assertThat(watcher.lost).isNotDone(); // a proxy's restart, maybe
    Text third = open("third");
    server.answer(FIRST + 4);
    server.headers(FIRST + 4, true, ":status", "401");
    assertThat(third.outcome()).contains("refused the credentials");
    assertThat(watcher.lost.get(10, TimeUnit.SECONDS).code()).isEqualTo(ReasonCode.REFUSED);
    assertThat(open("fourth").outcome()).contains("the session is over");
  }

  @Test
  void aBodyThatIsClosedBeforeItHasAConnectionEnds() throws Exception {
    session.close(Reason.END);
    Text text = new Text("");
    Body body = session.open();
    body.start(text);
    body.close();
    body.abort();
    assertThat(text.outcome()).contains("the session is over");
  }
}
