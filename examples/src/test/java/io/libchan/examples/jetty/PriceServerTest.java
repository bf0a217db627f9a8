package io.libchan.examples.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.examples.jetty.PriceMessages.Price;
import io.libchan.examples.jetty.PriceMessages.Watch;
import io.libchan.testkit.Leaks;
import io.libchan.transport.websocket.client.WebSocketClientOptions;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One log-in for the resource and for the session. */
@ExtendWith(Leaks.class)
final class PriceServerTest {
  private final CookieManager cookies = new CookieManager();
  private PriceServer server;

  @BeforeEach
  void start() throws Exception {
    server = new PriceServer(0);
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  private HttpResponse<String> request(String method, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri().resolve(path))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build();
    HttpClient client = HttpClient.newBuilder().cookieHandler(cookies).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private Session connect() throws Exception {
    WebSocketClientOptions.Builder own = WebSocketClientOptions.builder();
    cookies.getCookieStore().getCookies().forEach(one -> own.header("Cookie", one.toString()));
    URI live = URI.create("ws://" + server.uri().getAuthority() + "/live");
    return Libchan.connect(live.toString(), Options.builder().with(own.build()).build());
  }

  @Test
  void theCookieLetsIntoTheResourceAndTheSession() throws Exception {
    assertThat(request("GET", "/prices").statusCode()).isEqualTo(401);
    assertThatThrownBy(this::connect)
        .isInstanceOf(ConnectFailed.class)
        .hasMessageContaining("answered 401");

    assertThat(request("POST", "/login?user=ann&password=pear").statusCode()).isEqualTo(200);
    assertThat(request("GET", "/prices").body()).isEqualTo("{\"apple\":120}");
    try (Session session = connect()) {
      Channel<Price> prices = Channel.of(Price.class);
      Sender<Watch> watch = session.open("watch", Watch.class);
      watch.send(new Watch("apple", prices.sender()));
      assertThat(prices.receiver().receive()).isEqualTo(new Price("apple", 120, "ann"));
      server.setPrice("apple", 99);
      assertThat(prices.receiver().receive()).isEqualTo(new Price("apple", 99, "ann"));
      assertThat(request("GET", "/prices").body()).isEqualTo("{\"apple\":99}");
    }
  }

  @Test
  void aWrongPasswordGivesNoCookie() throws Exception {
    assertThat(request("POST", "/login?user=ann&password=plum").statusCode()).isEqualTo(403);
    assertThat(cookies.getCookieStore().getCookies()).isEmpty();
  }
}
