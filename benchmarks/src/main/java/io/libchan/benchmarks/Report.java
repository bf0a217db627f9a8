package io.libchan.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A run as people and as programs read it. Not thread-safe. */
final class Report {
  private static final String NOTES =
      """
      Medians of the rounds. CPU is that of the whole JVM, both ends, per operation. Records: long,
      16 characters, double, int, 32 bytes; 1024 prebuilt ones are cycled, count and order are
      checked at the far end.

      - netty-ho: plain Netty, user threads at both ends, bounded queues, no codec, 100 ready bytes.
        Its opens are new TCP connections, those of the others are streams on one connection, so
        the two opens tables do not compare like with like. 64 at once are 64 threads.
      - grpc-tuned: directExecutor() on both ends, request(256) on the server, one thread for 64 at
        once. Its figures include conversion between Java record and protobuf message on both ends.
      - grpc-default: the same without these three.
      - sockets: the JDK's blocking sockets, a thread for each connection, no codec, 100 ready bytes.
      - libchan-http, libchan-http-single: the same code as libchan, over http:// by both carriers.
      - Bulk: the byte stream of a message for libchan, messages of 64 KiB for gRPC, bare writes for
        sockets.
      """;

  private final Config config;
  private final Facts facts;
  private final Results results;

  Report(Config config, Facts facts, Results results) {
    this.config = config;
    this.facts = facts;
    this.results = results;
  }

  String markdown() {
    StringBuilder text = new StringBuilder("# First benchmark\n\n");
    facts.values().forEach((name, value) -> text.append("- " + name + ": " + value + "\n"));
    text.append("- options: " + config.asOptions() + "\n\n" + NOTES);
    for (Figure figure : Figure.values()) {
      text.append(table(figure));
    }
    return text.toString();
  }

  private String table(Figure figure) {
    StringBuilder text = new StringBuilder();
    text.append("\n## " + figure.title() + "\n\n");
    text.append("| peer | median (" + figure.unit() + ", " + direction(figure));
    text.append(") | min .. max | ratio to " + config.baseline() + " | CPU us/op |\n");
    text.append("|---|---:|---:|---:|---:|\n");
    for (String peer : config.peers()) {
      if (results.has(figure, peer)) {
        text.append(line(figure, peer));
      }
    }
    return text.toString();
  }

  private static String direction(Figure figure) {
    return figure.moreIsBetter() ? "more is better" : "less is better";
  }

  private String line(Figure figure, String peer) {
    Results.Row row = results.row(figure, peer);
    String ratio = hasBaseline(figure) ? number("%.3f", ratio(figure, row)) : "-";
    return "| %s | %s | %s .. %s | %s | %s |\n"
        .formatted(
            peer,
            value(figure, row.median()),
            value(figure, row.min()),
            value(figure, row.max()),
            ratio,
            number("%.2f", row.cpuMicros()));
  }

  private static String value(Figure figure, double value) {
    return number(figure.moreIsBetter() ? "%,.0f" : "%.1f", value);
  }

  private boolean hasBaseline(Figure figure) {
    return results.has(figure, config.baseline());
  }

  private double ratio(Figure figure, Results.Row row) {
    return row.median() / results.row(figure, config.baseline()).median();
  }

  String json() {
    Map<String, String> parts = new LinkedHashMap<>();
    Map<String, String> quoted = new LinkedHashMap<>();
    facts.values().forEach((name, value) -> quoted.put(name, quoted(value)));
    parts.put("facts", object(quoted));
    parts.put("options", quoted(config.asOptions()));
    parts.put("rows", "[\n  " + String.join(",\n  ", rows()) + "\n]");
    return object(parts) + "\n";
  }

  private List<String> rows() {
    List<String> rows = new ArrayList<>();
    for (Figure figure : Figure.values()) {
      for (String peer : config.peers()) {
        if (results.has(figure, peer)) {
          rows.add(row(figure, peer));
        }
      }
    }
    return rows;
  }

  private String row(Figure figure, String peer) {
    Results.Row row = results.row(figure, peer);
    Map<String, String> parts = new LinkedHashMap<>();
    parts.put("figure", quoted(figure.name()));
    parts.put("unit", quoted(figure.unit()));
    parts.put("peer", quoted(peer));
    parts.put("median", number("%.3f", row.median()));
    parts.put("min", number("%.3f", row.min()));
    parts.put("max", number("%.3f", row.max()));
    if (hasBaseline(figure)) {
      parts.put("ratioToBaseline", number("%.4f", ratio(figure, row)));
    }
    parts.put("cpuMicros", number("%.3f", row.cpuMicros()));
    parts.put("rounds", Arrays.toString(row.values()));
    return object(parts);
  }

  private static String object(Map<String, String> parts) {
    List<String> members = new ArrayList<>();
    parts.forEach((name, value) -> members.add(quoted(name) + ": " + value));
    return "{" + String.join(", ", members) + "}";
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
