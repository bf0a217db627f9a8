package io.libchan.transport.tcp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Netty's TLS contexts for some options, made when first needed, and again when the key material
 * has changed. Thread-safe.
 */
final class TlsContexts {
  private static final String PROTOCOL = "libchan/1";

  private static final List<String> CIPHERS =
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

  private final TlsOptions options;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable Made client;

  @GuardedBy("lock")
  private @Nullable Made server;

  TlsContexts(TlsOptions options) {
    this.options = options;
  }

  /** The context for clients; what is wrong with the options is told here. */
  SslContext client() throws ConnectFailed {
    SslContext own = options.sslContext();
    if (own != null) {
      return checked(own, own.isClient(), "connect", "clients");
    }
    KeyMaterial.Pair material = material();
    lock.lock();
    try {
      Made made = client;
      if (made == null || !Objects.equals(made.material, material)) {
        made = new Made(material, build(SslContextBuilder.forClient(), material));
        client = made;
      }
      return made.context;
    } finally {
      lock.unlock();
    }
  }

  /** The context for listeners; what is wrong with the options is told here. */
  SslContext server() throws ConnectFailed {
    SslContext own = options.sslContext();
    if (own != null) {
      return checked(own, own.isServer(), "listen", "servers");
    }
    KeyMaterial.Pair material = material();
    if (material == null) {
      throw Failures.connect(
          "a tls listener needs a key and a certificate: add TlsOptions with key(...)", null);
    }
    lock.lock();
    try {
      Made made = server;
      if (made == null || !Objects.equals(made.material, material)) {
        SslContextBuilder builder =
            SslContextBuilder.forServer(material.key(), material.chain())
                .clientAuth(clientAuth(options.clientCertificates()));
        made = new Made(material, build(builder, material));
        server = made;
      }
      return made.context;
    } finally {
      lock.unlock();
    }
  }

  private static SslContext checked(SslContext own, boolean fits, String what, String whom)
      throws ConnectFailed {
    if (!fits) {
      throw Failures.connect("cannot " + what + ": the given SslContext is not for " + whom, null);
    }
    return own;
  }

  private KeyMaterial.@Nullable Pair material() throws ConnectFailed {
    KeyMaterial material = options.keyMaterial();
    try {
      return material == null ? null : material.current();
    } catch (IOException e) {
      throw Failures.connect("cannot use the TLS key: " + e.getMessage(), e);
    }
  }

  private SslContext build(SslContextBuilder builder, KeyMaterial.@Nullable Pair material)
      throws ConnectFailed {
    try {
      List<X509Certificate> trusted = options.trust();
      if (options.trustFile() != null) {
        trusted = Pem.certificates(options.trustFile());
      }
      if (trusted != null) {
        builder.trustManager(trusted);
      }
      if (material != null) {
        builder.keyManager(material.key(), material.chain());
      }
      return builder
          .sslProvider(SslProvider.JDK)
          .protocols("TLSv1.3", "TLSv1.2")
          .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  ApplicationProtocolConfig.Protocol.ALPN,
                  ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT,
                  ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                  PROTOCOL))
          .build();
    } catch (SSLException | IllegalArgumentException e) {
      throw Failures.connect("cannot use the TLS options: " + e.getMessage(), e);
    } catch (IOException e) {
      throw Failures.connect("cannot use the trusted certificates: " + e.getMessage(), e);
    }
  }

  private static ClientAuth clientAuth(TlsOptions.ClientCertificates policy) {
    return switch (policy) {
      case NONE -> ClientAuth.NONE;
      case WANTED -> ClientAuth.OPTIONAL;
      case REQUIRED -> ClientAuth.REQUIRE;
    };
  }

  SslHandler clientHandler(
      SslContext context, ByteBufAllocator alloc, Address address, long handshakeMillis) {
    SslHandler handler = context.newHandler(alloc, address.host(), address.port());
    SSLParameters parameters = handler.engine().getSSLParameters();
    // Empty, as the JDK takes null for "leave it as it is".
    parameters.setEndpointIdentificationAlgorithm(options.verifiesHostName() ? "HTTPS" : "");
    handler.engine().setSSLParameters(parameters);
    handler.setHandshakeTimeoutMillis(handshakeMillis);
    return handler;
  }

  SslHandler serverHandler(ByteBufAllocator alloc, long handshakeMillis) throws ConnectFailed {
    SslHandler handler = server().newHandler(alloc);
    handler.setHandshakeTimeoutMillis(handshakeMillis);
    return handler;
  }

  private record Made(KeyMaterial.@Nullable Pair material, SslContext context) {}
}
