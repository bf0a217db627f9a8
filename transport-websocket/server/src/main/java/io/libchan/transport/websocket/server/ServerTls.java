package io.libchan.transport.websocket.server;

import io.libchan.ConnectFailed;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.websocket.internal.TlsContexts;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/**
 * Gives Jetty an engine of the current key for each handshake, as the key may be replaced while the
 * server runs. Thread-safe.
 */
final class ServerTls extends SslContextFactory.Server {
  private final TlsOptions options;
  private final TlsContexts contexts;

  ServerTls(TlsOptions options) throws ConnectFailed {
    this.options = options;
    contexts = TlsContexts.of(options);
    setSslContext(contexts.server().context()); // tells now what would fail each handshake
  }

  @Override
  public SSLEngine newSSLEngine() {
    try {
      return prepared(contexts.server().context().createSSLEngine());
    } catch (ConnectFailed e) {
      throw new IllegalStateException(e.getMessage(), e); // this handshake fails
    }
  }

  @Override
  public SSLEngine newSSLEngine(String host, int port) {
    return newSSLEngine();
  }

  @Override
  public SSLEngine newSSLEngine(InetSocketAddress address) {
    return newSSLEngine();
  }

  private SSLEngine prepared(SSLEngine engine) {
    engine.setUseClientMode(false);
    engine.setEnabledProtocols(TlsOptions.PROTOCOLS.toArray(String[]::new));
    List<String> supported = Arrays.asList(engine.getSupportedCipherSuites());
    engine.setEnabledCipherSuites(
        TlsOptions.CIPHERS.stream().filter(supported::contains).toArray(String[]::new));
    switch (options.clientCertificates()) {
      case NONE -> engine.setWantClientAuth(false);
      case WANTED -> engine.setWantClientAuth(true);
      case REQUIRED -> engine.setNeedClientAuth(true);
    }
    return engine;
  }
}
