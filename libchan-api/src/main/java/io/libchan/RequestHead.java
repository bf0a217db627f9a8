package io.libchan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP request by which a peer came, on transports that have one: HTTP/2 and WebSocket. Its
 * text form leaves out what headers such as {@code authorization} say.
 *
 * <p>Thread-safe: immutable.
 *
 * @param target path and query as they stood in the request, such as {@code /libchan?zone=3}
 * @param headers the values of each header in their order; names are in lower case, and have no
 *     colon
 */
public record RequestHead(String target, Map<String, List<String>> headers) {
  private static final Set<String> SECRET =
      Set.of("authorization", "proxy-authorization", "cookie");

  /** Copies the headers; names are brought to lower case. */
  public RequestHead {
    Map<String, List<String>> copy = new TreeMap<>();
    headers.forEach(
        (name, values) ->
            copy.computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>())
                .addAll(values));
    copy.replaceAll((name, values) -> List.copyOf(values));
    headers = Map.copyOf(copy);
  }

  /**
   * The first value of a header; null without one.
   *
   * @param name in any case
   */
  public @Nullable String header(String name) {
    List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
    return values == null || values.isEmpty() ? null : values.get(0);
  }

  /** The path without the query. */
  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** The value of the first cookie of this name, as it was sent; null where there is none. */
  public @Nullable String cookie(String name) {
    for (String line : headers.getOrDefault("cookie", List.of())) {
      for (String pair : line.split(";", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && pair.substring(0, equals).strip().equals(name)) {
          return pair.substring(equals + 1).strip();
        }
      }
    }
    return null;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("RequestHead[").append(target);
    new TreeMap<>(headers)
        .forEach(
            (name, values) ->
                text.append(", ")
                    .append(name)
                    .append(": ")
                    .append(SECRET.contains(name) ? "..." : String.join(", ", values)));
    return text.append(']').toString();
  }
}
