package io.libchan.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on the loopback address that harms what passes: delay, rate, bytes one by one, stall,
 * cut by FIN or RST at a byte, half close, a flipped bit. It counts what it did.
 *
 * <p>Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {
  private static final AtomicInteger THREADS = new AtomicInteger();
  private static final long NEVER = Long.MAX_VALUE;

  private final ServerSocket server;
  private final int target;
  private final Direction toServer = new Direction();
  private final Direction toClient = new Direction();
  private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();
  private final AtomicInteger connections = new AtomicInteger();

  /**
   * Starts a proxy on a free port.
   *
   * @param targetPort the port of the loopback address that it passes on to
   */
  public FaultProxy(int targetPort) throws IOException {
    target = targetPort;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::acceptAll);
  }

  /** How a connection is cut. */
  public enum Cut {
    /** In good order. */
    FIN,
    /** At once. */
    RST,
    /** This direction only. */
    HALF
  }

  /** The port that clients connect to. */
  public int port() {
    return server.getLocalPort();
  }

  /** How many connections were accepted. */
  public int connections() {
    return connections.get();
  }

  /** What happens to bytes of clients. */
  public Direction toServer() {
    return toServer;
  }

  /** What happens to bytes of the server. */
  public Direction toClient() {
    return toClient;
  }

  /** Cuts every connection now. */
  public void cutNow(Cut cut) throws IOException {
    for (Socket socket = sockets.poll(); socket != null; socket = sockets.poll()) {
      toServer.faults.incrementAndGet();
      end(socket, cut);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    toServer.goOn();
    toClient.goOn();
    cutNow(Cut.FIN);
  }

  private static void start(Runnable body) {
    Thread thread = new Thread(body, "test-proxy-" + THREADS.incrementAndGet());
    thread.setDaemon(true);
    thread.start();
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        connections.incrementAndGet();
        Socket there = new Socket();
        sockets.add(client);
        sockets.add(there);
        there.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        client.setTcpNoDelay(true);
        there.setTcpNoDelay(true);
        start(() -> toServer.pass(client, there));
        start(() -> toClient.pass(there, client));
      } catch (IOException e) {
        if (!server.isClosed()) {
          toServer.faults.incrementAndGet(); // the target refused
        }
      }
    }
  }

  private static void end(Socket socket, Cut cut) {
    try {
      if (cut == Cut.HALF) {
        socket.shutdownOutput();
        return;
      }
      if (cut == Cut.RST && !socket.isClosed()) {
        socket.setSoLinger(true, 0);
      }
      socket.close();
    } catch (IOException e) {
      // It is over, one way or another.
    }
  }

  /**
   * What happens to one direction.
   *
   * <p>Thread-safe.
   */
  public static final class Direction {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong faults = new AtomicLong();
    private volatile Duration delay = Duration.ZERO;
    private volatile long bytesPerSecond = NEVER;
    private volatile boolean single;
    private volatile long stallAt = NEVER;
    private volatile long cutAt = NEVER;
    private volatile long flipAt = NEVER;
    private volatile Cut cut = Cut.FIN;

    private Direction() {}

    /** Holds each piece back for so long. */
    public Direction delay(Duration value) {
      delay = value;
      return this;
    }

    /** Lets no more than so many bytes pass in a second. */
    public Direction rate(long value) {
      bytesPerSecond = value;
      return this;
    }

    /** Writes each byte alone. */
    public Direction oneByOne() {
      single = true;
      return this;
    }

    /** Lets nothing pass after so many bytes, until {@link #goOn}. */
    public Direction stallAt(long byteCount) {
      stallAt = byteCount;
      return this;
    }

    /** Ends a stall. */
    public void goOn() {
      stallAt = NEVER;
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /** Cuts after so many bytes. */
    public Direction cutAt(long byteCount, Cut how) {
      cutAt = byteCount;
      cut = how;
      return this;
    }

    /** Changes the lowest bit of one byte. */
    public Direction flipAt(long byteNumber) {
      flipAt = byteNumber;
      return this;
    }

    /** How many bytes passed. */
    public long bytes() {
      return bytes.get();
    }

    /** How many faults happened. */
    public long faults() {
      return faults.get();
    }

    private void pass(Socket from, Socket to) {
      byte[] buffer = new byte[8192];
      try {
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream();
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
          if (!passPiece(buffer, count, out)) {
            faults.incrementAndGet();
            end(to, cut);
            if (cut != Cut.HALF) {
              end(from, cut);
            }
            return;
          }
        }
        to.shutdownOutput();
      } catch (IOException e) {
        if (!from.isClosed() && !to.isClosed()) { // else whoever closed one here ends the other
          end(from, Cut.RST);
          end(to, Cut.RST);
        }
      }
    }

    /** Whether the connection goes on. */
    private boolean passPiece(byte[] buffer, int count, OutputStream out) throws IOException {
      int at = 0;
      while (at < count) {
        int step = step(count - at);
        if (step == 0) {
          if (bytes.get() >= cutAt) {
            return false;
          }
          awaitEndOfStall();
          continue;
        }
        hold(step);
        if (flipAt >= bytes.get() && flipAt < bytes.get() + step) {
          buffer[at + (int) (flipAt - bytes.get())] ^= 1;
          faults.incrementAndGet();
        }
        bytes.addAndGet(step); // first: whoever has a byte sees it counted
        out.write(buffer, at, step);
        at += step;
      }
      return bytes.get() < cutAt;
    }

    private int step(int wanted) {
      long border = Math.min(cutAt, stallAt) - bytes.get();
      return (int) Math.max(0, Math.min(single ? 1 : wanted, border));
    }

    private void hold(int step) throws IOException {
      long nanos = delay.toNanos();
      if (bytesPerSecond != NEVER) {
        nanos += step * 1_000_000_000L / bytesPerSecond;
      }
      if (nanos > 0) {
        faults.incrementAndGet();
        await(nanos);
      }
    }

    private void awaitEndOfStall() throws IOException {
      faults.incrementAndGet();
      lock.lock();
      try {
        while (bytes.get() >= stallAt) {
          changed.await();
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      } finally {
        lock.unlock();
      }
    }

    private void await(long nanos) throws IOException {
      lock.lock();
      try {
        long left = nanos;
        while (left > 0) {
          left = changed.awaitNanos(left);
        }
      } catch (InterruptedException e) {
        throw new IOException(e);
      } finally {
        lock.unlock();
      }
    }
  }
}
