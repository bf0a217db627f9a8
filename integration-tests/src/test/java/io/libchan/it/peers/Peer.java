package io.libchan.it.peers;

import io.libchan.testkit.Waits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A process of a port. */
final class Peer implements AutoCloseable {
  private final Process process;
  private final BufferedReader output;

  private Peer(Process process) {
    this.process = process;
    output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Runs a file with arguments; a relative file is one of the port's own. */
  static Peer start(Port port, Path file, String... arguments) throws Exception {
    port.require();
    List<String> words = new ArrayList<>(List.of(port.program, file.toString()));
    words.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(words).directory(port.folder().toFile());
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    builder.environment().put("PYTHONPATH", port.source().toString());
    return new Peer(builder.redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** The service of spec/conformance.md, listening on a free port. */
  static Peer listening(Port port) throws Exception {
    return start(port, Path.of("peer" + port.ending), "listen", "0", "patient");
  }

  /** The same, connected to that port of this machine. */
  static Peer connecting(Port port, int to) throws Exception {
    return start(port, Path.of("peer" + port.ending), "connect", "127.0.0.1", "" + to, "patient");
  }

  /** The next line that it prints. */
  String line() throws IOException {
    return output.readLine();
  }

  int exit() throws Exception {
    if (!process.waitFor(Waits.BOUND.toSeconds(), TimeUnit.SECONDS)) {
      throw new AssertionError("the process does not end");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    kill();
  }

  /** Ends the process, as a failure would. */
  void kill() {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
