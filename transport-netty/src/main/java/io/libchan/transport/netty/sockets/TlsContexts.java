package io.libchan.transport.netty.sockets;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.transport.netty.TlsOptions;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * Netty's TLS contexts for some options, made when first needed, and again when the key material
 * has changed. Thread-safe.
 */
public final class TlsContexts {
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

  private static volatile @Nullable Function<TlsOptions, TlsContexts> reader;

  private final TlsOptions options;
  private final Keys keys;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Map<Role, Made> made = new HashMap<>();

  /**
   * The contexts for some options.
   *
   * @param keys reads who we are, at each handshake
   */
  public TlsContexts(TlsOptions options, Keys keys) {
    this.options = options;
    this.keys = keys;
  }

  /** Lets the class of the options say where it keeps the contexts. */
  public static void readBy(Function<TlsOptions, TlsContexts> value) {
    reader = value;
  }

  /** The contexts of the TLS options among these. */
  public static TlsContexts of(Options options) {
    TlsOptions tls = TlsOptions.of(options);
    return Objects.requireNonNull(reader).apply(tls);
  }

  /** The context for clients; what is wrong with the options is told here. */
  public SslContext client(Protocol protocol) throws ConnectFailed {
    SslContext own = options.sslContext();
    if (own != null) {
      return checked(own, own.isClient(), "connect", "clients");
    }
    return context(new Role(true, protocol), keyChain());
  }

  /** The context for listeners; what is wrong with the options is told here. */
  public SslContext server(Protocol protocol) throws ConnectFailed {
    SslContext own = options.sslContext();
    if (own != null) {
      return checked(own, own.isServer(), "listen", "servers");
    }
    KeyChain keyChain = keyChain();
    if (keyChain == null) {
      throw Failures.connect(
          "a tls listener needs a key and a certificate: add TlsOptions with key(...)", null);
    }
    return context(new Role(false, protocol), keyChain);
  }

  private static SslContext checked(SslContext own, boolean fits, String what, String whom)
      throws ConnectFailed {
    if (!fits) {
      throw Failures.connect("cannot " + what + ": the given SslContext is not for " + whom, null);
    }
    return own;
  }

  private @Nullable KeyChain keyChain() throws ConnectFailed {
    try {
      return keys.current();
    } catch (IOException e) {
      throw Failures.connect("cannot use the TLS key: " + e.getMessage(), e);
    }
  }

  private SslContext context(Role role, @Nullable KeyChain keyChain) throws ConnectFailed {
    lock.lock();
    try {
      Made found = made.get(role);
      if (found == null || !Objects.equals(found.keyChain, keyChain)) {
        found = new Made(keyChain, build(builder(role, keyChain), role.protocol, keyChain));
        made.put(role, found);
      }
      return found.context;
    } finally {
      lock.unlock();
    }
  }

  private SslContextBuilder builder(Role role, @Nullable KeyChain keyChain) {
    return role.client || keyChain == null
        ? SslContextBuilder.forClient()
        : SslContextBuilder.forServer(keyChain.key(), keyChain.chain())
            .clientAuth(clientAuth(options.clientCertificates()));
  }

  private SslContext build(
      SslContextBuilder builder, Protocol protocol, @Nullable KeyChain keyChain)
      throws ConnectFailed {
    try {
      List<X509Certificate> trusted = options.trust();
      Path trustFile = options.trustFile();
      if (trustFile != null) {
        trusted = Pem.certificates(trustFile);
      }
      if (trusted != null) {
        builder.trustManager(trusted);
      }
      if (keyChain != null) {
        builder.keyManager(keyChain.key(), keyChain.chain());
      }
      builder
          .sslProvider(SslProvider.JDK)
          .protocols("TLSv1.3", "TLSv1.2")
          .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE);
      if (!protocol.alpn().isEmpty()) {
        builder.applicationProtocolConfig(
            new ApplicationProtocolConfig(
                ApplicationProtocolConfig.Protocol.ALPN,
                ApplicationProtocolConfig.SelectorFailureBehavior.FATAL_ALERT,
                ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
                protocol.alpn()));
      }
      return builder.build();
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
  public SslHandler serverHandler(Protocol protocol, ByteBufAllocator alloc, long handshakeMillis)
      throws ConnectFailed {
    SslHandler handler = server(protocol).newHandler(alloc);
    handler.setHandshakeTimeoutMillis(handshakeMillis);
    return handler;
  }

  /** Reads key and certificates. */
  @FunctionalInterface
  public interface Keys {
    /** What to use now; null: a client without certificate. */
    @Nullable KeyChain current() throws IOException;
  }

  private record Role(boolean client, Protocol protocol) {}

  private record Made(@Nullable KeyChain keyChain, SslContext context) {}
}
