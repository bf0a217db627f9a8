package io.libchan;

import java.security.Principal;
import java.security.cert.Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known about the other side of a session.
 *
 * <p>Thread-safe: immutable.
 *
 * @param transport the URI scheme of the transport, such as {@code tls}
 * @param address the peer's address in the transport's own form
 * @param node the name the peer gave itself; empty before its hello and where it gave none. It is a
 *     claim, not a proof
 * @param principal who the transport proved the peer to be, such as the subject of a client
 *     certificate; null where it proved nothing
 * @param certificates the peer's verified certificate chain, its own first; empty without TLS or
 *     client certificate
 */
public record PeerInfo(
    String transport,
    String address,
    String node,
    @Nullable Principal principal,
    List<Certificate> certificates) {
  /** Copies the list. */
  public PeerInfo {
    certificates = List.copyOf(certificates);
  }

  /** A peer of which only the address is known. */
  public static PeerInfo of(String transport, String address) {
    return new PeerInfo(transport, address, "", null, List.of());
  }

  /** The same peer with the name it gave itself. */
  public PeerInfo named(String name) {
    return new PeerInfo(transport, address, name, principal, certificates);
  }
}
