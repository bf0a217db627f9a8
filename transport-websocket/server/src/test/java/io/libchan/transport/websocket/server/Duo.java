package io.libchan.transport.websocket.server;

import io.libchan.Options;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Transport.Bound;
import io.libchan.transport.websocket.client.WebSocketClientTransport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A listener and connections to it. Closing closes the listener only. */
final class Duo implements AutoCloseable {
  final LinkedBlockingQueue<ByteConnection> accepted = new LinkedBlockingQueue<>();
  final Bound bound;

  Duo(String uri, Options options) throws Exception {
    bound =
        new WebSocketServerTransport()
            .listen(
                URI.create(uri), options, connection -> accepted.add((ByteConnection) connection));
  }

  ByteConnection connect(Options options) throws Exception {
    return (ByteConnection) new WebSocketClientTransport().connect(bound.uri(), options);
  }

  /** A bare socket to the listener. */
  Socket socket() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), bound.uri().getPort());
  }

  ByteConnection accept() throws Exception {
    ByteConnection connection = accepted.poll(Probe.WAIT_SECONDS, TimeUnit.SECONDS);
    if (connection == null) {
      throw new AssertionError("nobody connected");
    }
    return connection;
  }

  @Override
  public void close() {
    bound.close();
  }
}
