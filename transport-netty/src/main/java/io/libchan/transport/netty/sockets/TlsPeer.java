package io.libchan.transport.netty.sockets;

import io.libchan.PeerInfo;
import java.security.Principal;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/** Reads from a TLS session who the peer was proved to be. */
public final class TlsPeer {
  private TlsPeer() {}

  public static PeerInfo of(String transport, String address, SSLSession session) {
    try {
      Principal principal = session.getPeerPrincipal();
      List<Certificate> chain = List.of(session.getPeerCertificates());
      return new PeerInfo(transport, address, "", principal, chain);
    } catch (SSLPeerUnverifiedException e) {
      return PeerInfo.of(transport, address); // a client without a certificate
    }
  }
}
