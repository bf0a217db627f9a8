package io.libchan.testkit;

import io.libchan.tls.TlsOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Authorities and certificates made for the tests. */
public final class Certificates {
  /** The authority of all the others here. */
  public static final X509Bundle CA = authority("CN=libchan test CA");

  /** Whom nobody trusts. */
  public static final X509Bundle OTHER_CA = authority("CN=another CA");

  /** For a server on this machine. */
  public static final X509Bundle SERVER = server(CA, builder -> builder);

  /** For a client. */
  public static final X509Bundle CLIENT = client(CA, builder -> builder);

  private static final TlsOptions MUTUAL = makeMutual();

  private Certificates() {}

  /** For both sides of a session; made once, as keys take time. */
  public static TlsOptions mutual() {
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

  /** Valid now, for a month. */
  public static CertificateBuilder base(String subject) {
    Instant now = Instant.now();
    return new CertificateBuilder()
        .subject(subject)
        .ecp256()
        .notBefore(now.minus(1, ChronoUnit.DAYS))
        .notAfter(now.plus(30, ChronoUnit.DAYS));
  }

  /** A server's certificate with a change. */
  public static X509Bundle server(X509Bundle issuer, UnaryOperator<CertificateBuilder> change) {
    return make(
        issuer,
        change.apply(
            base("CN=server")
                .addSanIpAddress("127.0.0.1")
                .addSanDnsName("localhost")
                .addExtendedKeyUsageServerAuth()));
  }

  /** A client's certificate with a change. */
  public static X509Bundle client(X509Bundle issuer, UnaryOperator<CertificateBuilder> change) {
    return make(issuer, change.apply(base("CN=client").addExtendedKeyUsageClientAuth()));
  }

  /**
   * Issues a certificate.
   *
   * @param issuer null for one that signs itself
   */
  public static X509Bundle make(@Nullable X509Bundle issuer, CertificateBuilder builder) {
    try {
      return issuer == null
          ? builder.setIsCertificateAuthority(true).buildSelfSigned()
          : builder.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Options of TLS.
   *
   * @param trusted whom to trust; null for the JDK's
   * @param own who we are; null for nobody
   */
  public static TlsOptions.Builder with(@Nullable X509Bundle trusted, @Nullable X509Bundle own) {
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
