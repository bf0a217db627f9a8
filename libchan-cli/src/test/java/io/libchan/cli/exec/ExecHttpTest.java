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

/** {@code exec} over https with a bearer token, both carriers. */
final class ExecHttpTest {
  @TempDir static Path folder;

  private static CommandProcess server;
  private static String uri;

  @BeforeAll
  static void startServer() throws Exception {
    Authority authority = new Authority("test authority");
    Authority.Identity identity = authority.issue("server");
    Files.writeString(folder.resolve("ca.pem"), authority.certificatePem());
    Files.writeString(folder.resolve("server.pem"), identity.certificatePem());
    Files.writeString(folder.resolve("server.key"), identity.keyPem());
    Files.writeString(folder.resolve("token"), "s3cret\n");
    server =
        CommandProcess.start(
            "exec-server",
            "--listen=https://127.0.0.1:0/exec",
            "--tls-cert=" + folder.resolve("server.pem"),
            "--tls-key=" + folder.resolve("server.key"),
            "--bearer=file:" + folder.resolve("token"));
    uri = server.line();
  }

  @AfterAll
  static void stopServer() throws Exception {
    server.close();
  }

  @Test
  void whoHasTheTokenRunsItsCommand() throws Exception {
    for (String carrier : List.of("", "?carrier=single")) {
      Result result = exec(uri + carrier, "--bearer=s3cret", "--header=x-zone: 3");
      assertThat(result.errors()).isEmpty();
      assertThat(result.text()).isEqualTo("hello\n");
      assertThat(result.status()).isZero();
    }
  }

  @Test
  void whoHasNotIsRefused() throws Exception {
    Result result = exec(uri, "--bearer=guess");
    assertThat(result.errors())
        .startsWith("libchan: ")
        .contains("refused the credentials (401, asks for Bearer)")
        .hasLineCount(1);
    assertThat(result.status()).isEqualTo(125);
  }

  @Test
  void aWrongPathIsTold() throws Exception {
    Result result = exec(uri + "/deeper", "--bearer=s3cret");
    assertThat(result.errors()).contains("nothing is served at this path").hasLineCount(1);
    assertThat(result.status()).isEqualTo(125);
  }

  private static Result exec(String address, String... options) throws Exception {
    List<String> words = new ArrayList<>(List.of("exec", "--tls-ca=" + folder.resolve("ca.pem")));
    words.addAll(List.of(options));
    words.addAll(List.of(address, "--", "echo", "hello"));
    try (CommandProcess client = CommandProcess.start(words.toArray(String[]::new))) {
      return client.runWith(new byte[0]);
    }
  }
}
