package io.libchan.it.spdy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Session;
import io.libchan.testkit.Rule;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code exec} and {@code exec-server} with the two halves of the reference's rexec example. */
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ExecTest {
  /** 1 GB in {@code -Plong}. */
  private static final long STDIN_BYTES = Long.getLong("libchan.stdin.bytes", 16L << 20);

  private static final String[] SORT = {"sh", "-c", "sort; echo oops >&2; exit 7"};

  private static GoPeer go;
  private static String goAddress;
  private static Process server;
  private static String serverAddress;

  @BeforeAll
  static void start() throws Exception {
    go = GoPeer.start("listen", "127.0.0.1:0");
    goAddress = go.address();
    server = new ProcessBuilder(ours("exec-server", "--listen", "spdy://127.0.0.1:0")).start();
    String uri =
        new BufferedReader(new InputStreamReader(server.getInputStream(), UTF_8)).readLine();
    assertThat(uri).startsWith("spdy://");
    serverAddress = uri.substring("spdy://".length());
  }

  @AfterAll
  static void stop() throws Exception {
    if (go != null) {
      go.close();
    }
    if (server != null) {
      server.destroyForcibly().waitFor();
    }
  }

  /** Our command, with less memory than the input has bytes: what is kept would not fit. */
  private static List<String> ours(String... arguments) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    words.addAll(List.of("-Xmx96m", "-XX:MaxDirectMemorySize=32m"));
    words.add("--enable-native-access=ALL-UNNAMED");
    words.add("-cp");
    words.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    words.add("io.libchan.cli.Main");
    words.addAll(List.of(arguments));
    return words;
  }

  private static List<String> exec(String... command) {
    List<String> words = ours("exec", "--keep-alive", "1", "spdy://" + goAddress, "--");
    words.addAll(List.of(command));
    return words;
  }

  private static List<String> goExec(String... command) throws Exception {
    List<String> words = new ArrayList<>();
    words.addAll(List.of(GoPeer.program().toString(), "exec", serverAddress));
    words.addAll(List.of(command));
    return words;
  }

  private record Result(int status, String output, String errors, long peakKibibytes) {}

  private static Result run(List<String> words, long bytes, String input) throws Exception {
    Process process = new ProcessBuilder(words).start();
    CompletableFuture<Void> fed = CompletableFuture.runAsync(() -> feed(process, bytes, input));
    CompletableFuture<String> errors =
        CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
    StringBuilder output = new StringBuilder();
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    long peak = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      output.append(line).append('\n');
      peak = Math.max(peak, peak(process));
    }
    int status = process.waitFor();
    fed.get();
    return new Result(status, output.toString(), errors.get(), peak);
  }

  private static void feed(Process process, long bytes, String input) {
    byte[] block = new byte[64 * 1024];
    try (OutputStream sink = process.getOutputStream()) {
      for (long left = bytes; left > 0; left -= block.length) {
        sink.write(block, 0, (int) Math.min(left, block.length));
      }
      sink.write(input.getBytes(UTF_8));
    } catch (IOException e) {
      // It may end before it has read everything.
    }
  }

  private static String text(java.io.InputStream from) {
    try {
      return new String(from.readAllBytes(), UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  /** The most memory that the process ever had, as long as it lives; else 0. */
  private static long peak(Process process) throws IOException {
    Path status = Path.of("/proc/" + process.pid() + "/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElse(0);
  }

  @Test
  @Rule({"SPDY-9", "SPDY-13", "SPDY-16"})
  void ourClientAtTheirServer() throws Exception {
    Result result = run(exec(SORT), 0, "pear\napple\nfig\n");
    assertThat(result.output()).isEqualTo("apple\nfig\npear\n");
    assertThat(result.errors()).isEqualTo("oops\n");
    assertThat(result.status()).isEqualTo(7);
  }

  @Test
  @Rule({"SPDY-9", "SPDY-13", "SPDY-16"})
  void theirClientAtOurServer() throws Exception {
    Result result = run(goExec(SORT), 0, "pear\napple\nfig\n");
    assertThat(result.output()).isEqualTo("apple\nfig\npear\n");
    assertThat(result.errors()).isEqualTo("oops\n");
    assertThat(result.status()).isEqualTo(7);
  }

  /** Named modules find the wires of each other. */
  @Test
  @Rule("PORT-2")
  void allClientsAtOnePortOfAModularServer() throws Exception {
    List<String> words = ours("exec-server", "--listen", "tcp://127.0.0.1:0", "--all-wires");
    words.set(words.indexOf("-cp"), "-p");
    words.set(words.indexOf("io.libchan.cli.Main"), "-m");
    words.add(words.indexOf("-m") + 1, "io.libchan.cli/io.libchan.cli.Main");
    Process shared =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      String uri =
          new BufferedReader(new InputStreamReader(shared.getInputStream(), UTF_8)).readLine();
      assertThat(uri).startsWith("tcp://");
      String address = uri.substring("tcp://".length());
      String go = GoPeer.program().toString();
      Result result = run(List.of(go, "exec", address, "sort"), 0, "pear\napple\n");
      assertThat(result.output()).as(result.errors()).isEqualTo("apple\npear\n");
      for (String scheme : List.of("tcp", "http")) {
        try (Session session = Libchan.connect(scheme + "://" + address)) {
          assertThat(session.peer().node()).as("its hello").isNotEmpty();
        }
      }
    } finally {
      shared.destroyForcibly().waitFor();
    }
  }

  /** The wire has no reasons: the status and the error output tell. */
  @Test
  void theirClientIsToldThatThereIsNoSuchCommand() throws Exception {
    Result result = run(goExec("no-such-command"), 0, "");
    assertThat(result.errors()).contains("command not found: no-such-command");
    assertThat(result.status()).isEqualTo(127);
  }

  @Test
  @Rule("SPDY-11")
  void moreInputThanMemoryAtTheirServer() throws Exception {
    Result result = run(exec("wc", "-c"), STDIN_BYTES, "");
    assertThat(result.output().strip()).isEqualTo(Long.toString(STDIN_BYTES));
    assertThat(result.status()).isZero();
    System.out.println(
        "exec spdy:// with " + STDIN_BYTES + " bytes: peak " + result.peakKibibytes() + " KiB");
  }

  @Test
  @Rule("SPDY-11")
  void moreInputThanMemoryAtOurServer() throws Exception {
    Result result = run(goExec("wc", "-c"), STDIN_BYTES, "");
    assertThat(result.output().strip()).isEqualTo(Long.toString(STDIN_BYTES));
    assertThat(result.status()).isZero();
  }

  /** A program that does not read holds the peer's pings back; that is no lost connection. */
  @Test
  @Rule("SPDY-3")
  void aCommandThatDoesNotReadForLongIsNoLostConnection() throws Exception {
    Result result = run(exec("sh", "-c", "sleep 4; wc -c"), 4 << 20, "");
    assertThat(result.output().strip()).isEqualTo(Integer.toString(4 << 20));
    assertThat(result.status()).isZero();
  }
}
