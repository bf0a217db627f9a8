package io.libchan.cli.exec;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.cli.exec.CommandProcess.Result;
import io.libchan.cli.tls.Authority;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code exec} over TLS, with client certificates. */
final class ExecTlsTest {
  @TempDir static Path folder;

  private static CommandProcess server;
  private static String uri;

  @BeforeAll
  static void startServer() throws Exception {
    Authority authority = new Authority("test authority");
    write("ca.pem", authority.certificatePem());
    issue(authority, "server");
    issue(authority, "client");
    Authority stranger = new Authority("another authority");
    write("other-ca.pem", stranger.certificatePem());
    issue(stranger, "stranger");
    server =
        CommandProcess.start(
            "exec-server",
            "--listen=tls://127.0.0.1:0",
            "--tls-cert=" + file("server.pem"),
            "--tls-key=" + file("server.key"),
            "--tls-client-ca=" + file("ca.pem"));
    uri = server.line();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @Test
  void aKnownClientRunsItsCommand() throws Exception {
    Result result = exec("--tls-ca=" + file("ca.pem"), cert("client"), key("client"));
    assertThat(result.errors()).isEmpty();
    assertThat(result.text()).isEqualTo("hello\n");
    assertThat(result.status()).isZero();
  }

  @Test
  void aClientWithoutCertificateIsRefused() throws Exception {
    Result result = exec("--tls-ca=" + file("ca.pem"));
    assertThat(result.errors()).startsWith("libchan: ").contains("certificate").hasLineCount(1);
    assertThat(result.status()).isEqualTo(125);
  }

  @Test
  void aClientOfAnotherAuthorityIsRefused() throws Exception {
    Result result = exec("--tls-ca=" + file("ca.pem"), cert("stranger"), key("stranger"));
    assertThat(result.errors()).startsWith("libchan: ").contains("certificate").hasLineCount(1);
    assertThat(result.status()).isEqualTo(125);
  }

  @Test
  void aServerOfAnotherAuthorityIsNotTrusted() throws Exception {
    Result result = exec("--tls-ca=" + file("other-ca.pem"), cert("client"), key("client"));
    assertThat(result.errors()).startsWith("libchan: ").contains("not trusted").hasLineCount(1);
    assertThat(result.status()).isEqualTo(125);
  }

  private static Result exec(String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("exec"));
    words.addAll(List.of(options));
    words.addAll(List.of(uri, "--", "echo", "hello"));
    try (CommandProcess client = CommandProcess.start(words.toArray(String[]::new))) {
      return client.runWith(new byte[0]);
    }
  }

  private static String cert(String name) {
    return "--tls-cert=" + file(name + ".pem");
  }

  private static String key(String name) {
    return "--tls-key=" + file(name + ".key");
  }

  private static void issue(Authority authority, String name) throws Exception {
    Authority.Identity identity = authority.issue(name);
    write(name + ".pem", identity.certificatePem());
    write(name + ".key", identity.keyPem());
  }

  private static void write(String name, String text) throws Exception {
    Files.writeString(file(name), text);
  }

  private static Path file(String name) {
    return folder.resolve(name);
  }
}
