package io.libchan.cli.demo;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * The demo's results on a terminal, row by row as they come.
 *
 * <p>Thread-safe.
 */
final class Table {
  private static final String FORMAT = "%-10s %-8s %7s %12s %11s %11s%n";

  private Table() {}

  static void head(PrintWriter out) {
    out.printf(FORMAT, "transport", "codec", "checks", "messages/s", "rtt p50 us", "rtt p99 us");
    out.flush();
  }

  static void row(PrintWriter out, Report report) {
    List<Rates> rates = report.rates();
    out.printf(
        FORMAT,
        report.scheme(),
        report.codec(),
        report.checksPassed() + "/" + Checks.ALL.size(),
        number(rates, "%,.0f", Rates::messagesPerSecond),
        number(rates, "%,.1f", Rates::p50Micros),
        number(rates, "%,.1f", Rates::p99Micros));
    out.flush();
  }

  static void failures(PrintWriter out, List<Report> reports) {
    for (Report report : reports) {
      for (Report.Failure failure : report.failures()) {
        out.println("FAILED " + report.scheme() + ": " + failure.what() + ": " + failure.why());
      }
    }
    out.flush();
  }

  private static String number(List<Rates> rates, String format, ToDoubleFunction<Rates> figure) {
    return rates.stream()
        .map(each -> String.format(Locale.ROOT, format, figure.applyAsDouble(each)))
        .findFirst()
        .orElse("-");
  }
}
