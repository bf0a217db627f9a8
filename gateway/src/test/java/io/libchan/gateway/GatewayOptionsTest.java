package io.libchan.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Limits;
import io.libchan.PeerInfo;
import io.libchan.testkit.Rule;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Defaults and bounds. */
final class GatewayOptionsTest {
  private final GatewayOptions defaults = GatewayOptions.DEFAULTS;

  @Test
  void everyLimitHasItsDefault() {
    assertThat(defaults.connectTimeout()).isEqualTo(Duration.ofSeconds(10));
    assertThat(defaults.idleTimeout()).isEqualTo(Duration.ofHours(1));
    assertThat(defaults.maxConnections()).isEqualTo(512);
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    assertThatThrownBy(() -> GatewayOptions.builder().maxConnections(0))
        .hasMessageContaining("gateway-connections");
    assertThatThrownBy(() -> GatewayOptions.builder().idleTimeout(Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> GatewayOptions.builder().connectTimeout(Duration.ofMillis(-1)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Dialer.to(Set.of(Address.parse("host:0")), defaults))
        .hasMessageContaining("needs a port");
  }

  @Test
  @Rule("GW-20")
  void overTlsAPeerMustHaveProvedWhoItIs() {
    Principal somebody = () -> "CN=somebody";
    assertThat(defaults.peers().test(PeerInfo.of("tls", "a"))).isFalse();
    assertThat(defaults.peers().test(new PeerInfo("tls", "a", "", somebody, List.of()))).isTrue();
    assertThat(defaults.peers().test(PeerInfo.of("tcp", "a"))).isTrue();
  }

  @Test
  void aSessionForManyConnectionsMayHoldTheirWindows() {
    Limits limits = defaults.limits(Limits.DEFAULTS);
    assertThat(limits.maxStreams()).isGreaterThan(2 * 512);
    int growth = limits.maxSessionBytes() / 4; // of the windows of busy streams
    assertThat(limits.maxSessionBytes() - growth).isBetween(512 * 256 * 1024, 513 * 256 * 1024);
    Limits few = GatewayOptions.builder().maxConnections(1).build().limits(Limits.DEFAULTS);
    assertThat(few.maxStreams()).isEqualTo(Limits.DEFAULTS.maxStreams());
    assertThat(few.maxSessionBytes()).isEqualTo(Limits.DEFAULTS.maxSessionBytes());
  }
}
