package io.libchan.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

final class ReportTest {
  private final Results results = new Results();

  private void add(String suite, String peer, Figure figure, double... rounds) {
    for (double value : rounds) {
      results.add(suite, peer, List.of(new Measurement(figure, value, new Cost(1, 0.5, 50))));
    }
  }

  private Report report() {
    return new Report(
        Config.parse(), new Facts(new LinkedHashMap<>(Map.of("date", "now"))), results);
  }

  @Test
  void targetsCompareMediansOfTheSameRun() {
    add("tcp", "libchan", Figure.ONE_WAY, 2_900_000, 3_100_000, 9_000_000);
    add("tcp", "grpc-tuned", Figure.ONE_WAY, 1_000_000, 900_000, 1_000_000);
    add("tcp", "libchan", Figure.ALLOCATION, 250);
    String text = report().markdown();
    assertTrue(text.contains("| 3.10 | at least 3 x | met |"), text);
    assertTrue(text.contains("| - | - | at most 200 bytes | **missed** |"), text);
    assertFalse(text.contains("rsocket"), "what was not measured is not claimed");
  }

  @Test
  void whatFailedIsInTheReport() {
    results.addFailure("tcp, BULK of libchan: sent 5 records");
    assertTrue(report().markdown().contains("- tcp, BULK of libchan: sent 5 records"));
  }

  @Test
  void programsReadWhatPeopleRead() throws Exception {
    add("tcp", "netty-ho", Figure.PING_PONG_P50, 60, 70, 80);
    add("tcp", "libchan", Figure.PING_PONG_P50, 35);
    JsonNode rows = new ObjectMapper().readTree(report().json()).get("rows");
    assertEquals(2, rows.size());
    assertEquals(70, rows.get(0).get("median").asDouble());
    assertEquals(0.5, rows.get(1).get("ratioToBaseline").asDouble());
  }

  @Test
  void picturesAreWellFormed() throws Exception {
    add("memory", "libchan", Figure.BUFFERED, 1, 2, 3);
    add("memory", "array-blocking-queue", Figure.BUFFERED, 0);
    Map<String, String> plots = report().plots();
    assertEquals(List.of("memory.svg"), List.copyOf(plots.keySet()));
    byte[] svg = plots.get("memory.svg").getBytes(StandardCharsets.UTF_8);
    assertNotNull(
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg)));
  }

  @Test
  void resultsReplaceThoseOfTheLastRun() {
    String document = "before\n" + Publication.BEGIN + "old\n" + Publication.END + "after\n";
    Path run = Path.of("benchmarks", "results", "full");
    String merged = Publication.merged(document, "# Results\n\n![TCP](tcp.svg)\n", run);
    assertTrue(
        merged.startsWith("before\n" + Publication.BEGIN + "\n## Results of `full`\n"), merged);
    assertTrue(merged.contains("![TCP](../benchmarks/results/full/tcp.svg)"), merged);
    assertTrue(merged.endsWith(Publication.END + "after\n"), merged);
    assertEquals(merged, Publication.merged(merged, "# Results\n\n![TCP](tcp.svg)\n", run));
  }

  @Test
  void targetsAndSuitesNameWhatThereIs() {
    for (Suite suite : Suite.ALL) {
      Stream.concat(suite.peers().stream(), suite.more().stream())
          .filter(peer -> !peer.endsWith("haproxy")) // not on every machine
          .forEach(Peers::note);
      assertTrue(suite.peers().contains(suite.baseline()), suite.name());
    }
    List<String> sections = Section.ALL.stream().map(Section::suite).toList();
    for (Target target : Target.ALL) {
      assertTrue(sections.contains(target.subject().suite()), target::toString);
    }
  }

  @Test
  void wrongOptionsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> Config.parse("--suites", "none"));
    assertThrows(IllegalArgumentException.class, () -> Config.parse("--set", "huge"));
    assertThrows(IllegalArgumentException.class, () -> Config.parse("--rounds", "0"));
    assertThrows(IllegalArgumentException.class, () -> Config.parse("--rounds"));
    assertEquals(5, Config.parse("--set", "full").rounds());
  }
}
