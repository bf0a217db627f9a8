package io.libchan.it.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The two ports: where they are, and what runs them. */
enum Port {
  NODE("node", ".mjs", "nodejs and npm") {
    /** Its packages are put into the folder of the build, so that the sources stay as they are. */
    @Override
    Path folder() throws Exception {
      Path to = Files.createDirectories(output().resolve("peers/node"));
      for (Path file : files("")) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
      Path lock = to.resolve("package-lock.json");
      Path done = to.resolve("installed.json");
      if (!Files.exists(done) || Files.mismatch(lock, done) >= 0) {
        require("npm", "--version");
        run(to, "npm", "ci", "--no-audit", "--no-fund", "--prefer-offline");
        Files.copy(lock, done, StandardCopyOption.REPLACE_EXISTING);
      }
      return to;
    }
  },

  PYTHON("python3", ".py", "python3") {
    @Override
    Path folder() {
      return source();
    }
  };

  final String program;
  final String ending;
  private final String packages;

  Port(String program, String ending, String packages) {
    this.program = program;
    this.ending = ending;
    this.packages = packages;
  }

  /** The folder in which its files can be run. */
  abstract Path folder() throws Exception;

  /** Where the build puts what tests make. */
  static Path output() {
    return Path.of(System.getProperty("libchan.output", "target")).toAbsolutePath();
  }

  Path source() {
    Path root = Path.of(System.getProperty("libchan.root", "..")).toAbsolutePath().normalize();
    return root.resolve("spec/peers").resolve(this == NODE ? "node" : "python");
  }

  /** Its own files with that ending. */
  List<Path> files(String ended) throws IOException {
    try (Stream<Path> all = Files.list(source())) {
      return all.filter(file -> Files.isRegularFile(file) && file.toString().endsWith(ended))
          .sorted()
          .toList();
    }
  }

  /** Skips the test, and says so, where the program is missing. */
  void require() throws InterruptedException {
    require(program, "--version");
  }

  void require(String name, String argument) throws InterruptedException {
    try {
      if (new ProcessBuilder(name, argument)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0) {
        return;
      }
    } catch (IOException e) {
      // It is not there.
    }
    String line = "SKIPPED: the port of " + name() + "; install " + packages;
    System.out.println(line);
    Assumptions.abort(line);
  }

  static void run(Path folder, String... words) throws Exception {
    Path log = folder.resolve("install.log");
    Process process =
        new ProcessBuilder(words)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    if (!process.waitFor(3, TimeUnit.MINUTES) || process.exitValue() != 0) {
      process.destroyForcibly();
      throw new AssertionError(String.join(" ", words) + ": " + Files.readString(log));
    }
  }
}
