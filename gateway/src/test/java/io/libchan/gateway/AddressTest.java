package io.libchan.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What an address may look like. */
final class AddressTest {
  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1:6379", "db.local:5432", "[::1]:80", "unix:/run/x.sock", "a:0"})
  void textIsReadAndWrittenUnchanged(String text) {
    assertThat(Address.parse(text)).hasToString(text);
  }

  @Test
  void lettersOfAHostDoNotDiffer() {
    assertThat(Address.parse("DB.Local:1")).isEqualTo(Address.parse("db.local:1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "host",
        "host:",
        ":80",
        "host:x",
        "host:-1",
        "host:65536",
        "host:123456",
        "::1:80",
        "[]:80",
        "[::1]",
        "a b:80",
        "a/b:80",
        "user@host:80",
        "unix:",
        "unix:\0"
      })
  void anythingElseIsRefusedWithWords(String text) {
    assertThatThrownBy(() -> Address.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("(?s)(write|not a|a Unix).*");
  }
}
