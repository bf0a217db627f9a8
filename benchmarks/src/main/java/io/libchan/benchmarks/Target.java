package io.libchan.benchmarks;

import io.libchan.benchmarks.Results.Cell;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run has to show.
 *
 * @param other what the subject is compared with; null for a bound on the figure itself
 * @param bound of the ratio of the two medians, or of the median
 */
record Target(Cell subject, @Nullable Cell other, double bound) {
  static final List<Target> ALL =
      List.of(
          ratio("tcp", Figure.ONE_WAY, "libchan", "grpc-tuned", 3),
          ratio("tcp", Figure.ONE_WAY, "libchan", "rsocket", 8),
          ratio("tcp", Figure.ONE_WAY, "libchan", "netty-ho", 0.35),
          ratio("tls", Figure.ONE_WAY, "libchan-tls", "grpc-tuned-tls", 3),
          ratio("tcp", Figure.PING_PONG_P50, "libchan", "netty-ho", 1),
          ratio("tcp", Figure.REQUESTS_64, "libchan", "grpc-tuned", 1.5),
          ratio("tcp", Figure.REQUESTS_64, "libchan", "netty-ho", 1),
          ratio("tcp", Figure.OPENS_64, "libchan", "rsocket", 1.5),
          ratio("tcp", Figure.OPENS_64, "libchan", "grpc-tuned", 2),
          ratio("tcp", Figure.OPENS, "libchan", "rsocket", 1.5),
          ratio("unix", Figure.PING_PONG_P50, "libchan-unix", "sockets-unix", 1.4),
          overUnix("netty-ho"),
          overUnix("netty-loop"),
          overUnix("grpc-tuned"),
          overUnix("rsocket"),
          overUnix("sockets"),
          ratio("tcp", Figure.BULK, "libchan", "netty-ho", 0.95),
          ratio("tls", Figure.BULK, "libchan-tls", "netty-ho-tls", 0.95),
          ratio("unix", Figure.BULK, "libchan-unix", "sockets-unix", 0.85),
          ratio("memory", Figure.BUFFERED, "libchan", "array-blocking-queue", 1.5),
          ratio("memory", Figure.BUFFERED, "libchan", "kotlin", 1.3),
          ratio("memory-virtual", Figure.BUFFERED, "libchan", "jox", 2),
          ratio("memory", Figure.RENDEZVOUS, "libchan", "linked-transfer-queue", 1),
          ratio("memory-virtual", Figure.RENDEZVOUS, "libchan", "synchronous-queue", 1),
          ratio("codecs", Figure.CODEC, "msgpack", "protobuf-alone", 1),
          bound("heap", Figure.HEAP, "libchan-many", 1024),
          new Target(
              new Cell("streams", Figure.STREAMS_10000, "libchan-many"),
              new Cell("streams", Figure.STREAMS_1, "libchan-many"),
              0.7),
          bound("tcp", Figure.ALLOCATION, "libchan", 200),
          ratio("transports", Figure.ONE_WAY, "libchan-http", "grpc-tuned", 2));

  private static Target ratio(
      String suite, Figure figure, String subject, String other, double bound) {
    return new Target(new Cell(suite, figure, subject), new Cell(suite, figure, other), bound);
  }

  /** Below every alternative over TCP. */
  private static Target overUnix(String other) {
    return new Target(
        new Cell("unix", Figure.PING_PONG_P50, "libchan-unix"),
        new Cell("tcp", Figure.PING_PONG_P50, other),
        1);
  }

  private static Target bound(String suite, Figure figure, String subject, double bound) {
    return new Target(new Cell(suite, figure, subject), null, bound);
  }

  /** What is bounded; null if it was not measured. */
  @Nullable Double value(Results results) {
    Results.Row of = results.row(subject);
    if (of == null || other == null) {
      return of == null ? null : of.median();
    }
    Results.Row to = results.row(other);
    return to == null ? null : of.median() / to.median();
  }

  boolean isMet(double value) {
    return subject.figure().moreIsBetter() ? value >= bound : value <= bound;
  }

  /** As people write it. */
  String wanted() {
    String direction = subject.figure().moreIsBetter() ? "at least " : "at most ";
    String unit = other == null ? " " + subject.figure().unit() : " x";
    return direction + number(bound) + unit;
  }

  private static String number(double value) {
    return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
  }
}
