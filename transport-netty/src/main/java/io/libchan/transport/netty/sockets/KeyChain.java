package io.libchan.transport.netty.sockets;

import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;

/**
 * A private key and its certificates, the own one first; at least one.
 *
 * @param key the key
 * @param chain its certificates
 */
public record KeyChain(PrivateKey key, List<X509Certificate> chain) {
  /** Copies the list. */
  public KeyChain {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new IllegalArgumentException("a certificate chain has at least one certificate");
    }
  }
}
