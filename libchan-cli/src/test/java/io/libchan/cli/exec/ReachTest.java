package io.libchan.cli.exec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who could connect where. */
final class ReachTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tcp://127.0.0.1:0",
        "tls://127.1.2.3:1",
        "tcp://[::1]:0",
        "tcp://localhost:0",
        "inmem:name",
        "unix:/run/x.sock",
        "UNIX:@x"
      })
  void thisMachineOnly(String uri) {
    assertThat(Reach.isLocal(URI.create(uri))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tcp://0.0.0.0:0", "tcp://[::]:0", "tcp://192.0.2.1:0", "tcp://:0", "tcp:x"})
  void otherMachinesToo(String uri) {
    assertThatThrownBy(() -> Reach.check(uri, false, Set.of("echo")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--allow-remote");
  }

  @Test
  void otherMachinesNeedAListOfCommands() {
    String uri = "tcp://0.0.0.0:0";
    assertThatThrownBy(() -> Reach.check(uri, true, Set.of())).hasMessageContaining("--allow");
    assertThatCode(() -> Reach.check(uri, true, Set.of("echo"))).doesNotThrowAnyException();
  }
}
