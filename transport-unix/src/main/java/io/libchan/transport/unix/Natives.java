package io.libchan.transport.unix;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFSocket;
import org.newsclub.net.unix.AFSocketImpl;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * What is special about the library below: whether its native half is there, and the size of the
 * buffer for descriptors, which it caps by mistake.
 *
 * <p>Thread-safe.
 */
final class Natives {
  /** Room for 253 descriptors, which is all that the system passes with one write. */
  private static final int ANCILLARY_BYTES = 1036;

  private static final AtomicBoolean CAP_TOLD = new AtomicBoolean();

  private Natives() {}

  /** Refuses to go on without the native library, and says what helps. */
  static void check() throws ConnectFailed {
    Throwable cause = null;
    boolean supported = false;
    try {
      supported = AFUNIXSocket.isSupported();
    } catch (LinkageError | IllegalCallerException e) {
      cause = e; // it does not answer false, but throws
    }
    if (!supported) {
      throw new ConnectFailed(unavailable(cause), cause);
    }
  }

  static Reason unavailable(@Nullable Throwable cause) {
    return Reason.of(
        ReasonCode.CONNECT_FAILED,
        "Unix sockets need the native library of junixsocket, which can't be loaded ("
            + cause
            + "): put com.kohlschutter.junixsocket:junixsocket-native-common on the class or module"
            + " path; where native access is denied, start Java with"
            + " --enable-native-access=ALL-UNNAMED, or =org.newsclub.net.unix on the module path;"
            + " where the temporary directory does not allow programs, set -Djava.io.tmpdir");
  }

  /**
   * Lets a socket receive as many descriptors as one write can carry. Where the library does not
   * let us (on the module path without an {@code --add-opens}) it is 60, which is all that we send
   * at once; a peer that sends more loses the connection, and this process 60 descriptors, of which
   * the library keeps nothing that could be closed. Rule FD-2.
   */
  static void takeDescriptors(AFUNIXSocket socket) {
    socket.setAncillaryReceiveBufferSize(ANCILLARY_BYTES);
    try {
      Method impl = AFSocket.class.getDeclaredMethod("getAFImpl");
      impl.setAccessible(true);
      Field support = AFSocketImpl.class.getDeclaredField("ancillaryDataSupport");
      support.setAccessible(true);
      Object ancillary = support.get(impl.invoke(socket));
      Method size =
          ancillary.getClass().getDeclaredMethod("setAncillaryReceiveBufferSize0", int.class);
      size.setAccessible(true);
      size.invoke(ancillary, ANCILLARY_BYTES);
    } catch (ReflectiveOperationException | RuntimeException e) {
      if (!CAP_TOLD.getAndSet(true)) {
        System.getLogger(Natives.class.getName())
            .log(
                System.Logger.Level.WARNING,
                "no more than 60 descriptors can be taken at once, and a hostile peer could leak as"
                    + " many here: start Java with --add-opens"
                    + " org.newsclub.net.unix/org.newsclub.net.unix=io.libchan.transport.unix",
                e);
      }
    }
  }
}
