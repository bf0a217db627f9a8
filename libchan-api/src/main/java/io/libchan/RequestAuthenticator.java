package io.libchan;

import java.security.Principal;
import org.jspecify.annotations.Nullable;

/**
 * Decides on the listening side who sent an HTTP request, on transports that have one: HTTP/2,
 * where each stream may be a request, and WebSocket. The answer comes before anything of the
 * session: a refusal is a status code that proxies and people understand. An {@link Authenticator}
 * may decide further when the peer has said hello.
 *
 * <p>All requests of one session must prove to come from the same principal. Runs on a thread of
 * {@link Options#executor()} and may block, for no longer than the handshake time-out. Anything it
 * throws, and a null, refuses the request with status 403.
 *
 * <p>Must be thread-safe.
 */
@FunctionalInterface
public interface RequestAuthenticator {
  /**
   * Who sent the request.
   *
   * @param peer what the transport knows: the request ({@link PeerInfo#request()}), the address,
   *     and what TLS proved. Behind a proxy the latter two are the proxy's
   */
  Answer authenticate(PeerInfo peer) throws Exception;

  /** What is answered to a request. */
  sealed interface Answer {
    /** The request may go on as that of the principal; null: of whom TLS proved, if anybody. */
    record Admitted(@Nullable Principal principal) implements Answer {}

    /**
     * The request is refused.
     *
     * @param status the status code, 401 or 403
     * @param challenge the header {@code www-authenticate} of a 401, such as {@code Bearer}; empty
     *     for none
     */
    record Refused(int status, String challenge) implements Answer {
      /** Checks the status. */
      public Refused {
        if (status != 401 && status != 403) {
          throw new IllegalArgumentException("status 401 or 403, not " + status);
        }
      }
    }

    /** The request may go on as this principal's. */
    static Answer admit(Principal principal) {
      return new Admitted(principal);
    }

    /** The request may go on with nothing proved beyond what TLS did. */
    static Answer admit() {
      return new Admitted(null);
    }

    /**
     * Credentials are missing or wrong: status 401.
     *
     * @param challenge what is asked for, such as {@code Bearer} or {@code Basic realm="x"}
     */
    static Answer unauthorized(String challenge) {
      return new Refused(401, challenge);
    }

    /** Known, but not allowed: status 403. */
    static Answer forbidden() {
      return new Refused(403, "");
    }
  }
}
