package io.libchan.it.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Waits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
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
  private static final int ROUNDS = 3;
  private static final int REQUESTS = Integer.getInteger("libchan.redis.requests", 100_000);
  private static final int SMALL_REQUESTS = 4 * REQUESTS;

  // In the normal build it only has to work; -Plong asks for the share that a user may expect.
  private static final double LEAST_RATIO =
      Double.parseDouble(System.getProperty("libchan.redis.ratio", "0.7"));

  private final String server = Program.installed("redis-server", "redis-server");
  private final String benchmark = Program.installed("redis-benchmark", "redis-tools");

  @Test
  void fiftyClientsWithPipelinesHaveNoErrorAndMostOfTheThroughput(@TempDir Path folder)
      throws Exception {
    int port = Program.freePort();
    String target = "127.0.0.1:" + port;
    try (Program redis = start(port, folder);
        Program serve =
            Program.gateway("serve", "--listen", "tcp://127.0.0.1:0", "--allow", target);
        Program forward =
            Program.gateway("forward", "--listen", "127.0.0.1:0", serve.firstLine(), target)) {
      String address = forward.firstLine();
      int forwarded = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
      // At first the JVMs' compilers take as much of the processors as the work itself.
      run(forwarded, folder, "-n", String.valueOf(REQUESTS));
      double[] suites = new double[ROUNDS];
      double[] small = new double[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        suites[i] = ratio(port, forwarded, folder, "-n", String.valueOf(REQUESTS));
        small[i] =
            ratio(port, forwarded, folder, "-t", "set,get", "-n", String.valueOf(SMALL_REQUESTS));
      }
      Arrays.sort(suites);
      Arrays.sort(small);
      System.out.printf(
          "redis-benchmark -c 50 -P 16 over tcp, two gateways, to direct: all commands %.2f of %s;"
              + " SET and GET alone %.2f of %s%n",
          suites[ROUNDS / 2], Arrays.toString(suites), small[ROUNDS / 2], Arrays.toString(small));
      assertThat(suites[ROUNDS / 2]).isGreaterThanOrEqualTo(LEAST_RATIO);
      assertThat(redis.isAlive()).isTrue();
      forward.stop();
      serve.stop();
    }
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

  /** How many times as long the same work takes directly. */
  private double ratio(int direct, int forwarded, Path folder, String... arguments)
      throws Exception {
    Map<String, Double> without = run(direct, folder, arguments);
    Map<String, Double> with = run(forwarded, folder, arguments);
    assertThat(with.keySet()).isEqualTo(without.keySet());
    return seconds(without) / seconds(with);
  }

  /** For a request of each kind. */
  private static double seconds(Map<String, Double> ratesByCommand) {
    return ratesByCommand.values().stream().mapToDouble(rate -> 1 / rate).sum();
  }

  /** Requests in a second, by command; the benchmark ends with a failure at the first error. */
  private Map<String, Double> run(int port, Path folder, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(benchmark, "-h", "127.0.0.1", "-p", "" + port, "-c", "50", "-P", "16"));
    command.add("--csv");
    command.addAll(List.of(arguments));
    Path output = folder.resolve("benchmark.csv");
    Path errors = folder.resolve("benchmark.err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
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
