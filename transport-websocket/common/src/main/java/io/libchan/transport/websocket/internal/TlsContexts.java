package io.libchan.transport.websocket.internal;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.tls.KeyMaterial;
import io.libchan.tls.TlsOptions;
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
  private static final ReentrantLock ALL_LOCK = new ReentrantLock();

  /** By options, which nothing here holds. */
  @GuardedBy("ALL_LOCK")
  private static final Map<TlsOptions, Cache> ALL = new WeakHashMap<>();

  private final TlsOptions options;
  private final Cache cache;

  private TlsContexts(TlsOptions options, Cache cache) {
    this.options = options;
    this.cache = cache;
  }

  /** Those of some options. */
  public static TlsContexts of(TlsOptions options) {
    ALL_LOCK.lock();
    try {
      return new TlsContexts(options, ALL.computeIfAbsent(options, any -> new Cache()));
    } finally {
      ALL_LOCK.unlock();
    }
  }

  private static final class Cache {
    final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    @Nullable Made made;
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
    if (material == null && options.sslContext() == null) {
      throw Failures.connect(
          "a wss listener needs a key and a certificate: add TlsOptions with key(...)", null);
    }
    return made(material);
  }

  private Made made(KeyMaterial.@Nullable Pair material) throws ConnectFailed {
    SSLContext own = options.sslContext();
    if (own != null) {
      return new Made(null, own, null);
    }
    cache.lock.lock();
    try {
      Made found = cache.made;
      if (found == null || !Objects.equals(found.material, material)) {
        found = build(material);
        cache.made = found;
      }
      return found;
    } finally {
      cache.lock.unlock();
    }
  }

  private KeyMaterial.@Nullable Pair material() throws ConnectFailed {
    KeyMaterial material = options.keyMaterial();
    try {
      return material == null ? null : material.current();
    } catch (IOException e) {
      throw Failures.connect("cannot use the TLS key: " + e.getMessage(), e);
    }
  }

  private Made build(KeyMaterial.@Nullable Pair material) throws ConnectFailed {
    try {
      X509TrustManager manager = trustManager(options.authorities());
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
