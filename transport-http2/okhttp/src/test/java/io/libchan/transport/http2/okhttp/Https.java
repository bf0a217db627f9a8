package io.libchan.transport.http2.okhttp;

import io.libchan.tls.TlsOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;

/** Mutual TLS: the listener's options, and clients of an application. */
final class Https {
  private static final X509Bundle CA = authority();
  private static final X509Bundle BOTH = both();

  private Https() {}

  static TlsOptions listening() {
    return TlsOptions.builder()
        .trust(List.of(CA.getCertificate()))
        .key(BOTH.getKeyPair().getPrivate(), BOTH.getCertificatePathList())
        .build();
  }

  /** Whose certificate the listener trusts, and the other way round. */
  static OkHttpClient client() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      X509TrustManager trust = (X509TrustManager) CA.toTrustManager();
      context.init(
          BOTH.toKeyManagerFactory().getKeyManagers(),
          new javax.net.ssl.TrustManager[] {trust},
          null);
      return new OkHttpClient.Builder().sslSocketFactory(context.getSocketFactory(), trust).build();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static X509Bundle authority() {
    try {
      return base("CN=libchan test CA").setIsCertificateAuthority(true).buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static X509Bundle both() {
    try {
      return base("CN=both").addSanIpAddress("127.0.0.1").buildIssuedBy(CA);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static CertificateBuilder base(String subject) {
    Instant now = Instant.now();
    return new CertificateBuilder()
        .subject(subject)
        .ecp256()
        .notBefore(now.minus(1, ChronoUnit.DAYS))
        .notAfter(now.plus(30, ChronoUnit.DAYS));
  }
}
