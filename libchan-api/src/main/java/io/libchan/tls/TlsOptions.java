package io.libchan.tls;

import io.libchan.Options;
import java.io.IOException;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Whom TLS trusts and how it proves who we are, on every transport that has it. Added by {@link
 * Options.Builder#with}. A client that brings its own {@code OkHttpClient}, and an endpoint in a
 * server of the application, have that one's TLS instead.
 *
 * <p>Secure when nothing is given: a client trusts what the JDK trusts and checks the host name;
 * only TLS 1.3 and 1.2 with AEAD ciphers are spoken. A listener needs a key.
 *
 * <p>Thread-safe: immutable, except that the {@link KeyMaterial} may be replaced.
 */
public final class TlsOptions {
  /** The versions that are spoken, the best first. */
  public static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

  /** The ciphers that are spoken, as far as the JDK has them: none without AEAD. */
  public static final List<String> CIPHERS =
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

  /** Everything at its default. */
  public static final TlsOptions DEFAULTS = builder().build();

  /** What a listener asks of its clients. */
  public enum ClientCertificates {
    /** No certificate is asked for. */
    NONE,
    /** A certificate is asked for; a client without one is let in, one with a bad one is not. */
    WANTED,
    /** Only clients with a certificate of a trusted authority are let in. */
    REQUIRED
  }

  private final @Nullable Path trustFile;
  private final @Nullable List<X509Certificate> trust;
  private final @Nullable KeyMaterial keyMaterial;
  private final ClientCertificates clientCertificates;
  private final boolean verifiesHostName;
  private final @Nullable SSLContext sslContext;

  private TlsOptions(Builder from) {
    trustFile = from.trustFile;
    trust = from.trust;
    keyMaterial = from.keyMaterial;
    clientCertificates = from.clientCertificates();
    verifiesHostName = from.verifiesHostName;
    sslContext = from.sslContext;
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** The ones that were added to some options; else the defaults. */
  public static TlsOptions of(Options options) {
    TlsOptions found = options.find(TlsOptions.class);
    return found == null ? DEFAULTS : found;
  }

  /**
   * The authorities that are trusted, read at each call where they are in a file; null: those of
   * the JDK.
   *
   * @throws IOException if the file is missing or not valid
   */
  public @Nullable List<X509Certificate> authorities() throws IOException {
    return trustFile == null ? trust : Pem.certificates(trustFile);
  }

  /** Who we are; null: a client without certificate. */
  public @Nullable KeyMaterial keyMaterial() {
    return keyMaterial;
  }

  /** What a listener asks of clients: REQUIRED where authorities are given, else NONE. */
  public ClientCertificates clientCertificates() {
    return clientCertificates;
  }

  /** Whether a client checks that the certificate is for the host it connects to; true. */
  public boolean verifiesHostName() {
    return verifiesHostName;
  }

  /**
   * The application's own context, used instead of everything but host name and client
   * certificates.
   */
  public @Nullable SSLContext sslContext() {
    return sslContext;
  }

  /** Builds {@link TlsOptions}. Not thread-safe. */
  public static final class Builder {
    private @Nullable Path trustFile;
    private @Nullable List<X509Certificate> trust;
    private @Nullable KeyMaterial keyMaterial;
    private @Nullable ClientCertificates clientCertificates;
    private boolean verifiesHostName = true;
    private @Nullable SSLContext sslContext;

    private Builder() {}

    /** Trusts the authorities of a PEM file, and no others. */
    public Builder trust(Path pemFile) {
      trustFile = pemFile;
      trust = null;
      return this;
    }

    /** Trusts these authorities, and no others. */
    public Builder trust(List<X509Certificate> authorities) {
      if (authorities.isEmpty()) {
        throw new IllegalArgumentException("no authority to trust");
      }
      trust = List.copyOf(authorities);
      trustFile = null;
      return this;
    }

    /** Proves who we are with the material of two PEM files; see {@link KeyMaterial#ofPem}. */
    public Builder key(Path chainFile, Path keyFile) {
      return key(KeyMaterial.ofPem(chainFile, keyFile));
    }

    /** Proves who we are with a key and its chain, the own certificate first. */
    public Builder key(PrivateKey key, List<X509Certificate> chain) {
      return key(KeyMaterial.of(key, chain));
    }

    /** Proves who we are with material that can be replaced later. */
    public Builder key(KeyMaterial material) {
      keyMaterial = material;
      return this;
    }

    /** Sets {@link TlsOptions#clientCertificates()}. */
    public Builder clientCertificates(ClientCertificates value) {
      clientCertificates = value;
      return this;
    }

    /** Lets anybody whom a trusted authority certified pose as any host. For tests. */
    public Builder dangerouslySkipHostNameVerification() {
      verifiesHostName = false;
      return this;
    }

    /**
     * Uses the application's own context. Authorities and keys are then the application's business.
     */
    public Builder sslContext(SSLContext value) {
      sslContext = value;
      return this;
    }

    private ClientCertificates clientCertificates() {
      boolean trusts = trust != null || trustFile != null;
      ClientCertificates chosen = clientCertificates;
      if (chosen == null) {
        return trusts ? ClientCertificates.REQUIRED : ClientCertificates.NONE;
      }
      if (chosen != ClientCertificates.NONE && !trusts && sslContext == null) {
        throw new IllegalStateException(
            "client certificates are " + chosen + ": say with trust(...) who may issue them");
      }
      return chosen;
    }

    /**
     * The options.
     *
     * @throws IllegalStateException if client certificates are asked for and nobody is trusted
     */
    public TlsOptions build() {
      return new TlsOptions(this);
    }
  }
}
