package io.libchan.cli.exec;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** From failures to exit codes and lines. */
final class ExitCodesTest {
  @Test
  void theServersOwnCodesComeThrough() {
    assertThat(ExitCodes.of(told(ExitCodes.reason(127, "command not found: x")))).isEqualTo(127);
    assertThat(ExitCodes.of(told(ExitCodes.reason(126, "can't run x")))).isEqualTo(126);
  }

  @Test
  void anUnknownApplicationNumberIs125() {
    assertThat(ExitCodes.of(told(ExitCodes.reason(9, "?")))).isEqualTo(125);
  }

  @ParameterizedTest
  @EnumSource(
      names = {"END", "UNKNOWN"},
      mode = EnumSource.Mode.EXCLUDE)
  void everyOtherFailureIs125(ReasonCode code) {
    assertThat(ExitCodes.of(told(Reason.of(code, "text")))).isEqualTo(125);
  }

  @Test
  void aLostSessionSaysSo() {
    assertThat(ExitCodes.line(told(Reason.of(ReasonCode.CONNECTION_LOST, "reset by the peer"))))
        .isEqualTo("connection lost: reset by the peer");
    assertThat(ExitCodes.line(told(Reason.of(ReasonCode.KEEPALIVE_TIMEOUT, "silent for 6 s"))))
        .isEqualTo("connection lost: silent for 6 s");
  }

  @Test
  void aLineIsOneLine() {
    assertThat(ExitCodes.line(told(Reason.of(ReasonCode.CONNECT_FAILED, "one\n two\r\n"))))
        .isEqualTo("one; two");
  }

  @Test
  void aReasonWithoutTextIsItsCode() {
    assertThat(ExitCodes.line(told(Reason.of(ReasonCode.REFUSED, "")))).isEqualTo("REFUSED");
  }

  private static ChannelException told(Reason reason) {
    return ChannelException.of(reason);
  }
}
