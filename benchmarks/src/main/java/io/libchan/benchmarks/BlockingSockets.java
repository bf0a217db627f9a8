package io.libchan.benchmarks;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;

/**
 * The JDK's blocking sockets, TCP or Unix, with a thread for each connection, no codec, 100 ready
 * bytes a record. A stream is a connection. One-way records are gathered in a buffer of 64 KiB.
 */
final class BlockingSockets implements Peer {
  private static final int RECORD = Pipe.BODY_BYTES;
  private static final int COUNT = 1;
  private static final int ECHO = 2;
  private static final int BULK = 3;

  private final ThreadFactory threads = Threads.named("sockets-serve");
  private final BlockingQueue<Received> tallies = new LinkedBlockingQueue<>();
  private final boolean tcp;
  private final ServerSocketChannel listening;
  private final SocketAddress address;

  private BlockingSockets(ProtocolFamily family, SocketAddress wanted) throws IOException {
    tcp = family == StandardProtocolFamily.INET;
    listening = ServerSocketChannel.open(family).bind(wanted, 1024);
    address = listening.getLocalAddress();
    threads.newThread(this::accept).start();
  }

  static Peer start() throws IOException {
    return new BlockingSockets(
        StandardProtocolFamily.INET,
        new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0));
  }

  static Peer startUnix() throws IOException {
    Path folder = Files.createTempDirectory("libchan-bench");
    folder.toFile().deleteOnExit(); // after the file in it
    Path file = folder.resolve("socket");
    file.toFile().deleteOnExit();
    return new BlockingSockets(StandardProtocolFamily.UNIX, UnixDomainSocketAddress.of(file));
  }

  private void accept() {
    try {
      for (; ; ) {
        SocketChannel socket = listening.accept();
        threads.newThread(() -> serve(socket)).start();
      }
    } catch (IOException e) {
      // the peer closes
    }
  }

  private void serve(SocketChannel socket) {
    try (socket) {
      noDelay(socket);
      DataInputStream in = new DataInputStream(ChannelStreams.input(socket));
      int what = in.read();
      switch (what) {
        case COUNT -> tallies.add(count(in, RECORD, new Tally()));
        case BULK -> {
          int size = in.readInt();
          tallies.add(count(in, size, Chunks.tally(size)));
        }
        default -> echo(in, ChannelStreams.output(socket));
      }
    } catch (IOException e) {
      // the client is gone, and knows
    }
  }

  private static Received count(InputStream in, int size, Tally tally) throws IOException {
    byte[] buffer = new byte[Math.max(size, Chunks.BULK.bytes())];
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

  private void noDelay(SocketChannel socket) throws IOException {
    if (tcp) {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
    }
  }

  private SocketChannel connect(int what) throws IOException {
    SocketChannel socket = SocketChannel.open(address);
    noDelay(socket);
    ChannelStreams.output(socket).write(what);
    return socket;
  }

  private static byte[] record(Sample sample) {
    byte[] record = new byte[RECORD];
    ByteBuffer.wrap(record).putLong(0, sample.id());
    return record;
  }

  private static void send(SocketChannel socket, Sample sample) throws IOException {
    ChannelStreams.output(socket).write(record(sample));
  }

  private static long receive(InputStream in) throws IOException {
    byte[] reply = new byte[RECORD];
    if (in.readNBytes(reply, 0, RECORD) < RECORD) {
      throw new EOFException();
    }
    return ByteBuffer.wrap(reply).getLong(0);
  }

  @Override
  public OneWay oneWay() throws IOException {
    SocketChannel socket = connect(COUNT);
    OutputStream out = new BufferedOutputStream(ChannelStreams.output(socket), 64 * 1024);
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
    return chunks(Chunks.BULK.bytes(), false);
  }

  /** Small ones are gathered as records are. */
  @Override
  public Bulk messages(int bytes) throws IOException {
    return chunks(bytes, true);
  }

  private Bulk chunks(int bytes, boolean buffered) throws IOException {
    SocketChannel socket = connect(BULK);
    OutputStream raw = ChannelStreams.output(socket);
    raw.write(ByteBuffer.allocate(Integer.BYTES).putInt(bytes).array());
    OutputStream out = buffered ? new BufferedOutputStream(raw, 64 * 1024) : raw;
    return new Bulk() {
      @Override
      public void write(byte[] chunk) throws IOException {
        out.write(chunk);
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
  public Echo echo() throws IOException {
    SocketChannel socket = connect(ECHO);
    InputStream in = new BufferedInputStream(ChannelStreams.input(socket), 64 * 1024);
    return new Echo() {
      @Override
      public void send(Sample sample) throws IOException {
        BlockingSockets.send(socket, sample);
      }

      @Override
      public long receive() throws IOException {
        return BlockingSockets.receive(in);
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
        try (SocketChannel socket = connect(ECHO)) {
          BlockingSockets.send(socket, sample);
          return BlockingSockets.receive(ChannelStreams.input(socket));
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
