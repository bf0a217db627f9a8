package io.libchan.cli.gateway;

import io.libchan.cli.Lines;
import io.libchan.gateway.ConnectionEnd;
import io.libchan.gateway.Gateway;
import io.libchan.gateway.GatewayConnection;
import io.libchan.gateway.GatewayOptions;
import java.io.PrintWriter;
import java.time.Duration;
import picocli.CommandLine.Option;

/**
 * The options of either side about its connections.
 *
 * <p>Not thread-safe.
 */
final class Connections {
  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      description = "How long making a connection may take; ${DEFAULT-VALUE} by default.")
  private int connectSeconds = 10;

  @Option(
      names = "--idle",
      paramLabel = "SECONDS",
      description =
          "Reset a connection without a byte either way for so long; ${DEFAULT-VALUE} by default.")
  private int idleSeconds = 3600;

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description = "How many may be open at once; ${DEFAULT-VALUE} by default.")
  private int max = 512;

  @Option(
      names = "--drain",
      paramLabel = "SECONDS",
      description =
          "When interrupted, take no new connections and wait so long for the open ones;"
              + " ${DEFAULT-VALUE} by default.")
  private int drainSeconds = 5;

  @Option(
      names = "--verbose",
      description = "Write a line to standard error output for each connection that ends.")
  private boolean verbose;

  /**
   * What was given.
   *
   * @throws IllegalArgumentException if a figure makes no sense
   */
  GatewayOptions.Builder options(PrintWriter errors) {
    GatewayOptions.Builder options =
        GatewayOptions.builder()
            .connectTimeout(seconds("--connect-timeout", connectSeconds))
            .idleTimeout(seconds("--idle", idleSeconds))
            .maxConnections(max);
    if (verbose) {
      options.observer(end -> print(errors, end));
    }
    return options;
  }

  static Duration seconds(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " must be at least 1 second");
    }
    return Duration.ofSeconds(value);
  }

  private static void print(PrintWriter errors, ConnectionEnd end) {
    GatewayConnection connection = end.connection();
    errors.println(
        "libchan: "
            + connection.peer()
            + " -> "
            + connection.target()
            + ", "
            + connection.bytesFromSocket()
            + " bytes from the socket, "
            + connection.bytesToSocket()
            + " to it, "
            + connection.age().toMillis()
            + " ms: "
            + (end.handedOver()
                ? "handed over"
                : end.reason().isEnd() ? "ended" : Lines.of(end.reason())));
    errors.flush();
  }

  /** Ends a gateway in good order when the process is told to. */
  void drainAtExit(Gateway gateway, AutoCloseable rest) {
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  try {
                    gateway.drain(Duration.ofSeconds(Math.max(0, drainSeconds)));
                    rest.close();
                  } catch (Exception e) {
                    // The process ends in any case, and its sockets with it.
                  }
                },
                "libchan-gateway-stop"));
  }
}
