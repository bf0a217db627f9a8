package io.libchan.it.scale;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A JVM on the test's class path that prints {@code name=figure} lines. It ends when its standard
 * input does, so it never outlives the test.
 */
public final class Child implements AutoCloseable {
  private static final String EOF = "\0";

  private final Process process;
  private final long deadline;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();

  private Child(Process process, Duration patience) {
    this.process = process;
    deadline = System.nanoTime() + patience.toNanos();
    Thread reader = new Thread(this::read, "child-output");
    reader.setDaemon(true);
    reader.start();
  }

  public static Child start(Class<?> main, int heapMegabytes, Duration patience, String... args)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Xmx" + heapMegabytes + "m");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(main.getName());
    command.addAll(List.of(args));
    return new Child(new ProcessBuilder(command).redirectErrorStream(true).start(), patience);
  }

  private void read() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      lines.add(new UncheckedIOException(e).toString());
    } finally {
      lines.add(EOF);
    }
  }

  /** Waits for a line {@code name=...}; what it says. */
  public String text(String name) throws InterruptedException {
    for (; ; ) {
      String line = lines.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (line == null || line.equals(EOF)) {
        throw new AssertionError(
            "no \"" + name + "\" from the child, which " + state() + "; it said " + seen);
      }
      System.out.println("  " + line);
      seen.add(line);
      if (line.startsWith(name + "=")) {
        return line.substring(name.length() + 1);
      }
    }
  }

  double figure(String name) throws InterruptedException {
    return Double.parseDouble(text(name));
  }

  private String state() {
    return process.isAlive() ? "is too slow" : "ended with " + process.exitValue();
  }

  /** Waits until it ended by itself. */
  int exit() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError("the child does not end; it said " + seen);
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
