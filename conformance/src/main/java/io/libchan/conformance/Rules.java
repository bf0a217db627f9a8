package io.libchan.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The rules of {@code spec/protocol.md}, as they stand there. Not to be instantiated. */
final class Rules {
  private static final Pattern ROW =
      Pattern.compile("^\\| *([A-Z][A-Z0-9]*-\\d+) *\\| *([^|]*?) *\\|", Pattern.MULTILINE);

  private Rules() {}

  /** Sentences by number, in the order of the text. */
  static Map<String, String> all() {
    try (InputStream in = Rules.class.getResourceAsStream("protocol.md")) {
      if (in == null) {
        throw new IllegalStateException("protocol.md is not in the jar");
      }
      Map<String, String> rules = new LinkedHashMap<>();
      Matcher rows = ROW.matcher(Bytes.text(in.readAllBytes()));
      while (rows.find()) {
        rules.put(rows.group(1), rows.group(2));
      }
      return rules;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
