package io.libchan.examples.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The page, as a visitor uses it, in a headless Chromium. */
final class BrowserServerTest {
  private static final int BOUND_SECONDS = 120;

  /** Kept, for people to look at. */
  private final Path folder = Path.of("target", "browser").toAbsolutePath();

  @Test
  void everyPartOfThePageWorksInChromium() throws Exception {
    Files.createDirectories(folder);
    try (BrowserServer server = new BrowserServer("127.0.0.1", 0)) {
      Path log = folder.resolve("log");
      Files.deleteIfExists(folder.resolve("page.png"));
      Process node =
          new ProcessBuilder(
                  "node", "src/test/js/page.mjs", server.uri().toString(), folder.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      try {
        boolean ended = node.waitFor(BOUND_SECONDS, TimeUnit.SECONDS);
        String output = Files.readString(log);
        assertThat(ended).as(output).isTrue();
        assertThat(node.exitValue()).as(output).isZero();
        assertThat(folder.resolve("page.png")).isNotEmptyFile();
      } finally {
        node.descendants().forEach(ProcessHandle::destroyForcibly);
        node.destroyForcibly();
      }
    }
  }
}
