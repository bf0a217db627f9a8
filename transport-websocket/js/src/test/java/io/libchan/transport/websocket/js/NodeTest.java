package io.libchan.transport.websocket.js;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The package's own tests, by Node's runner, against the Java peers of this process. */
final class NodeTest {
  private static final int BOUND_SECONDS = 120;
  private static final AtomicReference<Peer> PEER = new AtomicReference<>();

  @BeforeAll
  static void start() throws Exception {
    PEER.set(new Peer());
  }

  @AfterAll
  static void stop() {
    PEER.get().close();
  }

  @Test
  void theTestsOfThePackagePassInNodeAndInChromium() throws Exception {
    String output = run(List.of("node", "--test"));
    assertThat(output).contains("# fail 0", "# skipped 0", "# todo 0");
    output
        .lines()
        .filter(line -> line.matches("# (tests|pass|duration_ms) .*"))
        .forEach(System.out::println);
  }

  @Test
  void theTypeDeclarationsFitTheirUse() throws Exception {
    run(List.of("node_modules/.bin/tsc", "--noEmit", "-p", "test/types"));
  }

  @Test
  void thePackageHoldsWhatIsNeededAndNothingElse() throws Exception {
    String output = run(List.of("npm", "pack", "--dry-run", "--json"));
    List<String> files =
        java.util.regex.Pattern.compile("\"path\": \"([^\"]+)\"")
            .matcher(output)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(files)
        .contains("package.json", "README.md", "LICENSE", "lib/index.js", "lib/index.d.ts");
    assertThat(files)
        .allMatch(
            file ->
                List.of("package.json", "README.md", "LICENSE").contains(file)
                    || file.matches("lib/[a-z]+(\\.js|\\.d\\.ts)"));
  }

  /** The output of a program that must end well. */
  private static String run(List<String> command) throws Exception {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(Path.of("").toAbsolutePath().toFile());
    builder.environment().put("LIBCHAN_PEERS", PEER.get().addresses());
    builder.environment().remove("NODE_OPTIONS");
    Process process = builder.start();
    process.getOutputStream().close();
    AtomicReference<byte[]> output = new AtomicReference<>(new byte[0]);
    Thread reader =
        new Thread(
            () -> {
              try {
                output.set(process.getInputStream().readAllBytes());
              } catch (java.io.IOException e) {
                output.set(e.toString().getBytes(UTF_8));
              }
            },
            "output");
    reader.start();
    try {
      boolean ended = process.waitFor(BOUND_SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
      reader.join(10_000);
      String text = new String(output.get(), UTF_8);
      assertThat(ended).as("%s within %s s:%n%s", command, BOUND_SECONDS, text).isTrue();
      assertThat(process.exitValue()).as("%s:%n%s", command, text).isZero();
      return text;
    } finally {
      process.destroyForcibly();
    }
  }
}
