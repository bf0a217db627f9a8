package io.libchan.transport.websocket.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.transport.websocket.KeyMaterial;
import io.libchan.transport.websocket.TlsOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's TLS contexts for some options, made when first needed, and again when the key material
 * has changed. Thread-safe.
 */
public final class TlsContexts {
  /** What is spoken: no cipher without forward secrecy and AEAD. */
  public static final List<String> CIPHERS =
      List.of(
          "TLS_AES_256_GCM_SHA384",
          "TLS_AES_128_GCM_SHA256",
          "TLS_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
          "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
          "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
          "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

  /** The versions that are spoken. */
  public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  private static final ReentrantLock ALL_LOCK = new ReentrantLock();

  @GuardedBy("ALL_LOCK")
  private static final Map<TlsOptions, TlsContexts> ALL = new WeakHashMap<>();

  private final @Nullable SSLContext own;
  private final @Nullable KeyMaterial keyMaterial;
  private final java.nio.file.@Nullable Path trustFile;
  private final @Nullable List<X509Certificate> trust;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable Made made;

  private TlsContexts(TlsOptions options) {
    own = options.sslContext();
    keyMaterial = options.keyMaterial();
    trustFile = options.trustFile();
    trust = options.trust();
  }

  /** Those of some options. */
  public static TlsContexts of(TlsOptions options) {
    ALL_LOCK.lock();
    try {
      return ALL.computeIfAbsent(options, TlsContexts::new);
    } finally {
      ALL_LOCK.unlock();
    }
  }

  /**
   * A context and whom it trusts.
   *
   * @param trust null where the context is the application's
   */
  public record Made(
      KeyMaterial.@Nullable Pair material, SSLContext context, @Nullable X509TrustManager trust) {}

  /** The context for clients; what is wrong with the options is told here. */
  public Made client() throws ConnectFailed {
    return made(material());
  }

  /** The context for listeners; what is wrong with the options is told here. */
  public Made server() throws ConnectFailed {
    KeyMaterial.Pair material = material();
    if (material == null && own == null) {
      throw Failures.connect(
          "a wss listener needs a key and a certificate: add TlsOptions with key(...)", null);
    }
    return made(material);
  }

  private Made made(KeyMaterial.@Nullable Pair material) throws ConnectFailed {
    if (own != null) {
      return new Made(null, own, null);
    }
    lock.lock();
    try {
      Made found = made;
      if (found == null || !Objects.equals(found.material, material)) {
        found = build(material);
        made = found;
      }
      return found;
    } finally {
      lock.unlock();
    }
  }

  private KeyMaterial.@Nullable Pair material() throws ConnectFailed {
    try {
      return keyMaterial == null ? null : keyMaterial.current();
    } catch (IOException e) {
      throw Failures.connect("cannot use the TLS key: " + e.getMessage(), e);
    }
  }

  private Made build(KeyMaterial.@Nullable Pair material) throws ConnectFailed {
    try {
      List<X509Certificate> trusted = trustFile == null ? trust : Pem.certificates(trustFile);
      X509TrustManager manager = trustManager(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keyManagers(material), new TrustManager[] {manager}, null);
      return new Made(material, context, manager);
    } catch (GeneralSecurityException e) {
      throw Failures.connect("cannot use the TLS options: " + e.getMessage(), e);
    } catch (IOException e) {
      throw Failures.connect("cannot use the trusted certificates: " + e.getMessage(), e);
    }
  }

  private static X509TrustManager trustManager(@Nullable List<X509Certificate> trusted)
      throws GeneralSecurityException, IOException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted == null ? null : store(trusted));
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509;
      }
    }
    throw new GeneralSecurityException("the JDK has no trust manager for X.509");
  }

  private static KeyStore store(List<X509Certificate> trusted)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    for (int i = 0; i < trusted.size(); i++) {
      store.setCertificateEntry("authority-" + i, trusted.get(i));
    }
    return store;
  }

  private static KeyManager @Nullable [] keyManagers(KeyMaterial.@Nullable Pair material)
      throws GeneralSecurityException, IOException {
    if (material == null) {
      return null;
    }
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    char[] none = new char[0];
    store.setKeyEntry(
        "own", material.key(), none, material.chain().toArray(X509Certificate[]::new));
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, none);
    return factory.getKeyManagers();
  }
}
