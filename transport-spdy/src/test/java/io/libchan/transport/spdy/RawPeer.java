package io.libchan.transport.spdy;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A peer that writes frames by hand, and a session with it. */
final class RawPeer implements AutoCloseable {
  final Session session;
  final Traffic traffic = new Traffic();
  final Frames frames = new Frames();
  final LinkedBlockingQueue<Frames.Frame> control = new LinkedBlockingQueue<>();
  private final Socket socket;
  private final Listener listener;

  private RawPeer(Session session, Socket socket, Listener listener) {
    this.session = session;
    this.socket = socket;
    this.listener = listener;
    Thread reader = new Thread(this::read, "raw-peer");
    reader.setDaemon(true);
    reader.start();
  }

  /** The peer connects. */
  static RawPeer connects(Options options) throws Exception {
    LinkedBlockingQueue<Session> sessions = new LinkedBlockingQueue<>();
    Listener listener = Libchan.listen("spdy://127.0.0.1:0", options, sessions::add);
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.uri().getPort());
    return new RawPeer(sessions.poll(10, TimeUnit.SECONDS), socket, listener);
  }

  /** The peer listens. */
  static RawPeer listens(Options options) throws Exception {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Session session = Libchan.connect("spdy://127.0.0.1:" + listening.getLocalPort(), options);
      RawPeer peer = new RawPeer(session, listening.accept(), null);
      assertThat(peer.next(Frames.PING).stream()).isEqualTo(1); // rule PORT-4
      return peer;
    }
  }

  private void read() {
    try {
      Frames parser = new Frames();
      for (Frames.Frame frame = parser.read(socket.getInputStream());
          frame != null;
          frame = parser.read(socket.getInputStream())) {
        traffic.add(frame);
        if (frame.type() != Frames.DATA) {
          control.add(frame);
        }
      }
    } catch (Exception e) {
      // The socket is closed.
    }
  }

  /** The next frame of this type; others are skipped. */
  Frames.Frame next(int type) throws InterruptedException {
    while (true) {
      Frames.Frame frame = control.poll(10, TimeUnit.SECONDS);
      if (frame == null) {
        throw new AssertionError("no frame of type " + type);
      }
      if (frame.type() == type) {
        return frame;
      }
    }
  }

  OutputStream out() throws Exception {
    return socket.getOutputStream();
  }

  void write(byte[]... all) throws Exception {
    for (byte[] bytes : all) {
      out().write(bytes);
    }
  }

  byte[] top(int stream, long reference) {
    return frames.syn(stream, Map.of("libchan-ref", Long.toString(reference)));
  }

  byte[] nested(int stream, long reference, long parent) {
    return frames.syn(
        stream, Map.of("libchan-parent-ref", Long.toString(parent), "libchan-ref", "" + reference));
  }

  /** Ends the peer's connection without a word. */
  void cut() throws Exception {
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
    session.abort(io.libchan.Reason.of(io.libchan.ReasonCode.CANCELLED, "the test is over"));
    if (listener != null) {
      listener.close();
    }
  }
}
