package io.libchan.transport.websocket.client;

import java.io.IOException;
import okio.Socket;

/** Ends the sockets that OkHttp hands over. */
final class Sockets {
  private Sockets() {}

  /** Closes both directions and gives the socket back; what is unread is lost. */
  static void release(Socket socket) {
    try {
      socket.getSink().close();
    } catch (IOException e) {
      // It is broken already.
    }
    try {
      socket.getSource().close();
    } catch (IOException e) {
      // As above.
    }
    socket.cancel();
  }
}
