package io.libchan.transport.http2.okhttp;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.transport.http2.common.requests.Answers;
import io.libchan.transport.http2.common.requests.Target;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ProtocolException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** One clear line for each way in which OkHttp's calls fail. */
final class Failures {
  private static final String RESET = "stream was reset: ";

  private Failures() {}

  static ConnectFailed connect(String message, @Nullable Throwable cause) {
    return new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, message), cause);
  }

  /** Why there is no connection. */
  static ConnectFailed notConnected(Target target, Throwable error) {
    if (error instanceof ConnectFailed known) {
      return known;
    }
    String where = target.hostAndPort();
    if (find(error, UnknownHostException.class) != null) {
      return connect("unknown host " + target.host(), error);
    }
    CertificateException certificate = find(error, CertificateException.class);
    if (certificate != null) {
      return connect(
          "the certificate of " + where + " is not accepted: " + firstLine(certificate), error);
    }
    if (find(error, SSLException.class) != null) {
      return connect("TLS handshake with " + where + " failed: " + firstLine(error), error);
    }
    if (error instanceof InterruptedIOException) {
      return connect("no answer from " + where + " in time", error);
    }
    if (error instanceof ProtocolException || speaksOtherwise(error)) {
      return connect(where + " does not speak HTTP/2", error);
    }
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (("" + at.getMessage()).contains("refused")) {
        return connect("connection refused by " + where, error);
      }
    }
    return connect("cannot connect to " + where + ": " + firstLine(error), error);
  }

  /** OkHttp looks for SETTINGS first, and takes a text for a frame that is too large. */
  private static boolean speaksOtherwise(Throwable error) {
    String text = "" + error.getMessage();
    return text.startsWith("Expected a SETTINGS") || text.startsWith("FRAME_SIZE_ERROR");
  }

  /** What ended a request that had been sent. */
  static IOException broken(IOException error) {
    String text = "" + error.getMessage();
    if (text.equals(RESET + "CANCEL")) { // OkHttp's word for an end of the connection, too
      return new IOException("the peer, or a proxy, ended the connection or the request", error);
    }
    if (text.startsWith(RESET)) {
      return new IOException(
          "the peer, or a proxy, reset the request: "
              + Answers.printable(text.substring(RESET.length())),
          error);
    }
    return new IOException("the connection broke: " + firstLine(error), error);
  }

  /** Whether a peer says that it did not process a request. Rule H2-19. */
  static boolean isUnprocessed(IOException error) {
    // The type is not exported. Streams that a GOAWAY left out end so too.
    return (RESET + "REFUSED_STREAM").equals(error.getMessage());
  }

  private static String firstLine(Throwable error) {
    String text = error.getMessage();
    return text == null
        ? error.getClass().getSimpleName()
        : Answers.printable(text.lines().findFirst().orElse(""));
  }

  private static <E extends Throwable> @Nullable E find(Throwable error, Class<E> type) {
    for (Throwable at = error; at != null; at = at.getCause()) {
      if (type.isInstance(at)) {
        return type.cast(at);
      }
    }
    return null;
  }
}
