package io.libchan.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and keys from PEM files; every error names the file. */
final class Pem {
  /** Keeps every byte, whatever stands between the blocks. */
  private static final Charset ENCODING = StandardCharsets.ISO_8859_1;

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN ([A-Z ]*)PRIVATE KEY-----([^-]*)-----END");

  private Pem() {}

  /** The certificates of a file in their order, at least one. */
  static List<X509Certificate> certificates(Path file) throws IOException {
    List<X509Certificate> found = new ArrayList<>();
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      for (Certificate one :
          factory.generateCertificates(new ByteArrayInputStream(read(file).getBytes(ENCODING)))) {
        found.add((X509Certificate) one);
      }
    } catch (CertificateException e) {
      throw new IOException("no valid certificates in " + file + ": " + e.getMessage(), e);
    }
    if (found.isEmpty()) {
      throw new IOException("no certificates in " + file);
    }
    return List.copyOf(found);
  }

  /** The private key of a file. */
  static PrivateKey privateKey(Path file) throws IOException {
    Matcher match = KEY.matcher(read(file));
    if (!match.find()) {
      throw new IOException("no private key in " + file);
    }
    if (!match.group(1).isEmpty()) {
      throw new IOException(
          "the private key in "
              + file
              + " is of kind \""
              + match.group(1).trim()
              + "\": convert it with openssl pkcs8 -topk8 -nocrypt");
    }
    try {
      return decode(Base64.getMimeDecoder().decode(match.group(2)), file);
    } catch (IllegalArgumentException e) {
      throw new IOException("no valid private key in " + file + ": " + e.getMessage(), e);
    }
  }

  private static PrivateKey decode(byte[] bytes, Path file) throws IOException {
    GeneralSecurityException last = null;
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
      } catch (GeneralSecurityException e) {
        last = e; // not of this kind
      }
    }
    throw new IOException("no valid private key in " + file, last);
  }

  private static String read(Path file) throws IOException {
    try {
      return Files.readString(file, ENCODING);
    } catch (NoSuchFileException e) {
      throw new IOException("no file " + file, e);
    } catch (IOException e) {
      throw new IOException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }
}
