package io.libchan.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** What the command line takes and refuses, as far as no session is needed. */
final class MainTest {
  private final CommandLine line = Main.commandLine();
  private final StringWriter out = new StringWriter();
  private final StringWriter errors = new StringWriter();

  private int run(String... args) {
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(errors));
    return line.execute(args);
  }

  @Test
  void versionNamesTheProgram() {
    assertThat(run("--version")).isZero();
    assertThat(out.toString()).startsWith("libchan ");
  }

  @Test
  void helpListsTheCommands() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("demo", "exec ", "exec-server");
  }

  @Test
  void nothingAtAllIsAMistake() {
    assertThat(run()).isEqualTo(2);
    assertThat(errors.toString()).contains("no command given");
  }

  @Test
  void execWithoutCommandIs125() {
    assertThat(run("exec", "tcp://127.0.0.1:1")).isEqualTo(125);
    assertThat(run("exec", "tcp://127.0.0.1:1", "--")).isEqualTo(125);
    assertThat(errors.toString()).contains("no command given");
  }

  @Test
  void execWithAnUnknownOptionIs125() {
    assertThat(run("exec", "--what", "tcp://127.0.0.1:1", "--", "true")).isEqualTo(125);
  }

  @Test
  void execWithAnUnknownSchemeNamesIt() {
    assertThat(run("exec", "gopher://127.0.0.1:1", "--", "true")).isEqualTo(125);
    assertThat(errors.toString()).startsWith("libchan: ").contains("gopher").hasLineCount(1);
  }

  @Test
  void aKeyWithoutCertificateIsRefused() {
    assertThat(run("exec", "--tls-key", "k.pem", "tls://127.0.0.1:1", "--", "true")).isEqualTo(125);
    assertThat(errors.toString()).contains("--tls-cert and --tls-key go together");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThat(run("exec", "--tls-ca", "no-such.pem", "tls://127.0.0.1:1", "--", "true"))
        .isEqualTo(125);
    assertThat(errors.toString()).isEqualTo("libchan: can't read no-such.pem\n");
  }

  @Test
  void aServerNeedsAnAddress() {
    assertThat(run("exec-server")).isEqualTo(2);
    assertThat(errors.toString()).contains("--listen");
  }

  @Test
  void demoRefusesATransportItDoesNotHave() {
    assertThat(run("demo", "--transport", "gopher")).isEqualTo(2);
    assertThat(errors.toString()).contains("gopher");
  }
}
