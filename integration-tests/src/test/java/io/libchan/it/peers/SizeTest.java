package io.libchan.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How much a port is, in lines that are neither empty nor a comment. A port that keeps every rule
 * is no toy; these bounds are to keep it from growing.
 */
final class SizeTest {
  private static final int MOST = 700;
  private static final int COLUMNS = 110;

  /** What is left where a language has libraries for yamux and msgpack, and nobody tests. */
  private static final List<String> CORE = List.of("wire", "ends", "session");

  private static final int MOST_OF_CORE = 365;

  @ParameterizedTest
  @EnumSource
  void aPortIsSmall(Port port) throws Exception {
    long all = 0;
    long core = 0;
    for (Path file : port.files(port.ending)) {
      List<String> lines = Files.readAllLines(file);
      assertThat(lines).as("%s", file).allMatch(line -> line.length() <= COLUMNS);
      long code =
          lines.stream()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#") && !line.startsWith("//"))
              .count();
      all += code;
      String name = file.getFileName().toString();
      core += CORE.contains(name.substring(0, name.length() - port.ending.length())) ? code : 0;
    }
    assertThat(all).as("lines of %s", port).isLessThanOrEqualTo(MOST);
    assertThat(core).as("lines of %s's core", port).isLessThanOrEqualTo(MOST_OF_CORE);
  }
}
