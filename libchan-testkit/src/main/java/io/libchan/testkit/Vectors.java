package io.libchan.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The examples of the wire in {@code spec/vectors}, whose README says how they are written.
 *
 * <p>Thread-safe.
 */
public final class Vectors {
  private Vectors() {}

  /**
   * One example.
   *
   * @param file the name of its file
   * @param fields as they stand there: texts, numbers ({@code Long} or {@code Double}), {@code
   *     Boolean}, {@code List} and {@code Map}
   */
  public record Vector(String file, Map<String, Object> fields) {
    /** Its name. */
    public String name() {
      return text("name");
    }

    /** Its bytes. */
    public byte[] bytes() {
      return hex(value("bytes"));
    }

    /** Whether a receiver has to refuse it. */
    public boolean isBad() {
      return fields.containsKey("error");
    }

    /** What a bad one is refused with: code, scope, and the limit if it is one. */
    public Map<String, Object> error() {
      return map(value("error"));
    }

    /** What a good one means, if that is a map. */
    public Map<String, Object> means() {
      return map(value("means"));
    }

    /** Whether a sender writes it so; a receiver takes it in any case. */
    public boolean isWritten() {
      return !Boolean.FALSE.equals(fields.get("written"));
    }

    /** A field that is there. */
    public Object value(String field) {
      return Objects.requireNonNull(fields.get(field), file + " " + field);
    }

    /** A text that is there. */
    public String text(String field) {
      return (String) value(field);
    }

    @Override
    public String toString() {
      return file + ": " + fields.get("name");
    }
  }

  /** The good vectors of a file. */
  public static List<Vector> good(String file) {
    return vectors(file).stream().filter(one -> !one.isBad()).toList();
  }

  /** The bad vectors of a file. */
  public static List<Vector> bad(String file) {
    return vectors(file).stream().filter(Vector::isBad).toList();
  }

  private static List<Vector> vectors(String file) {
    List<Vector> vectors = new ArrayList<>();
    for (Object one : list(Objects.requireNonNull(read(file).get("vectors")))) {
      vectors.add(new Vector(file, map(one)));
    }
    return vectors;
  }

  /** A whole file. */
  public static Map<String, Object> read(String file) {
    try {
      Path path = root().resolve("spec/vectors").resolve(file);
      return map(Objects.requireNonNull(parse(Files.readString(path))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The folder of the project: above the module whose tests run. */
  private static Path root() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("spec/vectors"))) {
      folder = Objects.requireNonNull(folder.getParent(), "no spec/vectors above this folder");
    }
    return folder;
  }

  /** Bytes that stand as hex with spaces, in one text or in a list of them. */
  public static byte[] hex(Object text) {
    String all = text instanceof List<?> parts ? String.join("", strings(parts)) : (String) text;
    return HexFormat.of().parseHex(all.replace(" ", ""));
  }

  private static List<String> strings(List<?> parts) {
    return parts.stream().map(String.class::cast).toList();
  }

  /** A JSON object. */
  @SuppressWarnings("unchecked")
  public static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  /** A JSON array. */
  @SuppressWarnings("unchecked")
  public static List<Object> list(Object value) {
    return (List<Object>) value;
  }

  /** The value of a JSON text. */
  public static @Nullable Object parse(String json) {
    return new Json(json).whole();
  }

  /** As much of JSON as these files need; whatever is wrong with one is a failure of the test. */
  private static final class Json {
    private final String text;
    private int at;

    Json(String text) {
      this.text = text;
    }

    @Nullable Object whole() {
      Object value = value();
      if (next() != 0) {
        throw wrong("the end");
      }
      return value;
    }

    private @Nullable Object value() {
      return switch (next()) {
        case '{' -> object();
        case '[' -> array();
        case '"' -> string();
        case 't' -> word("true", true);
        case 'f' -> word("false", false);
        case 'n' -> word("null", null);
        default -> number();
      };
    }

    private Map<String, @Nullable Object> object() {
      Map<String, @Nullable Object> entries = new LinkedHashMap<>();
      at++;
      while (next() != '}') {
        if (!entries.isEmpty()) {
          expect(',');
        }
        String key = next() == '"' ? string() : "";
        expect(':');
        if (entries.containsKey(key)) {
          throw wrong("another key than " + key);
        }
        entries.put(key, value());
      }
      at++;
      return entries;
    }

    private List<@Nullable Object> array() {
      List<@Nullable Object> items = new ArrayList<>();
      at++;
      while (next() != ']') {
        if (!items.isEmpty()) {
          expect(',');
        }
        items.add(value());
      }
      at++;
      return items;
    }

    private String string() {
      StringBuilder string = new StringBuilder();
      for (at++; text.charAt(at) != '"'; at++) {
        char one = text.charAt(at);
        if (one == '\\') {
          one = escaped(text.charAt(++at));
        }
        string.append(one);
      }
      at++;
      return string.toString();
    }

    private char escaped(char one) {
      return switch (one) {
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 't' -> '\t';
        case 'u' -> {
          at += 4;
          yield (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
        }
        default -> one;
      };
    }

    private Object number() {
      int from = at;
      while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      String number = text.substring(from, at);
      return number.matches("-?\\d+") ? Long.valueOf(number) : (Object) Double.valueOf(number);
    }

    private @Nullable Object word(String word, @Nullable Object value) {
      if (!text.startsWith(word, at)) {
        throw wrong(word);
      }
      at += word.length();
      return value;
    }

    private void expect(char wanted) {
      if (next() != wanted) {
        throw wrong(String.valueOf(wanted));
      }
      at++;
    }

    private char next() {
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
      return at < text.length() ? text.charAt(at) : 0;
    }

    private IllegalArgumentException wrong(String wanted) {
      return new IllegalArgumentException("not " + wanted + " at " + at);
    }
  }
}
