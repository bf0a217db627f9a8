package io.libchan.transport.websocket.server;

import io.libchan.PeerInfo;
import java.security.Principal;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of the peer of a request. */
final class Peers {
  private Peers() {}

  /**
   * A peer.
   *
   * @param user whom the server's own log-in found; null: the subject of the certificate, if any
   */
  static PeerInfo of(
      boolean secure,
      String address,
      @Nullable Principal user,
      X509Certificate @Nullable [] chain) {
    List<Certificate> certificates = chain == null ? List.of() : List.of(chain);
    Principal principal = user;
    if (principal == null && chain != null && chain.length > 0) {
      principal = chain[0].getSubjectX500Principal();
    }
    return new PeerInfo(secure ? "wss" : "ws", address, "", principal, certificates);
  }
}
