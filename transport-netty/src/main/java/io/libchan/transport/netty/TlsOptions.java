package io.libchan.transport.netty;

import io.libchan.Options;
import io.libchan.transport.netty.sockets.TlsContexts;
import io.netty.handler.ssl.SslContext;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whom TLS trusts and how it proves who we are. Added by {@link io.libchan.Options.Builder#with}.
 *
 * <p>Secure when nothing is given: a client trusts what the JDK trusts and checks the host name;
 * only TLS 1.3 and 1.2 with AEAD ciphers are spoken. A listener needs a key.
 *
 * <p>Thread-safe: immutable, except that the {@link KeyMaterial} may be replaced.
 */
public final class TlsOptions {
  static {
    TlsContexts.readBy(options -> options.contexts);
  }

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
  private final int maxHandshakes;
  private final @Nullable SslContext sslContext;
  private final TlsContexts contexts;

  private TlsOptions(Builder from) {
    trustFile = from.trustFile;
    trust = from.trust;
    keyMaterial = from.keyMaterial;
    clientCertificates = from.clientCertificates();
    verifiesHostName = from.verifiesHostName;
    maxHandshakes = from.maxHandshakes;
    sslContext = from.sslContext;
    KeyMaterial material = keyMaterial;
    contexts = new TlsContexts(this, () -> material == null ? null : material.current());
  }

  /** A builder with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** What was added to these options, or else every default. */
  public static TlsOptions of(Options options) {
    TlsOptions found = options.find(TlsOptions.class);
    return found == null ? DEFAULTS : found;
  }

  /** The PEM file of the authorities that are trusted; null: not from a file. */
  public @Nullable Path trustFile() {
    return trustFile;
  }

  /** The authorities that are trusted; null: those of the file, or else of the JDK. */
  public @Nullable List<X509Certificate> trust() {
    return trust;
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

  /** How many accepted connections may be in their handshake at a time; 1,024 by default. */
  public int maxHandshakes() {
    return maxHandshakes;
  }

  /** The application's own context, used instead of everything but host name and bound. */
  public @Nullable SslContext sslContext() {
    return sslContext;
  }

  /** Builds {@link TlsOptions}. Not thread-safe. */
  public static final class Builder {
    private @Nullable Path trustFile;
    private @Nullable List<X509Certificate> trust;
    private @Nullable KeyMaterial keyMaterial;
    private @Nullable ClientCertificates clientCertificates;
    private boolean verifiesHostName = true;
    private int maxHandshakes = 1024;
    private @Nullable SslContext sslContext;

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

    /** Sets {@link TlsOptions#maxHandshakes()}, at least 1. */
    public Builder maxHandshakes(int value) {
      if (value < 1) {
        throw new IllegalArgumentException(value + " < 1");
      }
      maxHandshakes = value;
      return this;
    }

    /**
     * Uses the application's own context, for clients or for servers as it was made. Authorities,
     * keys, protocols, ciphers and ALPN are then the application's business.
     */
    public Builder sslContext(SslContext value) {
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
