package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/** The conformance tests h2spec against a listener; it is Netty's codec that they look at most. */
final class H2specTest {
  /**
   * What may fail. In the first three Netty resets the stream where h2spec wants the connection to
   * end, and says nothing to a stream that it has forgotten. For the last one requests would have
   * to stay open, but a GET is answered at once.
   */
  private static final Set<String> KNOWN =
      Set.of(
          "http2/5.1 half closed (remote): Sends a HEADERS frame",
          "http2/5.1 closed: Sends a HEADERS frame",
          "http2/5.1.1 Sends stream identifier that is numerically smaller than previous",
          "http2/5.1.2 Sends HEADERS frames that causes their advertised concurrent stream limit"
              + " to be exceeded");

  @TempDir private Path folder;

  @Test
  @Timeout(240)
  void conformance() throws Exception {
    Path program = program();
    Path report = folder.resolve("report.xml");
    try (Listener listener =
        Libchan.listen("http://127.0.0.1:0/libchan", Options.DEFAULTS, Session::close)) {
      Process process =
          new ProcessBuilder(
                  program.toString(),
                  "-h",
                  "127.0.0.1",
                  "-p",
                  "" + listener.uri().getPort(),
                  "-P",
                  "/libchan",
                  "-o",
                  "1",
                  "-j",
                  report.toString())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("out").toFile())
              .start();
      try {
        assertThat(process.waitFor(200, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly();
      }
    }
    List<String> failed = new ArrayList<>();
    int all = read(report, failed);
    System.out.println("h2spec: " + (all - failed.size()) + " of " + all + ", failed: " + failed);
    assertThat(all).isGreaterThanOrEqualTo(145);
    assertThat(failed).isSubsetOf(KNOWN);
  }

  private static int read(Path report, List<String> failed) throws Exception {
    NodeList cases =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getElementsByTagName("testcase");
    for (int i = 0; i < cases.getLength(); i++) {
      Element each = (Element) cases.item(i);
      if (each.getElementsByTagName("failure").getLength() > 0
          || each.getElementsByTagName("error").getLength() > 0) {
        failed.add(each.getAttribute("package") + " " + each.getAttribute("classname"));
      }
    }
    return cases.getLength();
  }

  private Path program() throws Exception {
    Path unpacked = Path.of(System.getProperty("libchan.output"), "h2spec");
    Path archive;
    try (Stream<Path> files = Files.walk(unpacked)) {
      archive = files.filter(file -> file.toString().endsWith(".tar.gz")).findFirst().orElseThrow();
    }
    Process tar =
        new ProcessBuilder("tar", "xzf", archive.toAbsolutePath().toString())
            .directory(folder.toFile())
            .inheritIO()
            .start();
    assertThat(tar.waitFor(30, TimeUnit.SECONDS)).isTrue();
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.endsWith("h2spec")).findFirst().orElseThrow();
    }
  }
}
