package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.Target;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What options and addresses may say. */
final class Http2OptionsTest {
  @Test
  void defaults() {
    Http2Options defaults = Http2Options.DEFAULTS;
    assertThat(defaults.carrier()).isEqualTo(Carrier.STREAMS);
    assertThat(defaults.maxConcurrentStreams()).isEqualTo(1000);
    assertThat(defaults.maxHeaderListBytes()).isEqualTo(16_384);
    assertThat(defaults.maxResets()).isEqualTo(200);
    assertThat(defaults.maxContinuations()).isEqualTo(16);
    assertThat(defaults.maxQueuedControlFrames()).isEqualTo(1000);
    assertThat(defaults.maxSessions()).isEqualTo(1024);
    assertThat(defaults.maxPendingRequests()).isEqualTo(256);
    assertThat(defaults.maxConnections()).isEqualTo(16);
    assertThat(defaults.streamWindowBytes()).isEqualTo(1 << 20);
    assertThat(defaults.connectionWindowBytes()).isEqualTo(1 << 24);
    assertThat(defaults.idleTimeout()).isEqualTo(Duration.ofSeconds(60));
  }

  @Test
  void whatAnAddressSays() {
    Target target = Target.of(URI.create("https://ann:s3@[::1]/a%20b?zone=3&carrier=single&x"));
    assertThat(target.port()).isEqualTo(443);
    assertThat(target.host()).isEqualTo("::1");
    assertThat(target.authority()).isEqualTo("[::1]");
    assertThat(target.requestTarget()).isEqualTo("/a%20b?zone=3&x");
    assertThat(target.carrier()).isEqualTo(Carrier.SINGLE);
    assertThat(target.userInfo()).isEqualTo("ann:s3");
    assertThat(target.toString()).doesNotContain("s3").doesNotContain("zone");
    assertThat(Target.of(URI.create("http://host")).requestTarget()).isEqualTo("/");
    assertThat(Target.of(URI.create("http://host")).port()).isEqualTo(80);
    assertThatThrownBy(() -> Target.of(URI.create("http://host?carrier=none")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("streams or single");
    assertThatThrownBy(() -> Target.of(URI.create("http:host")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void headersThatHttpForbidsAreRefusedAtOnce() {
    assertThatThrownBy(() -> Http2Options.builder().header("Transfer-Encoding", "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Http2Options.builder().header("x-a", "line\r\nbreak"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Http2Options.builder().header("libchan-ref", "2"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Http2Options.builder().bearer("a\nb"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
