package io.libchan.it.gateway;

import io.libchan.testkit.Waits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A process of somebody else's program, or of our command. It is killed when closed. */
public final class Program implements AutoCloseable {
  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();

  private Program(Process process) {
    this.process = process;
    drain(process.getInputStream(), lines);
    drain(process.getErrorStream(), errors);
  }

  static Program start(List<String> command) throws IOException {
    return new Program(new ProcessBuilder(command).start());
  }

  /** Our command, on the class path of this test. */
  static Program gateway(String... arguments) throws IOException {
    List<String> command = command("gateway");
    command.addAll(List.of(arguments));
    return start(command);
  }

  static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx256m");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add("io.libchan.cli.Main");
    command.addAll(List.of(arguments));
    return command;
  }

  private static void drain(InputStream from, List<String> into) {
    Thread reader =
        new Thread(
            () -> {
              try (BufferedReader in =
                  new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
                // A logger on the class path of tests says that it logs nothing.
                in.lines().filter(line -> !line.startsWith("SLF4J")).forEach(into::add);
              } catch (IOException | UncheckedIOException e) {
                into.add("unreadable: " + e);
              }
            },
            "program-output");
    reader.setDaemon(true);
    reader.start();
  }

  /** The first line, which our commands write when they are ready. */
  String firstLine() throws Exception {
    Waits.until("a line from " + process.info(), () -> !lines.isEmpty() || !process.isAlive());
    if (lines.isEmpty()) {
      throw new AssertionError("ended with " + process.exitValue() + ": " + errors);
    }
    return lines.get(0);
  }

  /** Waits until it gave up by itself; what it said. */
  String failure() throws Exception {
    Waits.until(process.info() + " gives up", () -> !process.isAlive() && !errors.isEmpty());
    return String.join("\n", errors);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** As the system does when memory runs out. */
  void kill() {
    process.destroyForcibly();
    Process unused =
        process.onExit().orTimeout(Waits.BOUND.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  /** Ends it in good order; it must not have had anything to complain about. */
  void stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(Waits.BOUND.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new AssertionError("does not stop: " + this);
    }
    if (lines.size() != 1 || !errors.isEmpty()) {
      throw new AssertionError("more than a first line: " + this);
    }
  }

  @Override
  public void close() {
    kill();
  }

  @Override
  public String toString() {
    return process.info().command().orElse("?") + " " + lines + " " + errors;
  }
}
