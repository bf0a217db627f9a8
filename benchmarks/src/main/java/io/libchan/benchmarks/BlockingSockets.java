package io.libchan.benchmarks;

import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;

/**
 * Raw TCP: the JDK's blocking sockets with a thread for each connection, no codec, 100 ready bytes
 * a record. A stream is a TCP connection. One-way records are gathered in a buffer of 64 KiB.
 */
final class BlockingSockets implements Peer {
  private static final int RECORD = Pipe.BODY_BYTES;
  private static final int COUNT = 1;
  private static final int ECHO = 2;
  private static final int BULK = 3;

  private final ThreadFactory threads = Threads.named("sockets-serve");
  private final BlockingQueue<Received> tallies = new LinkedBlockingQueue<>();
  private final ServerSocket listening =
      new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());

  private BlockingSockets() throws IOException {
    threads.newThread(this::accept).start();
  }

  static Peer start() throws IOException {
    return new BlockingSockets();
  }

  private void accept() {
    try {
      for (; ; ) {
        Socket socket = listening.accept();
        threads.newThread(() -> serve(socket)).start();
      }
    } catch (IOException e) {
      // the peer closes
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      InputStream in = socket.getInputStream();
      switch (in.read()) {
        case COUNT -> tallies.add(count(in, RECORD, new Tally()));
        case BULK -> tallies.add(count(in, Chunks.BYTES, new Tally(Chunks.COUNT)));
        default -> echo(in, socket.getOutputStream());
      }
    } catch (IOException e) {
      // the client is gone, and knows
    }
  }

  private static Received count(InputStream in, int size, Tally tally) throws IOException {
    byte[] buffer = new byte[Chunks.BYTES];
    int kept = 0;
    for (int n = in.read(buffer); n > 0; n = in.read(buffer, kept, buffer.length - kept)) {
      int end = kept + n;
      int from = 0;
      for (; end - from >= size; from += size) {
        tally.add(ByteBuffer.wrap(buffer).getLong(from), buffer);
      }
      kept = end - from;
      System.arraycopy(buffer, from, buffer, 0, kept);
    }
    return tally.received();
  }

  private static void echo(InputStream in, OutputStream out) throws IOException {
    byte[] record = new byte[RECORD];
    while (in.readNBytes(record, 0, RECORD) == RECORD) {
      out.write(record);
    }
  }

  private Socket connect(int what) throws IOException {
    Socket socket = new Socket(listening.getInetAddress(), listening.getLocalPort());
    socket.setTcpNoDelay(true);
    socket.getOutputStream().write(what);
    return socket;
  }

  private static byte[] record(Sample sample) {
    byte[] record = new byte[RECORD];
    ByteBuffer.wrap(record).putLong(0, sample.id());
    return record;
  }

  private static long exchange(Socket socket, Sample sample) throws IOException {
    socket.getOutputStream().write(record(sample));
    byte[] reply = new byte[RECORD];
    if (socket.getInputStream().readNBytes(reply, 0, RECORD) < RECORD) {
      throw new EOFException();
    }
    return ByteBuffer.wrap(reply).getLong(0);
  }

  @Override
  public OneWay oneWay() throws IOException {
    Socket socket = connect(COUNT);
    OutputStream out = new BufferedOutputStream(socket.getOutputStream(), 64 * 1024);
    return new OneWay() {
      @Override
      public void send(Sample sample) throws IOException {
        out.write(record(sample));
      }

      @Override
      public Received end() throws Exception {
        out.flush();
        socket.shutdownOutput();
        return tallies.take();
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }

  @Override
  public Bulk bulk() throws IOException {
    Socket socket = connect(BULK);
    OutputStream out = socket.getOutputStream();
    return new Bulk() {
      @Override
      public void write(byte[] chunk) throws IOException {
        out.write(chunk);
      }

      @Override
      public Received end() throws Exception {
        socket.shutdownOutput();
        return tallies.take();
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }

  @Override
  public PingPong pingPong() throws IOException {
    Socket socket = connect(ECHO);
    return new PingPong() {
      @Override
      public long exchange(Sample sample) throws IOException {
        return BlockingSockets.exchange(socket, sample);
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }

  @Override
  public Opens opens() {
    return new Opens() {
      @Override
      public long once(Sample sample) throws IOException {
        try (Socket socket = connect(ECHO)) {
          return BlockingSockets.exchange(socket, sample);
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public void close() throws IOException {
    listening.close();
  }
}
