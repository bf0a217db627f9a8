package io.libchan.it.spdy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/** A program of spec/peers/go-spdy: the framing library of the reference itself. */
final class GoPeer implements AutoCloseable {
  private static final Path LIBRARY =
      Path.of("/usr/share/gocode/src/github.com/moby/spdystream/connection.go");
  private static Path program;

  private final Process process;

  private GoPeer(Process process) {
    this.process = process;
  }

  /** Builds the program once; skips the test, and says so, where Go or its library is missing. */
  static synchronized Path program() throws IOException, InterruptedException {
    if (program != null) {
      return program;
    }
    Path output = Path.of(System.getProperty("libchan.output", "target")).toAbsolutePath();
    Path folder = Files.createDirectories(output.resolve("go-spdy"));
    Path built = folder.resolve("go-spdy");
    if (!Files.exists(LIBRARY) || !hasGo()) {
      String line =
          "SKIPPED: the table with the Go peer; install golang-go and"
              + " golang-github-docker-spdystream-dev";
      System.out.println(line);
      Assumptions.abort(line);
    }
    Path source = Path.of(System.getProperty("libchan.root", ".."), "spec/peers/go-spdy");
    ProcessBuilder go = new ProcessBuilder("go", "build", "-o", built.toString(), ".");
    go.directory(source.toAbsolutePath().normalize().toFile());
    go.environment().put("GO111MODULE", "off");
    go.environment().put("GOPATH", "/usr/share/gocode");
    go.environment().put("GOCACHE", folder.resolve("cache").toString());
    go.redirectErrorStream(true);
    Process building = go.start();
    String said = new String(building.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (building.waitFor() != 0) {
      throw new AssertionError("go build: " + said);
    }
    program = built;
    return built;
  }

  private static boolean hasGo() throws InterruptedException {
    try {
      return new ProcessBuilder("go", "version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  static GoPeer start(String... arguments) throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(List.of(program().toString()));
    words.addAll(List.of(arguments));
    return new GoPeer(
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** The address that it prints. */
  String address() throws IOException {
    return new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
        .readLine();
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
