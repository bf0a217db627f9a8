package io.libchan.transport.websocket.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.websocket.internal.Failures;
import io.libchan.transport.websocket.internal.TlsContexts;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.OkHttpClient;
import okhttp3.TlsVersion;

/** The clients of whoever brings none. Each call takes its own time-outs. Thread-safe. */
final class Clients {
  /** Keeps no connection that a server answered with something else than a WebSocket. */
  private static final OkHttpClient PLAIN =
      new OkHttpClient.Builder()
          .connectionPool(new ConnectionPool(0, 1, TimeUnit.NANOSECONDS))
          .build();

  private static final ConnectionSpec TLS =
      new ConnectionSpec.Builder(ConnectionSpec.MODERN_TLS)
          .tlsVersions(TlsVersion.TLS_1_3, TlsVersion.TLS_1_2)
          .cipherSuites(TlsOptions.CIPHERS.toArray(String[]::new))
          .build();

  private static final ReentrantLock LOCK = new ReentrantLock();

  /** By the context, which changes with the key. */
  @GuardedBy("LOCK")
  private static final Map<SSLContext, OkHttpClient> WITH_TLS = new WeakHashMap<>();

  private Clients() {}

  static OkHttpClient plain() {
    return PLAIN;
  }

  static OkHttpClient withTls(TlsOptions options) throws ConnectFailed {
    TlsContexts.Made made = TlsContexts.of(options).client();
    X509TrustManager trust = made.trust() == null ? systemTrust() : made.trust();
    OkHttpClient client;
    LOCK.lock();
    try {
      client = WITH_TLS.computeIfAbsent(made.context(), context -> build(context, trust));
    } finally {
      LOCK.unlock();
    }
    return options.verifiesHostName()
        ? client
        : client.newBuilder().hostnameVerifier((host, session) -> true).build();
  }

  private static OkHttpClient build(SSLContext context, X509TrustManager trust) {
    return PLAIN
        .newBuilder()
        .sslSocketFactory(context.getSocketFactory(), trust)
        .connectionSpecs(List.of(TLS))
        .build();
  }

  /** Only to order chains for pins, of which there are none: the context decides whom to trust. */
  private static X509TrustManager systemTrust() throws ConnectFailed {
    try {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          return x509;
        }
      }
      throw new GeneralSecurityException("the JDK has no trust manager for X.509");
    } catch (GeneralSecurityException e) {
      throw Failures.connect("cannot use the TLS options: " + e.getMessage(), e);
    }
  }
}
