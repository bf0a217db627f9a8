package io.libchan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP request by which a peer came, where the transport has one: its line and its headers,
 * among them cookies and authorization. They are what the peer sent, or the proxy before it; a
 * claim until an {@link Authenticator} has checked it.
 *
 * <p>Thread-safe: immutable.
 *
 * @param method such as {@code GET}
 * @param target the path and the query, as they were sent
 * @param headers the values of each header in their order, under its name in lower case
 */
public record RequestHead(String method, String target, Map<String, List<String>> headers) {
  /** Copies the headers; names that differ in case are one. */
  public RequestHead {
    Map<String, List<String>> copy = new TreeMap<>();
    headers.forEach(
        (name, values) ->
            copy.computeIfAbsent(name.toLowerCase(Locale.ROOT), none -> new ArrayList<>())
                .addAll(values));
    copy.replaceAll((name, values) -> List.copyOf(values));
    headers = Collections.unmodifiableMap(copy);
  }

  /** The path without the query. */
  public String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /**
   * The first value of a header; null where it was not sent.
   *
   * @param name in any case
   */
  public @Nullable String header(String name) {
    List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
    return values == null || values.isEmpty() ? null : values.get(0);
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

  /** The line and the names of the headers, whose values may be secrets; no query either. */
  @Override
  public String toString() {
    return "RequestHead[" + method + " " + path() + ", " + headers.keySet() + "]";
  }
}
