package io.libchan.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import java.net.Socket;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes and ends, through both sides. */
@ExtendWith({Leaks.class, QuietLog.class})
final class GatewayTest {
  @ParameterizedTest
  @ValueSource(strings = {"inmem", "tcp"})
  @Rule({"GW-1", "GW-3", "GW-10", "GW-11"})
  void bytesGoBothWaysAndEachDirectionEndsOnItsOwn(String scheme) throws Exception {
    try (Bed bed = new Bed()) {
      Socket client = bed.client(bed.way(scheme));
      Socket target = bed.accept();
      client.getOutputStream().write("question".getBytes(UTF_8));
      client.shutdownOutput();
      assertThat(target.getInputStream().readAllBytes()).asString().isEqualTo("question");
      target.getOutputStream().write("answer".getBytes(UTF_8));
      target.shutdownOutput();
      assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("answer");
    }
  }
}
