package io.libchan.transport.netty.sockets;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.tls.KeyMaterial;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.netty.TcpOptions;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Netty's TLS contexts for some options, made when first needed, and again when the key material
 * has changed. Thread-safe.
 */
public final class TlsContexts {
  private static final ReentrantLock ALL_LOCK = new ReentrantLock();

  /** By options, which nothing here holds. */
  @GuardedBy("ALL_LOCK")
  private static final Map<TlsOptions, Cache> ALL = new WeakHashMap<>();

  private final TlsOptions options;
  private final @Nullable SslContext own;
  private final Cache cache;

  private TlsContexts(TlsOptions options, @Nullable SslContext own, Cache cache) {
    this.options = options;
    this.own = own;
    this.cache = cache;
  }

  /** The contexts of the TLS options among these. */
  public static TlsContexts of(Options options) {
    TlsOptions tls = TlsOptions.of(options);
    ALL_LOCK.lock();
    try {
      return new TlsContexts(
          tls, TcpOptions.of(options).sslContext(), ALL.computeIfAbsent(tls, any -> new Cache()));
    } finally {
      ALL_LOCK.unlock();
    }
  }

  /**
   * The context for clients; what is wrong with the options is told here.
   *
   * @param alpn what is spoken, the best first; empty where ALPN is not
   */
  public SslContext client(List<String> alpn) throws ConnectFailed {
    if (own != null) {
      return checked(own, own.isClient(), "connect", "clients");
    }
    return context(new Role(true, alpn), keyChain());
  }

  /**
   * The context for listeners; what is wrong with the options is told here.
   *
   * @param alpn what is spoken, the best first; empty where ALPN is not
   */
  public SslContext server(List<String> alpn) throws ConnectFailed {
    if (own != null) {
      return checked(own, own.isServer(), "listen", "servers");
    }
    KeyMaterial.@Nullable Pair keyChain = keyChain();
    if (keyChain == null && options.sslContext() == null) {
      throw Failures.connect(
          "a tls listener needs a key and a certificate: add TlsOptions with key(...)", null);
    }
    return context(new Role(false, alpn), keyChain);
  }

  private static SslContext checked(SslContext own, boolean fits, String what, String whom)
      throws ConnectFailed {
    if (!fits) {
      throw Failures.connect("cannot " + what + ": the given SslContext is not for " + whom, null);
    }
    return own;
  }

  private KeyMaterial.@Nullable Pair keyChain() throws ConnectFailed {
    KeyMaterial material = options.keyMaterial();
    try {
      return material == null ? null : material.current();
    } catch (IOException e) {
      throw Failures.connect("cannot use the TLS key: " + e.getMessage(), e);
    }
  }

  private SslContext context(Role role, KeyMaterial.@Nullable Pair keyChain) throws ConnectFailed {
    cache.lock.lock();
    try {
      Made found = cache.made.get(role);
      if (found == null || !Objects.equals(found.keyChain, keyChain)) {
        found = new Made(keyChain, build(role, keyChain));
        cache.made.put(role, found);
      }
      return found.context;
    } finally {
      cache.lock.unlock();
    }
  }

  private SslContext build(Role role, KeyMaterial.@Nullable Pair keyChain) throws ConnectFailed {
    SSLContext given = options.sslContext();
    if (given != null) {
      return new JdkSslContext(
          given,
          role.client,
          TlsOptions.CIPHERS,
          SupportedCipherSuiteFilter.INSTANCE,
          alpn(role.alpn),
          clientAuth(options.clientCertificates()),
          TlsOptions.PROTOCOLS.toArray(String[]::new),
          false);
    }
    try {
      SslContextBuilder builder =
          role.client || keyChain == null
              ? SslContextBuilder.forClient()
              : SslContextBuilder.forServer(keyChain.key(), keyChain.chain())
                  .clientAuth(clientAuth(options.clientCertificates()));
      List<X509Certificate> authorities = options.authorities();
      if (authorities != null) {
        builder.trustManager(authorities);
      }
      if (keyChain != null) {
        builder.keyManager(keyChain.key(), keyChain.chain());
      }
      return builder
          .sslProvider(SslProvider.JDK)
          .protocols(TlsOptions.PROTOCOLS)
          .ciphers(TlsOptions.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
          .applicationProtocolConfig(alpn(role.alpn))
          .build();
    } catch (SSLException | IllegalArgumentException e) {
      throw Failures.connect("cannot use the TLS options: " + e.getMessage(), e);
    } catch (IOException e) {
      throw Failures.connect("cannot use the trusted certificates: " + e.getMessage(), e);
    }
  }

  private static @Nullable ApplicationProtocolConfig alpn(List<String> protocols) {
    if (protocols.isEmpty()) {
      return null;
    }
    return new ApplicationProtocolConfig(
        ApplicationProtocolConfig.Protocol.ALPN,
        ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT,
        ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
        protocols);
  }

  private static ClientAuth clientAuth(TlsOptions.ClientCertificates policy) {
    return switch (policy) {
      case NONE -> ClientAuth.NONE;
      case WANTED -> ClientAuth.OPTIONAL;
      case REQUIRED -> ClientAuth.REQUIRE;
    };
  }

  /** What does TLS in a client's pipeline. */
  public SslHandler clientHandler(
      SslContext context, ByteBufAllocator alloc, Address address, long handshakeMillis) {
    SslHandler handler = context.newHandler(alloc, address.host(), address.port());
    SSLParameters parameters = handler.engine().getSSLParameters();
    // Empty, as the JDK takes null for "leave it as it is".
    parameters.setEndpointIdentificationAlgorithm(options.verifiesHostName() ? "HTTPS" : "");
    handler.engine().setSSLParameters(parameters);
    handler.setHandshakeTimeoutMillis(handshakeMillis);
    return handler;
  }

  /** What does TLS in a listener's pipeline. */
  public SslHandler serverHandler(List<String> alpn, ByteBufAllocator alloc, long handshakeMillis)
      throws ConnectFailed {
    SslHandler handler = server(alpn).newHandler(alloc);
    handler.setHandshakeTimeoutMillis(handshakeMillis);
    return handler;
  }

  private record Role(boolean client, List<String> alpn) {}

  private record Made(KeyMaterial.@Nullable Pair keyChain, SslContext context) {}

  private static final class Cache {
    final ReentrantLock lock = new ReentrantLock();

    @GuardedBy("lock")
    final Map<Role, Made> made = new HashMap<>();
  }
}
