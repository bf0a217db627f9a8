package io.libchan.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.libchan.benchmarks.Results.Cell;
import io.libchan.benchmarks.Results.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A run as people and as programs read it. Not thread-safe. */
final class Report {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final Config config;
  private final Facts facts;
  private final Results results;

  Report(Config config, Facts facts, Results results) {
    this.config = config;
    this.facts = facts;
    this.results = results;
  }

  String markdown() {
    StringBuilder text = new StringBuilder("# Results\n\n");
    facts.values().forEach((name, value) -> text.append("- " + name + ": " + value + "\n"));
    text.append("- options: " + config.asOptions() + "\n");
    if (!results.failures().isEmpty()) {
      text.append("\n## Without a result\n\n");
      results.failures().forEach(failure -> text.append("- " + failure + "\n"));
    }
    text.append(targets());
    for (Section section : Section.ALL) {
      if (!results.figures(section.suite()).isEmpty()) {
        text.append(part(section));
      }
    }
    return text.toString();
  }

  private String targets() {
    StringBuilder text = new StringBuilder("\n## Targets\n\n");
    text.append("| case | libchan | beside | ratio | wanted | |\n|---|---|---|---:|---:|---|\n");
    int lines = 0;
    for (Target target : Target.ALL) {
      Double value = target.value(results);
      if (value != null) {
        text.append(line(target, value));
        lines++;
      }
    }
    return lines == 0 ? "" : text.toString();
  }

  private String line(Target target, double value) {
    Cell subject = target.subject();
    Cell other = target.other();
    return "| %s: %s | %s | %s | %s | %s | %s |\n"
        .formatted(
            subject.suite(),
            subject.figure().title(),
            named(subject),
            other == null ? "-" : named(other),
            other == null ? "-" : number("%.2f", value),
            target.wanted(),
            target.isMet(value) ? "met" : "**missed**");
  }

  private String named(Cell cell) {
    Row row = results.row(cell);
    String value = row == null ? "-" : value(cell.figure(), row.median());
    return cell.peer() + " " + value + " " + cell.figure().unit();
  }

  private String part(Section section) {
    StringBuilder text = new StringBuilder("\n## " + section.title() + "\n\n");
    text.append("![" + section.title() + "](" + plotFile(section) + ")\n");
    for (Figure figure : results.figures(section.suite())) {
      text.append(table(section, figure));
    }
    return text.toString();
  }

  private String table(Section section, Figure figure) {
    StringBuilder text = new StringBuilder("\n### " + figure.title() + "\n\n");
    text.append(
        "| peer | median (" + figure.unit() + ", " + direction(figure) + ") | min .. max | ");
    text.append(
        "ratio to " + section.baseline(figure) + " | CPU us | switches | bytes allocated |\n");
    text.append("|---|---:|---:|---:|---:|---:|---:|\n");
    for (String peer : results.peers(section.suite())) {
      Row row = results.row(new Cell(section.suite(), figure, peer));
      if (row != null) {
        text.append(line(section, figure, peer, row));
      }
    }
    return text.toString();
  }

  private static String direction(Figure figure) {
    return figure.moreIsBetter() ? "more is better" : "less is better";
  }

  private String line(Section section, Figure figure, String peer, Row row) {
    Double ratio = ratio(section, figure, row);
    return "| %s | %s | %s .. %s | %s | %s | %s | %s |\n"
        .formatted(
            peer,
            value(figure, row.median()),
            value(figure, row.min()),
            value(figure, row.max()),
            ratio == null ? "-" : number("%.3f", ratio),
            counted("%.2f", row.cpuMicros()),
            counted("%.4f", row.switches()),
            counted("%,.0f", row.allocated()));
  }

  /** Null where there is none. Without a codec, less than the record itself is allocated. */
  private @Nullable Double ratio(Section section, Figure figure, Row row) {
    Row base = results.row(new Cell(section.suite(), figure, section.baseline(figure)));
    return base == null || base.median() <= 0 ? null : row.median() / base.median();
  }

  /** A picture for each section, by the name of its file. */
  Map<String, String> plots() {
    Map<String, String> plots = new LinkedHashMap<>();
    for (Section section : Section.ALL) {
      List<Plot.Panel> panels = panels(section);
      if (!panels.isEmpty()) {
        plots.put(plotFile(section), Plot.svg(section.title(), panels));
      }
    }
    return plots;
  }

  private static String plotFile(Section section) {
    return section.suite() + ".svg";
  }

  private List<Plot.Panel> panels(Section section) {
    List<Plot.Panel> panels = new ArrayList<>();
    for (Figure figure : results.figures(section.suite())) {
      List<Plot.Bar> bars = new ArrayList<>();
      for (String peer : results.peers(section.suite())) {
        Row row = results.row(new Cell(section.suite(), figure, peer));
        if (row != null) {
          bars.add(bar(figure, peer, row));
        }
      }
      panels.add(new Plot.Panel(figure.title(), figure.unit() + ", " + direction(figure), bars));
    }
    return panels;
  }

  private static Plot.Bar bar(Figure figure, String peer, Row row) {
    String label = value(figure, row.median());
    return new Plot.Bar(
        peer, row.median(), row.min(), row.max(), label, peer.contains("libchan") || isOurs(peer));
  }

  /** Codecs of libchan have the names that a session knows them by. */
  private static boolean isOurs(String way) {
    return List.of("msgpack", "json", "cbor", "xml", "protobuf", "protobuf-record").contains(way);
  }

  String json() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("facts", facts.values());
    all.put("options", config.asOptions());
    all.put("failures", results.failures());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Section section : Section.ALL) {
      for (Figure figure : results.figures(section.suite())) {
        for (String peer : results.peers(section.suite())) {
          Row row = results.row(new Cell(section.suite(), figure, peer));
          if (row != null) {
            rows.add(members(section, figure, peer, row));
          }
        }
      }
    }
    all.put("rows", rows);
    all.put("targets", targetsForPrograms());
    try {
      return JSON.writeValueAsString(all) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private Map<String, Object> members(Section section, Figure figure, String peer, Row row) {
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("suite", section.suite());
    members.put("figure", figure.name());
    members.put("unit", figure.unit());
    members.put("peer", peer);
    members.put("median", row.median());
    members.put("min", row.min());
    members.put("max", row.max());
    members.put("ratioToBaseline", ratio(section, figure, row));
    members.put("baseline", section.baseline(figure));
    members.put("cpuMicros", row.cpuMicros());
    members.put("switches", row.switches());
    members.put("allocatedBytes", row.allocated());
    members.put("rounds", row.values());
    return members;
  }

  private List<Map<String, Object>> targetsForPrograms() {
    List<Map<String, Object>> all = new ArrayList<>();
    for (Target target : Target.ALL) {
      Double value = target.value(results);
      if (value != null) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("subject", target.subject());
        members.put("other", target.other());
        members.put("value", value);
        members.put("bound", target.bound());
        members.put("met", target.isMet(value));
        all.add(members);
      }
    }
    return all;
  }

  private static String value(Figure figure, double value) {
    return number(figure.moreIsBetter() || value >= 1000 ? "%,.0f" : "%.1f", value);
  }

  private static String counted(String format, double value) {
    return value < 0 ? "-" : number(format, value);
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
