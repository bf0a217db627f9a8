package io.libchan.transport.websocket.server;

import io.libchan.tls.TlsOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.UnaryOperator;

/** Authorities and certificates made for the tests. */
final class Certificates {
  static final X509Bundle CA = authority("CN=libchan test CA");
  static final X509Bundle OTHER_CA = authority("CN=another CA");
  static final X509Bundle SERVER = server(CA, builder -> builder);
  static final X509Bundle CLIENT = client(CA, builder -> builder);
  private static final TlsOptions MUTUAL = makeMutual();

  private Certificates() {}

  /** For both sides of a session; made once, as keys take time. */
  static TlsOptions mutual() {
    return MUTUAL;
  }

  private static TlsOptions makeMutual() {
    // One object for both roles: the server's certificate fits a client too.
    X509Bundle both =
        make(CA, base("CN=both").addSanIpAddress("127.0.0.1").addSanDnsName("localhost"));
    return TlsOptions.builder()
        .trust(List.of(CA.getCertificate()))
        .key(both.getKeyPair().getPrivate(), both.getCertificatePathList())
        .build();
  }

  private static X509Bundle authority(String name) {
    try {
      return base(name).setIsCertificateAuthority(true).buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static CertificateBuilder base(String subject) {
    Instant now = Instant.now();
    return new CertificateBuilder()
        .subject(subject)
        .ecp256()
        .notBefore(now.minus(1, ChronoUnit.DAYS))
        .notAfter(now.plus(30, ChronoUnit.DAYS));
  }

  static X509Bundle server(X509Bundle issuer, UnaryOperator<CertificateBuilder> change) {
    return make(
        issuer,
        change.apply(
            base("CN=server")
                .addSanIpAddress("127.0.0.1")
                .addSanDnsName("localhost")
                .addExtendedKeyUsageServerAuth()));
  }

  static X509Bundle client(X509Bundle issuer, UnaryOperator<CertificateBuilder> change) {
    return make(issuer, change.apply(base("CN=client").addExtendedKeyUsageClientAuth()));
  }

  static X509Bundle make(X509Bundle issuer, CertificateBuilder builder) {
    try {
      return issuer == null
          ? builder.setIsCertificateAuthority(true).buildSelfSigned()
          : builder.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static TlsOptions.Builder with(X509Bundle trusted, X509Bundle own) {
    TlsOptions.Builder builder = TlsOptions.builder();
    if (trusted != null) {
      builder.trust(List.of(trusted.getCertificate()));
    }
    if (own != null) {
      builder.key(own.getKeyPair().getPrivate(), own.getCertificatePathList());
    }
    return builder;
  }
}
