package io.libchan.benchmarks;

import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.UnaryOperator;

/** TLS for both ends of one peer, with a certificate made for this run. Thread-safe. */
final class Tls {
  private static final X509Bundle CERTIFICATE = certificate();

  private final SslContext server;
  private final SslContext client;

  private Tls(SslProvider provider, UnaryOperator<SslContextBuilder> change) throws IOException {
    SslContextBuilder forServer =
        SslContextBuilder.forServer(
            CERTIFICATE.getKeyPair().getPrivate(), CERTIFICATE.getCertificatePath());
    SslContextBuilder forClient =
        SslContextBuilder.forClient()
            .trustManager(CERTIFICATE.getCertificate())
            .endpointIdentificationAlgorithm(null);
    // After the change: what configures for gRPC chooses a provider too.
    server = change.apply(forServer).sslProvider(provider).build();
    client = change.apply(forClient).sslProvider(provider).build();
  }

  static Tls boringSsl() throws IOException {
    return boringSsl(builder -> builder);
  }

  static Tls boringSsl(UnaryOperator<SslContextBuilder> change) throws IOException {
    return new Tls(SslProvider.OPENSSL, change);
  }

  static Tls jdk() throws IOException {
    return new Tls(SslProvider.JDK, builder -> builder);
  }

  SslContext server() {
    return server;
  }

  SslContext client() {
    return client;
  }

  ChannelHandler handler(boolean atServer, ByteBufAllocator buffers) {
    return (atServer ? server : client).newHandler(buffers);
  }

  private static X509Bundle certificate() {
    Instant now = Instant.now();
    try {
      return new CertificateBuilder()
          .subject("CN=libchan benchmark")
          .ecp256()
          .notBefore(now.minus(1, ChronoUnit.DAYS))
          .notAfter(now.plus(30, ChronoUnit.DAYS))
          .addSanIpAddress("127.0.0.1")
          .addSanDnsName("localhost")
          .setIsCertificateAuthority(true)
          .buildSelfSigned();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
