package io.libchan.testkit;

import io.libchan.Options;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Transport;
import io.libchan.spi.Transport.Bound;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A listener and connections to it. Closing closes the listener only. Thread-safe. */
public final class Duo implements AutoCloseable {
  /** What came to the listener and was not taken by {@link #accept} yet. */
  public final LinkedBlockingQueue<ByteConnection> accepted = new LinkedBlockingQueue<>();

  /** The listener. */
  public final Bound bound;

  private final Transport dialer;

  /**
   * Listens.
   *
   * @param listener the transport that listens
   * @param dialer the transport that connects
   */
  public Duo(Transport listener, Transport dialer, String uri, Options options) throws Exception {
    this.dialer = dialer;
    bound =
        listener.listen(
            URI.create(uri), options, connection -> accepted.add((ByteConnection) connection));
  }

  /** A connection to the listener. */
  public ByteConnection connect(Options options) throws Exception {
    return (ByteConnection) dialer.connect(bound.uri(), options);
  }

  /** A bare socket to the listener. */
  public Socket socket() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), bound.uri().getPort());
  }

  /** The listener's side of the connection that came first. */
  public ByteConnection accept() throws Exception {
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
