package io.libchan.transport.websocket.internal;

import io.libchan.ConnectFailed;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** One clear line for each way TLS can fail. */
public final class TlsErrors {
  private static final Pattern ALERT = Pattern.compile("[Rr]eceived fatal alert: (\\w+)");
  private static final Set<String> CERTIFICATE_ALERTS =
      Set.of(
          "bad_certificate",
          "unsupported_certificate",
          "certificate_revoked",
          "certificate_expired",
          "certificate_unknown",
          "certificate_required",
          "unknown_ca",
          "access_denied");

  private TlsErrors() {}

  /** Why a client's handshake failed. */
  public static ConnectFailed handshake(Address address, long timeoutMillis, Throwable error) {
    return Failures.connect(describe(address, timeoutMillis, error), error);
  }

  private static String describe(Address address, long timeoutMillis, Throwable error) {
    String alert = alert(error);
    if (alert != null) {
      return refusal(address.toString(), alert);
    }
    if (find(error, SocketTimeoutException.class) != null) {
      return "no TLS handshake with " + address + " within " + timeoutMillis + " ms";
    }
    if (("" + deepest(error).getMessage()).contains("Unsupported or unrecognized SSL message")) {
      return address + " does not speak TLS";
    }
    String certificate = certificate(address.toString(), error);
    if (certificate != null) {
      return certificate;
    }
    if (find(error, ClosedChannelException.class) != null
        || find(error, EOFException.class) != null
        || find(error, SocketException.class) != null) {
      return address + " closed the connection during the TLS handshake";
    }
    return "TLS handshake with " + address + " failed: " + deepest(error).getMessage();
  }

  /**
   * Whether TLS is what failed. A listener that refuses a certificate may be gone before the
   * client, whose part of the handshake is done by then, has written anything.
   */
  public static boolean isTls(Throwable error) {
    SocketException cut = find(error, SocketException.class);
    return find(error, SSLException.class) != null
        || find(error, CertificateException.class) != null
        || (cut != null && cut.getClass() == SocketException.class);
  }

  private static @Nullable String certificate(String who, Throwable error) {
    CertificateExpiredException expired = find(error, CertificateExpiredException.class);
    if (expired != null) {
      return "the certificate of " + who + " has expired: " + expired.getMessage();
    }
    CertificateNotYetValidException early = find(error, CertificateNotYetValidException.class);
    if (early != null) {
      return "the certificate of " + who + " is not valid yet: " + early.getMessage();
    }
    if (find(error, CertPathBuilderException.class) != null
        || find(error, CertPathValidatorException.class) != null) {
      return "the certificate of " + who + " is not trusted: " + deepest(error).getMessage();
    }
    CertificateException other = find(error, CertificateException.class);
    if (other != null) {
      return "the certificate of " + who + " does not fit: " + other.getMessage();
    }
    SSLPeerUnverifiedException unverified = find(error, SSLPeerUnverifiedException.class);
    if (unverified != null) {
      return "the certificate of " + who + " does not fit: " + firstLine(unverified);
    }
    return null;
  }

  /** OkHttp adds what the certificate is for on further lines. */
  private static String firstLine(Throwable error) {
    return ("" + error.getMessage()).lines().findFirst().orElse("");
  }

  private static String refusal(String who, String alert) {
    if (CERTIFICATE_ALERTS.contains(alert)) {
      return who + " refused our certificate (" + alert + ")";
    }
    return who + " refused the TLS handshake (" + alert + ")";
  }

  /** What broke a connection whose handshake was done, on this side. */
  public static IOException afterHandshake(Throwable error) {
    String alert = alert(error);
    if (alert != null) {
      return new IOException(refusal("the peer", alert), error);
    }
    if (find(error, SSLException.class) != null) {
      return new IOException("TLS failed: " + deepest(error).getMessage(), error);
    }
    return Failures.broken(error);
  }

  private static @Nullable String alert(Throwable error) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      Matcher match = ALERT.matcher("" + at.getMessage());
      if (match.find()) {
        return match.group(1);
      }
    }
    return null;
  }

  private static <E extends Throwable> @Nullable E find(Throwable error, Class<E> type) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (type.isInstance(at)) {
        return type.cast(at);
      }
    }
    return null;
  }

  private static Throwable deepest(Throwable error) {
    Throwable at = error;
    while (at.getCause() != null) {
      at = at.getCause();
    }
    return at;
  }
}
