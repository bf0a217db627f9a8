package io.libchan.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.spi.Codec;
import io.libchan.spi.Services;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is found on the class path. */
final class ServicesTest {
  /** Each session would have mappers of its own, 10 KB for each codec. */
  @Test
  void sessionsShareTheirCodecs() {
    List<Codec> first = Services.codecs();
    assertThat(Services.codecs()).isSameAs(first);
    assertThat(first)
        .extracting(Codec::name)
        .contains("msgpack", "json", "cbor", "xml", "protobuf");
  }
}
