package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.testkit.Rule;
import io.libchan.transport.http2.common.Carrier;
import io.netty.handler.codec.http2.Http2Headers;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a client says to answers that are not those of a libchan service. */
final class AnswersTest {
  /** Netty leaves stream 1 to the upgrade from HTTP/1.1. */
  private static final int FIRST = 3;

  private ServerSocket listening;

  @BeforeEach
  void listen() throws Exception {
    listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws Exception {
    listening.close();
  }

  private String uri() {
    return "http://127.0.0.1:" + listening.getLocalPort() + "/libchan";
  }

  private static Options.Builder options(Carrier carrier) {
    return Options.builder().with(Http2Options.builder().carrier(carrier).build());
  }

  private CompletableFuture<?> connecting(String uri, Options options) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return Libchan.connect(uri, options);
          } catch (Exception e) {
            throw new java.util.concurrent.CompletionException(e);
          }
        });
  }

  private static ConnectFailed failure(CompletableFuture<?> connecting) throws Exception {
    try {
      throw new AssertionError("connected: " + connecting.get(20, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      assertThat(e.getCause()).isInstanceOf(ConnectFailed.class);
      return (ConnectFailed) e.getCause();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "401, REFUSED, refused the credentials (401)",
    "403, REFUSED, does not allow this (403)",
    "404, CONNECT_FAILED, nothing is served at",
    "407, REFUSED, wants credentials",
    "502, CONNECT_FAILED, is not available (502)",
    "503, CONNECT_FAILED, is not available (503)",
    "504, CONNECT_FAILED, is not available (504)",
    "418, CONNECT_FAILED, answered with status 418",
    "200, CONNECT_FAILED, not as a libchan service: text/html",
  })
  @Rule("H2-10")
  void aStatusBecomesATypedError(String status, ReasonCode code, String text) throws Exception {
    for (Carrier carrier : CARRIERS) {
      CompletableFuture<?> connecting = connecting(uri(), options(carrier).build());
      try (RawPeer server = RawPeer.accept(listening)) {
        server.answer(FIRST);
        server.headers(FIRST, false, ":status", status, "content-type", "text/html");
        server.data(FIRST, true, "<html>sorry</html>".getBytes(StandardCharsets.US_ASCII));
        ConnectFailed failed = failure(connecting);
        assertThat(failed.reason().code()).as(carrier + ": " + failed).isEqualTo(code);
        assertThat(failed.reason().message()).contains(text).contains("http://127.0.0.1");
        server.await(frame -> frame.stream() == FIRST && frame.ends()); // no reset
      }
    }
  }

  private static final Carrier[] CARRIERS = Carrier.values();

  @Test
  void theReasonOfALibchanServiceIsKept() throws Exception {
    CompletableFuture<?> connecting = connecting(uri(), options(Carrier.SINGLE).build());
    try (RawPeer server = RawPeer.accept(listening)) {
      server.answer(FIRST);
      server.headers(FIRST, true, ":status", "503", "libchan-reason", "7 sessions: there are 3");
      assertThat(failure(connecting).reason().code()).isEqualTo(ReasonCode.LIMIT);
    }
  }

  @Test
  void whatTheRequestSays() throws Exception {
    Options options =
        Options.builder()
            .with(
                Http2Options.builder()
                    .carrier(Carrier.SINGLE)
                    .bearer("secret-token")
                    .header("X-Tenant", "blue")
                    .build())
            .build();
    CompletableFuture<?> connecting = connecting(uri() + "?zone=3&carrier=single", options);
    try (RawPeer server = RawPeer.accept(listening)) {
      Http2Headers head = server.answer(FIRST);
      assertThat(head.method()).hasToString("POST");
      assertThat(head.path()).hasToString("/libchan?zone=3");
      assertThat(head.authority()).hasToString("127.0.0.1:" + listening.getLocalPort());
      assertThat(head.get("libchan-session").toString()).matches("[0-9a-f]{32}");
      assertThat(head.get("libchan-ref")).hasToString("1");
      assertThat(head.get("libchan-carrier")).hasToString("single");
      assertThat(head.get("authorization")).hasToString("Bearer secret-token");
      assertThat(head.get("x-tenant")).hasToString("blue");
      assertThat(head.get("content-type")).hasToString("application/octet-stream");
      assertThat(head.contains("content-length")).isFalse();
      server.headers(FIRST, true, ":status", "401", "www-authenticate", "Bearer realm=\"x\"");
      assertThat(failure(connecting).getMessage())
          .contains("asks for Bearer realm=\"x\"")
          .doesNotContain("secret-token");
    }
  }

  @Test
  void userAndPasswordOfTheUriAreBasicCredentialsAndNotShown() throws Exception {
    String uri = "http://ann:s3cret@127.0.0.1:" + listening.getLocalPort() + "/a?carrier=single";
    CompletableFuture<?> connecting = connecting(uri, Options.DEFAULTS);
    try (RawPeer server = RawPeer.accept(listening)) {
      Http2Headers head = server.answer(FIRST);
      assertThat(head.get("authorization")).hasToString("Basic YW5uOnMzY3JldA==");
      assertThat(head.authority()).hasToString("127.0.0.1:" + listening.getLocalPort());
      server.headers(FIRST, true, ":status", "401");
      assertThat(failure(connecting).getMessage()).doesNotContain("s3cret");
    }
  }

  @Test
  void aServerOfHttp1IsTold() throws Exception {
    CompletableFuture<?> connecting = connecting(uri(), options(Carrier.SINGLE).build());
    try (Socket accepted = listening.accept()) {
      accepted.getInputStream().readNBytes(24);
      accepted
          .getOutputStream()
          .write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(failure(connecting).getMessage()).contains("does not speak HTTP/2");
    }
  }

  @ParameterizedTest
  @EnumSource
  void silenceIsBounded(Carrier carrier) throws Exception {
    Options options = options(carrier).handshakeTimeout(Duration.ofMillis(300)).build();
    CompletableFuture<?> connecting = connecting(uri(), options);
    try (RawPeer server = RawPeer.accept(listening)) {
      server.answer(FIRST);
      assertThat(failure(connecting).reason().code()).isEqualTo(ReasonCode.CONNECT_FAILED);
    }
  }

  @Test
  void aConnectionWithoutHttp2IsBounded() throws Exception {
    Options options = options(Carrier.SINGLE).handshakeTimeout(Duration.ofMillis(300)).build();
    CompletableFuture<?> connecting = connecting(uri(), options);
    try (Socket accepted = listening.accept()) {
      assertThat(accepted.isConnected()).isTrue();
      assertThat(failure(connecting).getMessage()).contains("no HTTP/2 from");
    }
  }

  @Test
  @Rule("H2-11")
  void aPageInThePlaceOfFramesIsAProtocolError() throws Exception {
    CompletableFuture<?> connecting = connecting(uri(), options(Carrier.SINGLE).build());
    try (RawPeer server = RawPeer.accept(listening)) {
      server.answer(FIRST);
      server.headers(FIRST, false, ":status", "200", "libchan-carrier", "single");
      server.data(
          FIRST, true, "<html>503 Service Unavailable</html>".getBytes(StandardCharsets.US_ASCII));
      assertThat(failure(connecting).reason().code())
          .isIn(ReasonCode.PROTOCOL_ERROR, ReasonCode.CONNECT_FAILED);
    }
  }

  @Test
  @Rule("H2-9")
  void dataBeforeTheHeadersEndsTheRequest() throws Exception {
    CompletableFuture<?> connecting = connecting(uri(), options(Carrier.SINGLE).build());
    try (RawPeer server = RawPeer.accept(listening)) {
      server.answer(FIRST);
      server.data(FIRST, false, new byte[10]);
      assertThat(failure(connecting).reason().code()).isEqualTo(ReasonCode.CONNECT_FAILED);
    }
  }
}
