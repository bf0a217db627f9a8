package io.libchan.cli.exec;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.Reason;
import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The texts of Java 17 and of Java 25. */
final class NotStartedTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Cannot run program \"x\": error=2, No such file or directory|127|command not found: x",
        "Cannot run program \"x\": Exec failed, error: 2 (No such file or directory) |127"
            + "|command not found: x",
        "Cannot run program \"x\": error=13, Permission denied|126|can't run x: Permission denied",
        "Cannot run program \"x\": Exec failed, error: 13 (Permission denied) |126"
            + "|can't run x: Permission denied",
        "invalid null character in command|126|can't run x: invalid null character in command"
      },
      quoteCharacter = '`')
  void theCauseIsRead(String text, int exitCode, String line) {
    Reason reason = NotStarted.reason("x", new IOException(text));
    assertThat(ExitCodes.of(ChannelException.of(reason))).isEqualTo(exitCode);
    assertThat(reason.message()).isEqualTo(line);
  }
}
