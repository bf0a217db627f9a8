package io.libchan.gateway;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BytePort;
import io.libchan.spi.Ends;
import io.libchan.spi.Waiter;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A connected socket joined with a byte stream, both ways, without a thread.
 *
 * <p>Life: <em>joined</em>; each direction ends on its own; <em>closed</em>, when both have ended,
 * or at the first failure of either, which is told to the other as a reset. Rules GW-10 to GW-14.
 *
 * <p>Thread-safe: the socket's key and the state belong to the loop, a direction's turns come one
 * after the other.
 */
final class Splice implements Loop.Selected, Connections.Occupant {
  private static final int BUFFER_BYTES = 64 * 1024;

  // Turns run on the transport's threads, which are few.
  private static final ThreadLocal<Scratch> SCRATCH = ThreadLocal.withInitial(Scratch::new);

  /** What one turn reads into. */
  private static final class Scratch {
    private final byte[] bytes = new byte[BUFFER_BYTES];
    private final ByteBuffer view = ByteBuffer.wrap(bytes);

    ByteBuffer first(int count) {
      return view.clear().limit(count);
    }
  }

  private final Connections owner;
  private final Loop loop;
  private final SocketChannel socket;
  private final ByteStream stream; // held: an end that is lost would be closed
  private final String peer;
  private final String target;
  private final Inflow in;
  private final Outflow out;
  private final long since = System.nanoTime();
  private final AtomicLong fromSocket = new AtomicLong();
  private final AtomicLong toSocket = new AtomicLong();
  private volatile long lastByte = since;

  // The loop's.
  private @Nullable SelectionKey key;
  private boolean awaitsAnswer;
  private boolean made;
  private @Nullable Reason failedEarly;
  private boolean inEnded;
  private boolean outEnded;
  private boolean closed;

  /**
   * Joins them; {@link #start} sets it going.
   *
   * @param socket connected, and not blocking
   * @param awaitsAnswer whether {@link #answered} will come, and a failure of the stream waits for
   *     it. Rule GW-5
   */
  Splice(
      Connections owner,
      SocketChannel socket,
      ByteStream stream,
      String peer,
      String target,
      boolean awaitsAnswer) {
    this.owner = owner;
    this.loop = owner.loop();
    this.socket = socket;
    this.stream = stream;
    this.peer = peer;
    this.target = target;
    this.awaitsAnswer = awaitsAnswer;
    made = !awaitsAnswer;
    in = new Inflow(Ends.port(stream));
    out = new Outflow(Ends.port(stream));
  }

  /** Begins to carry bytes; on the loop. */
  void start() {
    try {
      if (socket.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      }
      key = loop.register(socket, SelectionKey.OP_READ, this);
    } catch (IOException e) {
      socketFailed(e);
      return;
    }
    out.signal();
  }

  /** The dial was answered; null: it is connected. */
  void answered(@Nullable Reason failure) {
    loop.execute(
        () -> {
          awaitsAnswer = false;
          made = failure == null;
          Reason reason = failure != null ? failure : failedEarly;
          if (reason != null) {
            cut(reason);
          }
        });
  }

  @Override
  public void abort(Reason reason) {
    loop.execute(() -> cut(reason));
  }

  @Override
  public void tick(Duration idleTimeout) {
    if (System.nanoTime() - lastByte > idleTimeout.toNanos()) {
      cut(Reason.limit("gateway-idle", "no byte either way for " + idleTimeout.toMillis() + " ms"));
    } else if (out.port.isOver()) {
      out.signal(); // it may wait for the socket only
    }
  }

  @Override
  public GatewayConnection snapshot() {
    long now = System.nanoTime();
    return new GatewayConnection(
        peer,
        target,
        Duration.ofNanos(now - since),
        Duration.ofNanos(Math.max(0, now - lastByte)),
        fromSocket.get(),
        toSocket.get());
  }

  // ---- the socket's events, on the loop ----

  @Override
  public void ready(SelectionKey ready) {
    if (!ready.isValid()) {
      return;
    }
    if (ready.isWritable()) {
      interest(SelectionKey.OP_WRITE, false);
      out.signal();
    }
    if (!closed && ready.isReadable()) {
      in.read();
    }
  }

  @Override
  public void broken(RuntimeException defect) {
    cut(Reason.of(ReasonCode.INTERNAL, "the gateway failed: " + defect));
  }

  private void interest(int operation, boolean wanted) {
    SelectionKey now = key;
    if (now != null && now.isValid()) {
      if (wanted) {
        now.interestOpsOr(operation);
      } else {
        now.interestOpsAnd(~operation);
      }
    }
  }

  /** From the socket to the stream; on the loop. */
  private final class Inflow implements Waiter {
    private BytePort port;
    private byte[] rest = new byte[0]; // what the stream did not take yet
    private boolean over;

    Inflow(BytePort port) {
      this.port = port;
    }

    void read() {
      ByteBuffer buffer = loop.emptyBuffer();
      int count;
      try {
        count = socket.read(buffer);
      } catch (IOException e) {
        socketFailed(e);
        return;
      }
      if (count < 0) {
        over = true;
        interest(SelectionKey.OP_READ, false);
        port.closeOutput();
        inEnded = true;
        closeIfEnded();
      } else if (count > 0) {
        lastByte = System.nanoTime();
        fromSocket.addAndGet(count);
        give(loop.buffer(), 0, count);
      }
    }

