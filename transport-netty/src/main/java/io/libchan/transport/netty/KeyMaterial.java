package io.libchan.transport.netty;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.transport.netty.sockets.KeyChain;
import io.libchan.transport.netty.sockets.Pem;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
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
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable KeyChain current;

  private KeyMaterial(
      @Nullable Path chainFile, @Nullable Path keyFile, @Nullable KeyChain current) {
    this.chainFile = chainFile;
    this.keyFile = keyFile;
    this.current = current;
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
    return new KeyMaterial(null, null, new KeyChain(key, chain));
  }

  /**
   * Reads the files again.
   *
   * @throws IOException if a file is missing or not valid; the material in use stays as it was
   * @throws IllegalStateException if the material does not come from files
   */
  public void reload() throws IOException {
    KeyChain read = read();
    lock.lock();
    try {
      current = read;
    } finally {
      lock.unlock();
    }
  }

  /** Replaces the material, until the next {@link #reload}. */
  public void replace(PrivateKey key, List<X509Certificate> chain) {
    KeyChain given = new KeyChain(key, chain);
    lock.lock();
    try {
      current = given;
    } finally {
      lock.unlock();
    }
  }

  /** What to use now; a new object after each change. */
  KeyChain current() throws IOException {
    lock.lock();
    try {
      KeyChain found = current;
      if (found != null) {
        return found;
      }
    } finally {
      lock.unlock();
    }
    KeyChain read = read();
    lock.lock();
    try {
      KeyChain raced = current;
      if (raced != null) {
        return raced;
      }
      current = read;
      return read;
    } finally {
      lock.unlock();
    }
  }

  private KeyChain read() throws IOException {
    if (chainFile == null || keyFile == null) {
      throw new IllegalStateException("this key material does not come from files");
    }
    return new KeyChain(Pem.privateKey(keyFile), Pem.certificates(chainFile));
  }
}
