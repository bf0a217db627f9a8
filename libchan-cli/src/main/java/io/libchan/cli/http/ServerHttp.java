package io.libchan.cli.http;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.RequestHead;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.Principal;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * The HTTP options of a listening side.
 *
 * <p>Not thread-safe.
 */
public final class ServerHttp {
  private static final Set<String> SCHEMES = Set.of("http", "https");

  @Option(
      names = "--bearer",
      paramLabel = "TOKEN",
      description =
          "Over http and https: serve only requests with this bearer token, or that on the first"
              + " line of file:PATH.")
  private @Nullable String bearer;

  /** For picocli. */
  public ServerHttp() {}

  /** Whether requests have to show a token. */
  public boolean asksForToken() {
    return bearer != null;
  }

  /**
   * Adds what was given.
   *
   * @param options where to
   * @param uri where to listen
   * @throws IllegalArgumentException if a token is asked for where there are no requests
   */
  public void addTo(Options.Builder options, String uri) {
    if (bearer == null) {
      return;
    }
    String scheme = URI.create(uri).getScheme();
    if (scheme == null || !SCHEMES.contains(scheme.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException("--bearer is for http and https, not " + uri);
    }
    byte[] wanted = ("Bearer " + Token.of(bearer)).getBytes(StandardCharsets.UTF_8);
    options.requestAuthenticator(peer -> answer(peer, wanted));
  }

  private static Answer answer(PeerInfo peer, byte[] wanted) {
    RequestHead request = peer.request();
    String shown = request == null ? null : request.header("authorization");
    return shown != null && MessageDigest.isEqual(wanted, shown.getBytes(StandardCharsets.UTF_8))
        ? Answer.admit(new Bearer())
        : Answer.unauthorized("Bearer");
  }

  /** Whoever has the token. */
  private record Bearer() implements Principal {
    @Override
    public String getName() {
      return "bearer";
    }
  }
}
