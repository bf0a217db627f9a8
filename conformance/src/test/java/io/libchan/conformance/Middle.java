package io.libchan.conformance;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/**
 * A man in the middle between the tester and a peer, who makes a broken peer of a good one: each
 * frame passes through the hands of a {@link Defect}.
 *
 * <p>Thread-safe.
 */
final class Middle implements AutoCloseable {
  /** What is done to frames; one for each connection. */
  interface Defect {
    /** What the tester gets in the place of a frame of the peer's. */
    default List<MuxFrame> fromPeer(MuxFrame frame) {
      return List.of(frame);
    }

    /** What the peer gets in the place of a frame of the tester's. */
    default List<MuxFrame> toPeer(MuxFrame frame) {
      return List.of(frame);
    }
  }

  /** The way of frames in one direction. */
  private interface Change {
    List<MuxFrame> of(MuxFrame frame);
  }

  private final ServerSocket server;
  private final URI peer;
  private final ExecutorService threads;

  Middle(URI peer, ExecutorService threads, Supplier<Defect> defects) throws IOException {
    this.peer = peer;
    this.threads = threads;
    server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    threads.execute(() -> accept(defects));
  }

  String uri() {
    return "tcp://127.0.0.1:" + server.getLocalPort();
  }

  private void accept(Supplier<Defect> defects) {
    try {
      while (true) {
        Socket tester = server.accept();
        Socket behind = new Socket(peer.getHost(), peer.getPort());
        tester.setTcpNoDelay(true);
        behind.setTcpNoDelay(true);
        Defect defect = defects.get();
        threads.execute(() -> pass(tester, behind, defect::toPeer));
        threads.execute(() -> pass(behind, tester, defect::fromPeer));
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  /** Passes frames on; to the end, which is passed on as well. */
  private static void pass(Socket from, Socket to, Change change) {
    try (from;
        to) {
      DataInputStream in = new DataInputStream(from.getInputStream());
      OutputStream out = to.getOutputStream();
      byte[] header = new byte[MuxFrame.HEADER];
      while (true) {
        in.readFully(header);
        long length = Bytes.u32(header, 8);
        byte[] payload = new byte[header[1] == Codes.DATA ? (int) length : 0];
        in.readFully(payload);
        int flags = (int) (Bytes.u32(header, 0) & 0xffff);
        int id = (int) Bytes.u32(header, 4);
        MuxFrame frame = new MuxFrame(header[0], header[1], flags, id, length, payload);
        for (MuxFrame one : change.of(frame)) {
          out.write(one.bytes());
        }
      }
    } catch (IOException e) {
      // The end of one side is the end of both.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
