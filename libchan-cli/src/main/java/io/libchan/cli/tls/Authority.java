package io.libchan.cli.tls;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;

/**
 * A certificate authority that lives as long as this object: keys and certificates for trying TLS
 * on one machine, without other programs. Not for anything else: keys are not protected.
 *
 * <p>Thread-safe: immutable.
 */
public final class Authority {
  private static final byte[] ECDSA_WITH_SHA256 = Der.sequence(Der.oid("2a8648ce3d040302"));
  private static final byte[] COMMON_NAME = Der.oid("550403");
  private static final byte[] BASIC_CONSTRAINTS = Der.oid("551d13");
  private static final byte[] ALTERNATIVE_NAME = Der.oid("551d11");
  private static final Duration LIFETIME = Duration.ofDays(1);

  private final SecureRandom random = new SecureRandom();
  private final String name;
  private final KeyPair keys;
  private final byte[] certificate;

  /**
   * A new authority with its own key.
   *
   * @param name the common name of its certificate
   */
  public Authority(String name) {
    this.name = name;
    keys = newKeys();
    byte[] mayIssue = extension(BASIC_CONSTRAINTS, true, Der.sequence(Der.yes()));
    certificate = certificate(name, keys, mayIssue);
  }

  /**
   * Its certificate.
   *
   * @return the certificate in PEM
   */
  public String certificatePem() {
    return pem("CERTIFICATE", certificate);
  }

  /**
   * A certificate with its private key, both in PEM.
   *
   * @param certificatePem the certificate
   * @param keyPem the key, PKCS #8 without a password
   */
  public record Identity(String certificatePem, String keyPem) {}

  /**
   * A new key and its certificate, good for {@code localhost} and the loopback addresses.
   *
   * @param commonName the common name of the certificate
   * @return both
   */
  public Identity issue(String commonName) {
    KeyPair own = newKeys();
    byte[] names =
        Der.sequence(
            Der.value(0x82, "localhost".getBytes(StandardCharsets.US_ASCII)),
            Der.value(0x87, address("127.0.0.1")),
            Der.value(0x87, address("::1")));
    byte[] issued = certificate(commonName, own, extension(ALTERNATIVE_NAME, false, names));
    return new Identity(
        pem("CERTIFICATE", issued), pem("PRIVATE KEY", own.getPrivate().getEncoded()));
  }

  private byte[] certificate(String subject, KeyPair subjectKeys, byte[] extension) {
    Instant now = Instant.now();
    byte[] body =
        Der.sequence(
            Der.value(0xa0, Der.integer(BigInteger.TWO)), // version 3
            Der.integer(new BigInteger(120, random).add(BigInteger.ONE)),
            ECDSA_WITH_SHA256,
            commonName(name),
            Der.sequence(Der.time(now.minus(LIFETIME)), Der.time(now.plus(LIFETIME))),
            commonName(subject),
            subjectKeys.getPublic().getEncoded(),
            Der.value(0xa3, Der.sequence(extension)));
    return Der.sequence(body, ECDSA_WITH_SHA256, Der.bits(sign(keys.getPrivate(), body)));
  }

  private static byte[] commonName(String text) {
    return Der.sequence(Der.set(Der.sequence(COMMON_NAME, Der.text(text))));
  }

  private static byte[] extension(byte[] id, boolean critical, byte[] content) {
    byte[] value = Der.octets(content);
    return critical ? Der.sequence(id, Der.yes(), value) : Der.sequence(id, value);
  }

  private static byte[] address(String literal) {
    try {
      return InetAddress.getByName(literal).getAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(literal, e);
    }
  }

  private KeyPair newKeys() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no EC keys in this JDK", e);
    }
  }

  private static byte[] sign(PrivateKey key, byte[] data) {
    try {
      Signature signature = Signature.getInstance("SHA256withECDSA");
      signature.initSign(key);
      signature.update(data);
      return signature.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("no ECDSA signatures in this JDK", e);
    }
  }

  private static String pem(String label, byte[] content) {
    Base64.Encoder lines = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n"
        .formatted(label, lines.encodeToString(content), label);
  }
}
