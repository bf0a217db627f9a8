package io.libchan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What an authenticator reads of a request. */
final class RequestHeadTest {
  private final RequestHead head =
      new RequestHead(
          "/chat?room=7",
          Map.of(
              "Cookie", List.of("a=1; session=s3=; b", "session=other"),
              "AUTHORIZATION", List.of("Bearer x")));

  @Test
  void headersAreFoundInAnyCase() {
    assertThat(head.header("authorization")).isEqualTo("Bearer x");
    assertThat(head.header("Authorization")).isEqualTo("Bearer x");
    assertThat(head.header("origin")).isNull();
  }

  @Test
  void theFirstCookieOfANameIsFound() {
    assertThat(head.cookie("session")).isEqualTo("s3=");
    assertThat(head.cookie("a")).isEqualTo("1");
    assertThat(head.cookie("b")).isNull();
    assertThat(head.cookie("A")).isNull();
  }

  @Test
  void itsTextHasNoSecrets() {
    PeerInfo peer = PeerInfo.of("ws", "127.0.0.1:1").by(head, null).named("n");
    assertThat(peer.request()).isSameAs(head);
    assertThat(peer.toString()).contains("/chat", "cookie").doesNotContain("s3", "Bearer");
    assertThat(head.path()).isEqualTo("/chat");
  }
}
