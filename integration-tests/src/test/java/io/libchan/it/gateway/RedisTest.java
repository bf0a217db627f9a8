package io.libchan.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Ports;
import io.libchan.testkit.Programs;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real Redis server behind two gateway processes, under its own benchmark. */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
final class RedisTest {
  // A command takes a tenth of a second, so only the best of many rounds is more than noise.
  private static final int ROUNDS = Integer.getInteger("libchan.redis.rounds", 9);
  private static final int REQUESTS = Integer.getInteger("libchan.redis.requests", 100_000);
  private static final int SMALL_REQUESTS = 4 * REQUESTS;

  // In the normal build it only has to work; -Plong asks for the share that a user may expect.
  private static final double LEAST_RATIO =
      Double.parseDouble(System.getProperty("libchan.redis.ratio", "0.7"));

  // The same for sockets that are handed over.
  private static final double LEAST_PASSED_RATIO =
      Double.parseDouble(System.getProperty("libchan.redis.passedRatio", "0.95"));

  private final String server = Programs.installed("redis-server", "redis-server");
  private final String benchmark = Programs.installed("redis-benchmark", "redis-tools");

  @Test
  void fiftyClientsWithPipelinesHaveNoErrorAndMostOfTheThroughput(@TempDir Path folder)
      throws Exception {
    int port = Ports.next();
    String target = "127.0.0.1:" + port;
    try (Program redis = start(port, folder);
        Program serve =
            Program.gateway("serve", "--listen", "tcp://127.0.0.1:0", "--allow", target);
        Program forward =
            Program.gateway("forward", "--listen", "127.0.0.1:0", serve.firstLine(), target)) {
      String address = forward.firstLine();
      int forwarded = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
      double share =
          compare(
              "over tcp, two gateways",
              arguments -> run(port, folder, Map.of(), arguments),
              arguments -> run(forwarded, folder, Map.of(), arguments));
      assertThat(share).isGreaterThanOrEqualTo(LEAST_RATIO);
      assertThat(redis.isAlive()).isTrue();
      forward.stop();
      serve.stop();
    }
  }

  /** By a program that takes the sockets, put before the benchmark's own connect(). Rule GW-9. */
  @Test
  void socketsThatAreHandedOverCostNothing(@TempDir Path folder) throws Exception {
    Path taker = compiled(folder);
    int port = Ports.next();
    String target = "127.0.0.1:" + port;
    try (Program redis = start(port, folder);
        Program serve =
            Program.gateway(
                "serve", "--listen", "unix:" + folder.resolve("serve"), "--allow", target);
        Program pass =
            Program.gateway(
                "pass", "--listen", "unix:" + folder.resolve("pass"), serve.firstLine(), target)) {
      assertThat(pass.firstLine()).isEqualTo("unix:" + folder.resolve("pass"));
      Map<String, String> taking =
          Map.of(
              "LD_PRELOAD", taker.toString(),
              "PASSED_BY", folder.resolve("pass").toString(),
              "PASSED_PORT", String.valueOf(port));
      double share =
          compare(
              "by sockets handed over",
              arguments -> run(port, folder, Map.of(), arguments),
              arguments -> run(port, folder, taking, arguments));
      assertThat(share).isGreaterThanOrEqualTo(LEAST_PASSED_RATIO);
      assertThat(redis.isAlive()).isTrue();
      pass.stop();
      serve.stop();
    }
  }

  private static Path compiled(Path folder) throws Exception {
    Path library = folder.resolve("passed_socket.so");
    Path source = Path.of("src", "test", "c", "passed_socket.c");
    Process compiler =
        new ProcessBuilder(
                Programs.installed("gcc", "gcc"),
                "-shared",
                "-fPIC",
                "-o",
                library.toString(),
                source.toString(),
                "-ldl")
            .inheritIO()
            .start();
    assertThat(compiler.waitFor()).isZero();
    return library;
  }

  /** One run of the benchmark: requests in a second, by command. */
  private interface Run {
    Map<String, Double> with(String... arguments) throws Exception;
  }

  /**
   * Prints how much of the throughput is left, and returns it for all commands. Both ways take
   * turns, and the best of each counts for each command: whatever else the machine does only slows.
   */
  private static double compare(String how, Run direct, Run other) throws Exception {
    String[] suite = {"-n", String.valueOf(REQUESTS)};
    // At first the JVMs' compilers take as much of the processors as the work itself.
    var unused = other.with(suite);
    String[] setAndGet = {"-t", "set,get", "-n", String.valueOf(SMALL_REQUESTS)};
    double all = share(suite, direct, other);
    double small = share(setAndGet, direct, other);
    System.out.printf(
        "redis-benchmark -c 50 -P 16 %s, to direct, best of %d: all commands %.2f, SET and GET"
            + " alone %.2f%n",
        how, ROUNDS, all, small);
    return all;
  }

  private static double share(String[] arguments, Run direct, Run other) throws Exception {
    Map<String, Double> without = new HashMap<>();
    Map<String, Double> with = new HashMap<>();
    for (int i = 0; i < ROUNDS; i++) {
      direct.with(arguments).forEach((command, rate) -> without.merge(command, rate, Math::max));
      other.with(arguments).forEach((command, rate) -> with.merge(command, rate, Math::max));
    }
    assertThat(with.keySet()).isEqualTo(without.keySet());
    return seconds(without) / seconds(with);
  }

  private Program start(int port, Path folder) throws Exception {
    Program redis =
        Program.start(
            List.of(
                server,
                "--port",
                String.valueOf(port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                folder.toString()));
    Waits.until("redis answers; " + redis, () -> isThere(port));
    return redis;
  }

  private static boolean isThere(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.UTF_8));
      return socket.getInputStream().read() == '+';
    } catch (IOException e) {
      return false;
    }
  }

  /** For a request of each kind. */
  private static double seconds(Map<String, Double> ratesByCommand) {
    return ratesByCommand.values().stream().mapToDouble(rate -> 1 / rate).sum();
  }

  /** Requests in a second, by command; the benchmark ends with a failure at the first error. */
  private Map<String, Double> run(
      int port, Path folder, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(benchmark, "-h", "127.0.0.1", "-p", "" + port, "-c", "50", "-P", "16"));
    command.add("--csv");
    command.addAll(List.of(arguments));
    Path output = folder.resolve("benchmark.csv");
    Path errors = folder.resolve("benchmark.err");
    ProcessBuilder starting =
        new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
    starting.environment().putAll(environment);
    Process process = starting.start();
    try {
      assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("it ends: %s", command).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(errors).isEmptyFile();
    assertThat(process.exitValue()).isZero();
    Map<String, Double> rates = new LinkedHashMap<>();
    for (String line : Files.readAllLines(output)) {
      assertThat(line).as("a row of the table").startsWith("\"");
      String[] cells = line.replace("\"", "").split(",(?! )", -1);
      if (!cells[0].equals("test")) {
        rates.put(cells[0], Double.parseDouble(cells[1]));
      }
    }
    assertThat(rates).isNotEmpty();
    return rates;
  }
}
