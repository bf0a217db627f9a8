package io.libchan.transport.unix;

import io.libchan.ConnectFailed;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketCredentials;

/** What is asked of a connected socket. Thread-safe. */
final class Sockets {
  private Sockets() {}

  /** Who is at the other end. */
  static UnixPeer peer(AFUNIXSocket socket) throws IOException {
    AFUNIXSocketCredentials credentials = socket.getPeerCredentials();
    long[] gids = credentials.getGids();
    return new UnixPeer(
        credentials.getPid(),
        credentials.getUid(),
        gids == null || gids.length == 0 ? -1 : gids[0]);
  }

  static PeerInfo info(UnixAddress address, UnixPeer peer) {
    return new PeerInfo("unix", address.toString().substring(5), "", peer, List.of());
  }

  static void closeQuietly(AFUNIXSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use to anybody any more.
    }
  }

  static ConnectFailed failed(String what) {
    return new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, what));
  }

  /** What a thread of ours failed with, as an exception of the thread that waited for it. */
  static ConnectFailed failed(ExecutionException e) {
    return e.getCause() instanceof ConnectFailed cause
        ? new ConnectFailed(cause.reason(), cause.getCause())
        : new ConnectFailed(Reason.of(ReasonCode.INTERNAL, String.valueOf(e.getCause())), e);
  }

  static String describe(IOException cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}
