package io.libchan.transport.websocket.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.libchan.Options;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Transport.Bound;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Rule;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Autobahn's fuzzing client against a listener that sends every byte back. As text is a violation
 * here (WS-4), its cases run twice: with binary messages for the frames, and as they are for the
 * refusal.
 */
@ExtendWith(Leaks.class)
@Timeout(value = 8, unit = TimeUnit.MINUTES)
final class AutobahnTest {
  private static final boolean LARGE = Boolean.getBoolean("libchan.autobahn.large");
  private static final int LARGEST_MESSAGE = 16 << 20;
  private static final Set<String> PASSED = Set.of("OK", "NON-STRICT", "INFORMATIONAL");

  private final ConcurrentLinkedQueue<Echo> echoes = new ConcurrentLinkedQueue<>();
  private Bound listener;

  @TempDir private Path folder;

  @BeforeEach
  void listen() throws Exception {
    Options options =
        Options.builder()
            .with(WebSocketServerOptions.builder().maxMessageBytes(LARGEST_MESSAGE).build())
            .build();
    listener =
        new WebSocketServerTransport()
            .listen(
                URI.create("ws://127.0.0.1:0/echo"),
                options,
                connection -> {
                  Echo echo = new Echo((ByteConnection) connection);
                  echoes.add(echo);
                  ((ByteConnection) connection).start(echo);
                });
  }

  @AfterEach
  void everyConnectionIsToldItsEnd() throws Exception {
    listener.close();
    for (Echo echo : echoes) {
      assertThat(echo.closed.get(10, TimeUnit.SECONDS)).isNotNull();
    }
  }

  /**
   * Frames, fragments, control frames, reserved bits and kinds, close codes; in -Plong large ones.
   */
  @Test
  @Rule({"WS-2", "WS-3", "WS-8", "WS-9"})
  void itsCasesPassWithBinaryMessages() throws Exception {
    // 6: the bytes of text. 10: counts text frames. 12, 13: compression, which is never agreed to.
    List<String> without = new ArrayList<>(List.of("6.*", "10.*", "12.*", "13.*"));
    // These wait for the echo of an empty message, which has no bytes (WS-2).
    without.addAll(List.of("1.1.1", "1.2.1", "9.7.1", "9.8.1"));
    if (!LARGE) {
      without.add("9.*");
    }
    Map<String, JsonNode> results = run("bytes", List.of("*"), without);
    assertThat(results.keySet()).hasSizeGreaterThanOrEqualTo(LARGE ? 145 : 95);
    List<String> failed = new ArrayList<>();
    results.forEach(
        (number, result) -> {
          if (!PASSED.contains(result.path("behavior").asText())
              || !PASSED.contains(result.path("behaviorClose").asText())) {
            failed.add(number + " " + result);
          }
        });
    assertThat(failed).isEmpty();
  }

  /** A text message ends the connection, whether or not it is text, and nothing comes back. */
  @Test
  @Rule("WS-4")
  void itsTextIsRefused() throws Exception {
    Map<String, JsonNode> results = run("text", List.of("1.1.*", "6.*"), List.of());
    assertThat(results.keySet()).hasSizeGreaterThanOrEqualTo(140);
    results.forEach(
        (number, result) ->
            assertThat(result.path("remoteCloseCode").asInt())
                .as("%s: %s", number, result)
                // A client that is still sending may be reset before it reads the code.
                .isIn(0, 1003, 1007));
    assertThat(results.values())
        .filteredOn(result -> result.path("remoteCloseCode").asInt() != 0)
        .hasSizeGreaterThanOrEqualTo(140);
    assertThat(echoes)
        .allSatisfy(
            echo -> assertThat(echo.closed.get(10, TimeUnit.SECONDS)).contains("Violation"));
  }

  /** The results by the numbers of their cases. */
  private Map<String, JsonNode> run(String mode, List<String> cases, List<String> without)
      throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    // Kept, as they have what went over the wire.
    Path reports = Path.of(System.getProperty("libchan.output"), "autobahn", mode).toAbsolutePath();
    Files.deleteIfExists(reports.resolve("index.json"));
    Map<String, Object> specification =
        Map.of(
            "outdir",
            reports.toString(),
            "servers",
            List.of(
                Map.of(
                    "agent",
                    "libchan",
                    "url",
                    listener.uri().toString(),
                    "protocols",
                    List.of("libchan.v1"),
                    "options",
                    Map.of("version", 18))),
            "cases",
            cases,
            "exclude-cases",
            without,
            "exclude-agent-cases",
            Map.of());
    Path file = Files.writeString(folder.resolve("spec"), mapper.writeValueAsString(specification));
    Path jars = Path.of(System.getProperty("libchan.output"), "autobahn").toAbsolutePath();
    Path log = folder.resolve("log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String opened : List.of("java.nio", "sun.nio.ch", "java.io")) {
      command.add("--add-opens=java.base/" + opened + "=ALL-UNNAMED");
    }
    command.addAll(List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"));
    command.add("-Dpython.cachedir=" + folder.resolve("cache"));
    command.addAll(List.of("-cp", jars.resolve("jython-standalone.jar").toString()));
    command.addAll(List.of("org.python.util.jython", "src/test/resources/autobahn/fuzz.py"));
    command.add(jars.resolve("autobahntestsuite-maven-plugin.jar").toString());
    command.addAll(List.of(file.toString(), mode));
    Process suite =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      boolean ended = suite.waitFor(LARGE ? 7 : 3, TimeUnit.MINUTES);
      assertThat(ended).as("%s", tail(log)).isTrue();
      assertThat(reports.resolve("index.json")).as("%s", tail(log)).exists();
    } finally {
      suite.destroyForcibly();
    }
    Map<String, JsonNode> results = new TreeMap<>();
    mapper
        .readTree(reports.resolve("index.json").toFile())
        .path("libchan")
        .properties()
        .forEach(result -> results.put(result.getKey(), result.getValue()));
    Map<String, Long> counts = new TreeMap<>();
    results
        .values()
        .forEach(result -> counts.merge(result.path("behavior").asText(), 1L, Long::sum));
    System.out.println("Autobahn, " + mode + ": " + counts);
    return results;
  }

  private static String tail(Path log) throws java.io.IOException {
    String text = Files.readString(log, UTF_8);
    return text.substring(Math.max(0, text.length() - 4_000));
  }
}
