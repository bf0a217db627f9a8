package io.libchan.transport.websocket.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Authenticator;
import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.RequestAuthenticator;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.RequestHead;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.testkit.FailureContract;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.LifecycleContract;
import io.libchan.testkit.Note;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Subject;
import io.libchan.testkit.Waits;
import io.libchan.transport.websocket.client.WebSocketClientOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Sessions in the Jetty server of an application: who gets in, and what stays the server's. */
final class EndpointTest {
  private static final String PROTOCOL = "Sec-WebSocket-Protocol: libchan.v1";

  /** The parts of the contract that a listener can be different in; the rest is in -Plong. */
  private record Endpoint(Embedded.Kind kind, String codec) implements Subject {
    @Override
    public String freshUri() {
      return "ws://127.0.0.1:0/app/chat";
    }

    @Override
    public Listener listen(String uri, Options options, SessionHandler handler)
        throws ChannelException, InterruptedException {
      return Embedded.listen(kind, uri, options, handler);
    }
  }

  @Nested
  final class LifecycleInCore extends LifecycleContract {
    @Override
    protected Subject subject() {
      return new Endpoint(Embedded.Kind.CORE, "msgpack");
    }
  }

  @Nested
  final class FailuresInAServletContext extends FailureContract {
    @Override
    protected Subject subject() {
      return new Endpoint(Embedded.Kind.SERVLET, "json");
    }
  }

  @Nested
  @ExtendWith(Leaks.class)
  @ParameterizedClass
  @EnumSource(Embedded.Kind.class)
  @QuietLog.Expected("authenticators that fail are logged")
  final class Requests {
    @Parameter Embedded.Kind kind;

    private final LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    private Listener listener;

    @AfterEach
    void close() {
      listener.close();
    }

    private void listen(Options options) throws Exception {
      listener = Embedded.listen(kind, "ws://127.0.0.1:0", options, accepted::put);
    }

    private void listen(WebSocketServerOptions options) throws Exception {
      listen(Options.builder().with(options).build());
    }

    private String answer(String... headers) throws Exception {
      try (RawPeer peer = RawPeer.ask(listener.uri().getPort(), "/app/chat", headers)) {
        return peer.head;
      }
    }

    private String ownOrigin() {
      return "Origin: http://127.0.0.1:" + listener.uri().getPort();
    }

