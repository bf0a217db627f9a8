package io.libchan.cli.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Certificates of our own making, read by the JDK. */
final class AuthorityTest {
  private final Authority authority = new Authority("a name");

  @Test
  void theJdkTrustsWhatTheAuthorityIssued() throws Exception {
    X509Certificate root = read(authority.certificatePem());
    X509Certificate leaf = read(authority.issue("leaf").certificatePem());
    PKIXParameters trust = new PKIXParameters(Set.of(new TrustAnchor(root, null)));
    trust.setRevocationEnabled(false);
    var path = CertificateFactory.getInstance("X.509").generateCertPath(List.of(leaf));
    assertThat(CertPathValidator.getInstance("PKIX").validate(path, trust)).isNotNull();
    assertThat(root.getBasicConstraints()).isNotNegative();
    assertThat(leaf.getBasicConstraints()).isNegative();
  }

  @Test
  void aCertificateIsForLoopback() throws Exception {
    X509Certificate leaf = read(authority.issue("leaf").certificatePem());
    assertThat(leaf.getSubjectX500Principal().getName()).isEqualTo("CN=leaf");
    assertThat(leaf.getIssuerX500Principal().getName()).isEqualTo("CN=a name");
    assertThat(leaf.getSubjectAlternativeNames())
        .<Object>extracting(name -> name.get(1))
        .containsExactly("localhost", "127.0.0.1", "0:0:0:0:0:0:0:1");
  }

  private static X509Certificate read(String pem) throws Exception {
    byte[] bytes = pem.getBytes(StandardCharsets.US_ASCII);
    return (X509Certificate)
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(bytes));
  }
}
