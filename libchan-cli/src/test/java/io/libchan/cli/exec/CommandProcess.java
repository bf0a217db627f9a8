package io.libchan.cli.exec;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The libchan command as a process of its own, on the class path of this test. */
final class CommandProcess implements AutoCloseable {
  private static final int DEADLINE_SECONDS = 30;
  private static final Executor THREADS = PlatformThreads.pool();

  private final Process process;
  private final BufferedReader lines;
  private final CompletableFuture<String> errors;

  private CommandProcess(Process process) {
    this.process = process;
    lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    errors = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()), THREADS);
  }

  static CommandProcess start(String... args) throws IOException {
    return new CommandProcess(new ProcessBuilder(words(args)).start());
  }

  /** The words that start it. */
  static List<String> words(String... args) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:+UseSerialGC", "-Xmx128m", "-XX:TieredStopAtLevel=1"));
    words.add("--enable-native-access=ALL-UNNAMED"); // no warnings about Netty on newer JDKs
    words.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.libchan.cli.Main"));
    words.addAll(List.of(args));
    return words;
  }

  /** How it ended. */
  static final class Result {
    private final int status;
    private final byte[] output;
    private final String errors;

    private Result(int status, byte[] output, String errors) {
      this.status = status;
      this.output = output;
      this.errors = errors;
    }

    int status() {
      return status;
    }

    byte[] output() {
      return output;
    }

    String text() {
      return new String(output, StandardCharsets.UTF_8);
    }

    String errors() {
      return errors;
    }
  }

  /** Gives it this input and waits for its end. */
  Result runWith(byte[] input) throws Exception {
    CompletableFuture<Void> fed =
        CompletableFuture.runAsync(
            () -> {
              try (OutputStream sink = process.getOutputStream()) {
                sink.write(input);
              } catch (IOException e) {
                // It may end before it has read everything.
              }
            },
            THREADS);
    Result result = end();
    fed.get(DEADLINE_SECONDS, SECONDS);
    return result;
  }

  /** Waits for its end without ending its input. */
  Result end() throws Exception {
    CompletableFuture<byte[]> output =
        CompletableFuture.supplyAsync(() -> bytes(process.getInputStream()), THREADS);
    byte[] written = output.get(DEADLINE_SECONDS, SECONDS);
    if (!process.waitFor(DEADLINE_SECONDS, SECONDS)) {
      throw new AssertionError("still running");
    }
    return new Result(process.exitValue(), written, errors.get(DEADLINE_SECONDS, SECONDS));
  }

  /** The next line of its output. */
  String line() throws Exception {
    return CompletableFuture.supplyAsync(
            () -> {
              try {
                return lines.readLine();
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            },
            THREADS)
        .get(DEADLINE_SECONDS, SECONDS);
  }

  Process process() {
    return process;
  }

  void signal(String name) throws Exception {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
    if (kill.waitFor() != 0) {
      throw new AssertionError("kill -" + name + " failed");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().orTimeout(DEADLINE_SECONDS, SECONDS).join();
  }

  private static byte[] bytes(InputStream in) {
    try {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(InputStream in) {
    return new String(bytes(in), StandardCharsets.UTF_8);
  }
}