    @Test
    void theRestOfTheServerStaysAsItIs() throws Exception {
      listen(WebSocketServerOptions.DEFAULTS);
      URI resource = listener.uri().resolve("/app/other");
      HttpRequest request = HttpRequest.newBuilder(httpOf(resource)).build();
      HttpClient http = HttpClient.newHttpClient();
      assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).body())
          .isEqualTo(Embedded.RESOURCE);
    }

    private URI httpOf(URI uri) {
      return URI.create("http" + uri.toString().substring(2));
    }

    @Test
    @Rule("WS-1")
    void aRequestWithoutTheSubprotocolIsRefused() throws Exception {
      listen(WebSocketServerOptions.DEFAULTS);
      assertThat(answer()).startsWith("HTTP/1.1 400");
      assertThat(answer("Sec-WebSocket-Protocol: chat")).startsWith("HTTP/1.1 400");
      assertThat(answer("Sec-WebSocket-Protocol: chat, libchan.v1"))
          .startsWith("HTTP/1.1 101")
          .containsIgnoringCase(PROTOCOL);
    }

    @Test
    @Rule("WS-10")
    void compressionIsNotAgreedTo() throws Exception {
      listen(WebSocketServerOptions.DEFAULTS);
      assertThat(answer(PROTOCOL, "Sec-WebSocket-Extensions: permessage-deflate"))
          .startsWith("HTTP/1.1 101")
          .doesNotContainIgnoringCase("Sec-WebSocket-Extensions");
    }

    @Test
    @Rule("WS-11")
    void onlyPagesOfTheServerItselfGetInByDefault() throws Exception {
      listen(WebSocketServerOptions.DEFAULTS);
      assertThat(answer(PROTOCOL, ownOrigin())).startsWith("HTTP/1.1 101");
      assertThat(answer(PROTOCOL)).startsWith("HTTP/1.1 101");
      for (String origin :
          new String[] {"https://evil.example", "null", "http://127.0.0.1", "not an origin"}) {
        assertThat(answer(PROTOCOL, "Origin: " + origin)).startsWith("HTTP/1.1 403");
      }
    }

    @Test
    @Rule("WS-11")
    void pagesOfTheOriginsGivenGetInAndNoOthers() throws Exception {
      listen(WebSocketServerOptions.builder().origins("https://Good.example").build());
      assertThat(answer(PROTOCOL, "Origin: https://good.example")).startsWith("HTTP/1.1 101");
      assertThat(answer(PROTOCOL, "Origin: https://good.example.evil.example"))
          .startsWith("HTTP/1.1 403");
      assertThat(answer(PROTOCOL, ownOrigin())).startsWith("HTTP/1.1 403");
    }

    @Test
    @Rule("WS-11")
    void everyPageGetsInWhereThatIsSaid() throws Exception {
      listen(WebSocketServerOptions.builder().origins("*").build());
      assertThat(answer(PROTOCOL, "Origin: https://any.example")).startsWith("HTTP/1.1 101");
    }

    @Test
    void theAuthenticatorSeesTheRequest() throws Exception {
      AtomicReference<RequestHead> seen = new AtomicReference<>();
      Authenticator authenticator =
          attempt -> {
            RequestHead head = attempt.peer().request();
            seen.set(head);
            return head != null && "s3cret".equals(head.cookie("session"));
          };
      listen(Options.builder().authenticator(authenticator).build());
      assertThatThrownBy(() -> connect("session=wrong"))
          .isInstanceOfSatisfying(
              ConnectFailed.class,
              e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.REFUSED));
      assertThat(seen.get().target()).isEqualTo("/app/chat?room=7");
      assertThat(seen.get().header("X-Trace")).isEqualTo("1");
      try (Session session = connect("a=b; session=s3cret");
          Session far = accepted.take()) {
        assertThat(Optional.ofNullable(far.peer().request()).map(RequestHead::path))
            .contains("/app/chat");
        Sender<Note> sender = session.open("notes", Note.class);
        sender.send(Note.of(5));
        Receiver<Note> receiver = far.accept("notes", Note.class);
        assertThat(receiver.receive().number()).isEqualTo(5);
      }
    }

    @Test
    void theRequestAuthenticatorAnswersBeforeThereIsAWebSocket() throws Exception {
      RequestAuthenticator authenticator =
          peer ->
              switch (String.valueOf(peer.request().header("Authorization"))) {
                case "Bearer good" -> Answer.admit(() -> "ann");
                case "Bearer late" -> {
                  new CountDownLatch(1).await(); // until it is interrupted
                  yield Answer.admit();
                }
                case "null" -> Answer.unauthorized("Bearer");
                default -> Answer.forbidden();
              };
      listen(
          Options.builder()
              .handshakeTimeout(Duration.ofMillis(500))
              .requestAuthenticator(authenticator)
              .build());
      assertThat(answer(PROTOCOL))
          .startsWith("HTTP/1.1 401")
          .containsIgnoringCase("WWW-Authenticate: Bearer");
      assertThat(answer(PROTOCOL, "Authorization: Bearer bad")).startsWith("HTTP/1.1 403");
      assertThat(answer(PROTOCOL, "Authorization: Bearer late")).startsWith("HTTP/1.1 403");
      WebSocketClientOptions own =
          WebSocketClientOptions.builder().header("Authorization", "Bearer good").build();
      try (Session session =
              Libchan.connect(listener.uri().toString(), Options.builder().with(own).build());
          Session far = accepted.take()) {
        assertThat(far.peer().principal().getName()).isEqualTo("ann");
        assertThat(session.peer().request()).isNull();
      }
      assertThatThrownBy(() -> Libchan.connect(listener.uri().toString()))
          .isInstanceOf(ConnectFailed.class)
          .hasMessageContaining("answered 401 Unauthorized instead of a WebSocket");
    }

    private Session connect(String cookie) throws Exception {
      WebSocketClientOptions own =
          WebSocketClientOptions.builder().header("Cookie", cookie).header("X-Trace", "1").build();
      return Libchan.connect(listener.uri() + "?room=7", Options.builder().with(own).build());
    }

    @Test
    void aClosedEndpointRefusesAndTheServerGoesOn() throws Exception {
      listen(WebSocketServerOptions.DEFAULTS);
      Session session = Libchan.connect(listener.uri().toString());
      Listener endpoint = ((Embedded) listener).endpoint();
      assertThat(endpoint.uri().getPath()).isIn("/chat", "/app/chat");
      endpoint.close();
      Waits.until("the session is over", () -> session.closed().toCompletableFuture().isDone());
      assertThat(session.closed().toCompletableFuture().join().code())
          .isEqualTo(ReasonCode.SESSION_CLOSED);
      assertThat(answer(PROTOCOL)).startsWith("HTTP/1.1 503");
      theRestOfTheServerStaysAsItIsNow();
    }

    private void theRestOfTheServerStaysAsItIsNow() throws Exception {
      URI resource = httpOf(listener.uri().resolve("/app/other"));
      assertThat(
              HttpClient.newHttpClient()
                  .send(
                      HttpRequest.newBuilder(resource).build(),
                      HttpResponse.BodyHandlers.ofString())
                  .statusCode())
          .isEqualTo(200);
    }
  }
}