    private void give(byte[] bytes, int offset, int count) {
      int at = offset;
      int end = offset + count;
      try {
        while (at < end) {
          int taken = port.write(bytes, at, end - at);
          if (taken == BytePort.SUPERSEDED) {
            port = next(port);
          } else if (taken == 0) {
            rest = Arrays.copyOfRange(bytes, at, end);
            interest(SelectionKey.OP_READ, false);
            port.awaitWritable(this);
            return;
          } else {
            at += taken;
          }
        }
      } catch (ChannelException e) {
        over = true;
        interest(SelectionKey.OP_READ, false);
        streamFailed(e.reason());
      }
    }

    /** The stream takes more. */
    @Override
    public void signal() {
      loop.execute(
          () -> {
            byte[] kept = rest;
            rest = new byte[0];
            if (!over && !closed) {
              interest(SelectionKey.OP_READ, true);
              give(kept, 0, kept.length);
            }
          });
    }
  }

  /** From the stream to the socket; on whatever thread signals, one turn at a time. */
  private final class Outflow implements Waiter {
    private final AtomicInteger owed = new AtomicInteger();

    // Only turns'.
    private volatile BytePort port;
    private @Nullable ByteBuffer rest; // what the socket did not take yet
    private boolean ended; // nothing follows the rest
    private boolean over;

    Outflow(BytePort port) {
      this.port = port;
    }

    @Override
    public void signal() {
      if (owed.getAndIncrement() != 0) {
        return;
      }
      int seen = owed.get();
      do {
        if (!over) {
          turn();
        }
        seen = owed.addAndGet(-seen);
      } while (seen != 0);
    }

    private void turn() {
      try {
        while (rest == null || flushed(rest)) {
          rest = null;
          if (ended) {
            finish();
            return;
          }
          if (!carried()) {
            return;
          }
        }
        if (port.isOver()) {
          takeLast();
        }
        loop.execute(() -> interest(SelectionKey.OP_WRITE, true));
      } catch (ChannelException e) {
        over = true;
        streamFailed(e.reason());
      } catch (IOException e) {
        over = true;
        socketFailed(e);
      }
    }

    /** Carries one piece; false if there is none now. */
    private boolean carried() throws IOException {
      Scratch scratch = SCRATCH.get();
      int count = port.read(scratch.bytes, 0, BUFFER_BYTES);
      if (count == BytePort.SUPERSEDED) {
        port = next(port);
        return true;
      }
      if (count < 0) {
        ended = true;
        return true;
      }
      if (count > 0) {
        lastByte = System.nanoTime();
        ByteBuffer bytes = scratch.first(count);
        if (!flushed(bytes)) {
          rest = copy(bytes, ByteBuffer.allocate(0));
          return true;
        }
        if (count == BUFFER_BYTES) {
          return true;
        }
      }
      port.awaitReadable(this);
      return false;
    }

    /** Whether the socket took it all. */
    private boolean flushed(ByteBuffer bytes) throws IOException {
      toSocket.addAndGet(socket.write(bytes));
      return !bytes.hasRemaining();
    }

    /**
     * The stream is over while the socket takes nothing: what is left of it is at most a window,
     * and a failure must not wait for the socket.
     */
    private void takeLast() throws ChannelException {
      Scratch scratch = SCRATCH.get();
      while (!ended && rest != null) {
        int count = port.read(scratch.bytes, 0, BUFFER_BYTES);
        if (count < 0) {
          ended = true;
        } else if (count == 0) {
          return;
        } else {
          rest = copy(rest, scratch.first(count));
        }
      }
    }

    private void finish() throws IOException {
      over = true;
      socket.shutdownOutput();
      loop.execute(
          () -> {
            outEnded = true;
            closeIfEnded();
          });
    }
  }

  private static ByteBuffer copy(ByteBuffer first, ByteBuffer second) {
    return ByteBuffer.allocate(first.remaining() + second.remaining())
        .put(first)
        .put(second)
        .flip();
  }

  private static BytePort next(BytePort port) {
    BytePort successor = port.successor();
    return successor == null ? port : successor;
  }

  // ---- the end ----

  private void closeIfEnded() {
    if (inEnded && outEnded && !closed) {
      closed = true;
      stream.close();
      Sockets.close(socket);
      owner.over(this, Reason.END, made);
    }
  }

  private void socketFailed(IOException failure) {
    loop.execute(
        () -> cut(Reason.of(ReasonCode.FAILED, "the socket failed: " + failure.getMessage())));
  }

  private void streamFailed(Reason reason) {
    loop.execute(
        () -> {
          if (awaitsAnswer) {
            failedEarly = reason;
          } else {
            cut(reason);
          }
        });
  }

  /** Resets both; on the loop. */
  private void cut(Reason reason) {
    if (closed) {
      return;
    }
    closed = true;
    stream.reset(reason);
    Sockets.reset(socket);
    owner.over(this, reason, made);
  }
}
