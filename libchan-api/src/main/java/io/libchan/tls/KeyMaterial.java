package io.libchan.tls;

import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A private key and its certificate chain, which can be replaced while connections run: handshakes
 * that begin later use, and show to the peer, the new ones; running connections live on.
 *
 * <p>Thread-safe.
 */
public final class KeyMaterial {
  private final @Nullable Path chainFile;
  private final @Nullable Path keyFile;
  private final AtomicReference<@Nullable Pair> current;

  private KeyMaterial(@Nullable Path chainFile, @Nullable Path keyFile, @Nullable Pair current) {
    this.chainFile = chainFile;
    this.keyFile = keyFile;
    this.current = new AtomicReference<>(current);
  }

  /**
   * Key material from PEM files, read at the first use; an error then is a {@link
   * io.libchan.ConnectFailed} that names the file.
   *
   * @param chainFile the certificates, the own one first
   * @param keyFile the key in PKCS#8, not encrypted
   */
  public static KeyMaterial ofPem(Path chainFile, Path keyFile) {
    return new KeyMaterial(chainFile, keyFile, null);
  }

  /**
   * Key material from objects.
   *
   * @param chain the certificates, the own one first; not empty
   */
  public static KeyMaterial of(PrivateKey key, List<X509Certificate> chain) {
    return new KeyMaterial(null, null, new Pair(key, chain));
  }

  /**
   * Reads the files again.
   *
   * @throws IOException if a file is missing or not valid; the material in use stays as it was
   * @throws IllegalStateException if the material does not come from files
   */
  public void reload() throws IOException {
    current.set(read());
  }

  /** Replaces the material, until the next {@link #reload}. */
  public void replace(PrivateKey key, List<X509Certificate> chain) {
    current.set(new Pair(key, chain));
  }

  /**
   * What is used now; a new object after each change.
   *
   * @throws IOException if a file is missing or not valid
   */
  public Pair current() throws IOException {
    Pair found = current.get();
    if (found != null) {
      return found;
    }
    Pair read = read();
    Pair raced = current.compareAndExchange(null, read);
    return raced == null ? read : raced;
  }

  private Pair read() throws IOException {
    if (chainFile == null || keyFile == null) {
      throw new IllegalStateException("this key material does not come from files");
    }
    return new Pair(Pem.privateKey(keyFile), Pem.certificates(chainFile));
  }

  /**
   * A key and its chain.
   *
   * @param key the private key
   * @param chain the certificates, the own one first; not empty
   */
  public record Pair(PrivateKey key, List<X509Certificate> chain) {
    /** Checks and copies the chain. */
    public Pair {
      chain = List.copyOf(chain);
      if (chain.isEmpty()) {
        throw new IllegalArgumentException("a certificate chain has at least one certificate");
      }
    }
  }
}
