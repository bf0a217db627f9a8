package io.libchan.cli.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the command takes and refuses, as far as nothing is served. */
final class GatewayCommandTest {
  private final CommandLine line = new CommandLine(new GatewayCommand());
  private final StringWriter errors = new StringWriter();

  private int run(String... args) {
    line.setErr(new PrintWriter(errors));
    return line.execute(args);
  }

  @Test
  void oneOfTheTwoSidesMustBeNamed() {
    assertThat(run()).isEqualTo(2);
    assertThat(errors.toString()).contains("say serve, forward or pass");
  }

  @Test
  void aServingSideNeedsTargets() {
    assertThat(run("serve", "--listen", "tcp://127.0.0.1:0")).isEqualTo(2);
    assertThat(errors.toString()).contains("--allow");
  }

  @Test
  void aTargetThatIsNoneIsNamed() {
    assertThat(run("serve", "--listen", "tcp://127.0.0.1:0", "--allow", "nonsense")).isEqualTo(125);
    assertThat(errors.toString()).contains("\"nonsense\"").hasLineCount(1);
  }

  @Test
  void overTlsOnlyKnownPeersAreServed() {
    assertThat(run("serve", "--listen", "tls://127.0.0.1:0", "--allow", "127.0.0.1:1"))
        .isEqualTo(125);
    assertThat(errors.toString()).contains("--tls-client-ca, --bearer or --credentials");
  }

  @Test
  void otherMachinesAreServedOnlyIfAskedForAndKnown() {
    assertThat(run("serve", "--listen", "tcp://0.0.0.0:0", "--allow", "127.0.0.1:1"))
        .isEqualTo(125);
    assertThat(errors.toString()).contains("--allow-remote");
    assertThat(
            run("serve", "--listen", "tcp://0.0.0.0:0", "--allow-remote", "--allow", "127.0.0.1:1"))
        .isEqualTo(125);
    assertThat(errors.toString()).contains("refusing to let every machine in");
  }

  @Test
  void anEmptySecretIsRefused(@TempDir Path folder) throws Exception {
    Path file = Files.writeString(folder.resolve("secret"), "\n");
    assertThat(
            run(
                "serve",
                "--listen",
                "tcp://127.0.0.1:0",
                "--credentials",
                file.toString(),
                "--allow",
                "127.0.0.1:1"))
        .isEqualTo(125);
    assertThat(errors.toString()).contains("1 to 4096 bytes");
  }

  @Test
  void aForwardingSideSaysThatNobodyServes() {
    assertThat(run("forward", "--listen", "127.0.0.1:0", "tcp://127.0.0.1:1", "127.0.0.1:2"))
        .isEqualTo(125);
    assertThat(errors.toString()).startsWith("libchan: ").hasLineCount(1);
  }

  @Test
  void figuresMustMakeSense() {
    assertThat(
            run(
                "forward",
                "--idle",
                "0",
                "--listen",
                "127.0.0.1:0",
                "tcp://127.0.0.1:1",
                "127.0.0.1:2"))
        .isEqualTo(125);
    assertThat(errors.toString()).contains("--idle");
  }
}
