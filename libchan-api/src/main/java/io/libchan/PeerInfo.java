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
 * @param request the HTTP request by which the peer came, on the listening side of transports that
 *     have one; null elsewhere
 */
public record PeerInfo(
    String transport,
    String address,
    String node,
    @Nullable Principal principal,
    List<Certificate> certificates,
    @Nullable RequestHead request) {
  /** Copies the list. */
  public PeerInfo {
    certificates = List.copyOf(certificates);
  }

  /** A peer that did not come by a request. */
  public PeerInfo(
      String transport,
      String address,
      String node,
      @Nullable Principal principal,
      List<Certificate> certificates) {
    this(transport, address, node, principal, certificates, null);
  }

  /** A peer of which only the address is known. */
  public static PeerInfo of(String transport, String address) {
    return new PeerInfo(transport, address, "", null, List.of());
  }

  /**
   * The same peer as the one that sent a request.
   *
   * @param proved whom the request proved it to be; null: whom the connection did, if anybody
   */
  public PeerInfo by(RequestHead head, @Nullable Principal proved) {
    return new PeerInfo(
        transport, address, node, proved == null ? principal : proved, certificates, head);
  }

  /** The same peer with the name it gave itself. */
  public PeerInfo named(String name) {
    return new PeerInfo(transport, address, name, principal, certificates, request);
  }
}
