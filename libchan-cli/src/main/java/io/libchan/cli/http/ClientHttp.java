package io.libchan.cli.http;

import io.libchan.Options;
import io.libchan.transport.http2.Http2Options;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The HTTP options of a connecting side.
 *
 * <p>Not thread-safe.
 */
public final class ClientHttp {
  @Option(
      names = "--bearer",
      paramLabel = "TOKEN",
      description =
          "Over http and https: the bearer token to send, or file:PATH of a file whose first line"
              + " it is.")
  private @Nullable String bearer;

  @Option(
      names = "--header",
      paramLabel = "NAME:VALUE",
      description = "Over http and https: a header to send with each request; may be repeated.")
  private final List<String> headers = new ArrayList<>();

  /** For picocli. */
  public ClientHttp() {}

  /**
   * Adds what was given.
   *
   * @param options where to
   * @throws IllegalArgumentException if a header or the token can't be sent
   */
  public void addTo(Options.Builder options) {
    if (bearer == null && headers.isEmpty()) {
      return;
    }
    Http2Options.Builder http = Http2Options.builder();
    if (bearer != null) {
      http.bearer(Token.of(bearer));
    }
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon <= 0) {
        throw new IllegalArgumentException("write --header NAME:VALUE, not " + header);
      }
      http.header(header.substring(0, colon).strip(), header.substring(colon + 1).strip());
    }
    options.with(http.build());
  }
}
