package io.libchan.transport.netty.sockets;

import io.libchan.ConnectFailed;
import io.netty.channel.ConnectTimeoutException;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.io.EOFException;
import java.io.IOException;
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
  public static ConnectFailed handshake(
      Address address, Protocol protocol, long timeoutMillis, Throwable error) {
    return Failures.connect(describe(address, protocol, timeoutMillis, error), error);
  }

  private static String describe(
      Address address, Protocol protocol, long timeoutMillis, Throwable error) {
    String alert = alert(error);
    if (alert != null) {
      return refusal(address.toString(), protocol.name(), alert);
    }
    if (find(error, SslHandshakeTimeoutException.class) != null
        || find(error, ConnectTimeoutException.class) != null) {
      return "no TLS handshake with " + address + " within " + timeoutMillis + " ms";
    }
    if (find(error, NotSslRecordException.class) != null) {
      return address + " does not speak TLS";
    }
    String certificate = certificate(address.toString(), error);
    if (certificate != null) {
      return certificate;
    }
    if (find(error, ClosedChannelException.class) != null
        || find(error, EOFException.class) != null) {
      return address + " closed the connection during the TLS handshake";
    }
    return "TLS handshake with " + address + " failed: " + deepest(error).getMessage();
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
    return null;
  }

  private static String refusal(String who, String protocol, String alert) {
    if (CERTIFICATE_ALERTS.contains(alert)) {
      return who + " refused our certificate (" + alert + ")";
    }
    if (alert.equals("no_application_protocol")) {
      return who + " speaks TLS but not " + protocol + " (" + alert + ")";
    }
    return who + " refused the TLS handshake (" + alert + ")";
  }

  /** What broke a connection whose handshake was done, on this side. */
  public static IOException afterHandshake(Throwable error) {
    String alert = alert(error);
    if (alert != null) {
      return new IOException(refusal("the peer", "our protocol", alert), error);
    }
    if (find(error, SSLException.class) != null) {
      return new IOException("TLS failed: " + deepest(error).getMessage(), error);
    }
    return Failures.broken(error);
  }

  /** The connection ended without the peer's goodbye. */
  public static IOException truncated() {
    return new IOException(
        "truncated: the connection ended without close_notify, so more may have been sent");
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
