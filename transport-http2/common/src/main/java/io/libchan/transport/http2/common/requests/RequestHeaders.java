package io.libchan.transport.http2.common.requests;

import io.libchan.transport.http2.common.Carrier;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a client says in the headers of each request.
 *
 * <p>Thread-safe: immutable.
 */
public final class RequestHeaders {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final @Nullable Supplier<String> authorization;
  private final List<Map.Entry<String, String>> headers;
  private final String contentType;

  private RequestHeaders(Builder from) {
    authorization = from.authorization;
    headers = List.copyOf(from.headers);
    contentType = from.contentType;
  }

  /** The content type of both directions. */
  public String contentType() {
    return contentType;
  }

  /** A session id that nobody can guess. Rule H2-2. */
  public static String newSession() {
    byte[] random = new byte[16];
    RANDOM.nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  /**
   * Gives the headers of one request, but for those that begin with a colon. Names are in lower
   * case, and may come more than once.
   */
  public void write(
      Target target, Carrier carrier, String session, long ref, BiConsumer<String, String> to) {
    to.accept("content-type", contentType);
    to.accept("cache-control", "no-store, no-transform");
    to.accept(Names.SESSION, session);
    to.accept(Names.REF, Long.toString(ref));
    to.accept(Names.CARRIER, carrier.token());
    String userInfo = target.userInfo();
    if (authorization != null) {
      to.accept("authorization", authorization.get());
    } else if (userInfo != null) {
      to.accept("authorization", basic(userInfo));
    }
    headers.forEach(header -> to.accept(header.getKey(), header.getValue()));
  }

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  /** Builds {@link RequestHeaders}. Not thread-safe. */
  public static final class Builder {
    private static final Set<String> OURS =
        Set.of("host", "connection", "content-length", "content-type", "te", "transfer-encoding");
    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9a-z-]+";

    private @Nullable Supplier<String> authorization;
    private final List<Map.Entry<String, String>> headers = new ArrayList<>();
    private String contentType = "application/octet-stream";

    /** With every default. */
    public Builder() {}

    /** A bearer token. */
    public void bearer(String token) {
      String value = "Bearer " + checked(token);
      authorization = () -> value;
    }

    /** A bearer token, asked for each request. */
    public void bearer(Supplier<String> token) {
      Objects.requireNonNull(token);
      authorization = () -> "Bearer " + checked(token.get());
    }

    /** A user's name, without a colon, and password. */
    public void basic(String user, String password) {
      if (user.indexOf(':') >= 0) {
        throw new IllegalArgumentException("a user's name has no colon");
      }
      String value = RequestHeaders.basic(user + ":" + password);
      authorization = () -> value;
    }

    /** A further header. */
    public void header(String name, String value) {
      String lower = name.toLowerCase(Locale.ROOT);
      if (!lower.matches(TOKEN) || OURS.contains(lower) || lower.startsWith("libchan-")) {
        throw new IllegalArgumentException("not a header to add: " + name);
      }
      headers.add(Map.entry(lower, checked(value)));
    }

    /** The content type. */
    public void contentType(String value) {
      contentType = checked(value);
    }

    /** The headers. */
    public RequestHeaders build() {
      return new RequestHeaders(this);
    }

    private static String checked(String value) {
      for (int i = 0; i < value.length(); i++) {
        char c = value.charAt(i);
        if ((c < ' ' && c != '\t') || c > '~') {
          throw new IllegalArgumentException("a header's value has visible ASCII characters only");
        }
      }
      return value;
    }
  }
}
