package io.libchan.spi;

import io.libchan.ByteStream;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.TimeoutException;

/** The byte stream that applications hold: blocking over a {@link BytePort}. Thread-safe. */
final class PortByteStream implements ByteStream {
  private static final Reason CANCELLED =
      Reason.of(ReasonCode.CANCELLED, "the reader closed its input");

  private final Ownership ownership = new Ownership();
  private final BytePort first;
  private final In input = new In();
  private final Out output = new Out();

  // Reading may still drain the first port while writing goes to its successor already.
  private volatile BytePort reading;
  private volatile BytePort writing;
  private final Halves halves = new Halves();

  PortByteStream(BytePort port) {
    first = port;
    reading = port;
    writing = port;
  }

  /** A byte stream that is reset when the application loses it. */
  static PortByteStream watched(BytePort port) {
    PortByteStream end = new PortByteStream(port);
    Halves halves = end.halves;
    Watched.end(end, "a byte stream", end.ownership, reason -> lost(port, halves, reason));
    return end;
  }

  private static boolean lost(BytePort port, Halves halves, Reason reason) {
    if (port.isOver()) {
      return false;
    }
    if (halves.outputClosed) {
      port.closeInput(reason); // what was written may still be on its way
      return false;
    }
    port.reset(reason);
    return true;
  }

  /** What the application has closed. */
  private static final class Halves {
    volatile boolean inputClosed;
    volatile boolean outputClosed;
  }

  /** Where the end is sent away from: each port knows its successor. */
  BytePort port() {
    BytePort now = reading;
    return now == writing ? now : first;
  }

  Ownership ownership() {
    return ownership;
  }

  @Override
  public InputStream input() {
    return input;
  }

  @Override
  public OutputStream output() {
    return output;
  }

  @Override
  public void reset(Reason reason) {
    if (reason.isEnd()) {
      throw new IllegalArgumentException("a reset needs a reason other than the clean end");
    }
    if (isOurs()) {
      writing.reset(reason);
    }
  }

  @Override
  public void close() {
    output.close();
    input.close();
    ownership.close();
  }

  private boolean isOurs() {
    return ownership.isHere();
  }

  private BytePort follow(BytePort now) {
    BytePort next = now.successor();
    return next != null ? next : now;
  }

  private static void await(BytePort port, Blocking waiter) throws InterruptedIOException {
    try {
      waiter.await(Blocking.NEVER);
    } catch (InterruptedException e) {
      port.cancel(waiter);
      Thread.currentThread().interrupt();
      InterruptedIOException failure = new InterruptedIOException("interrupted");
      failure.initCause(e);
      throw failure;
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private final class In extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, into.length);
      if (length == 0) {
        return 0;
      }
      for (; ; ) {
        if (halves.inputClosed) {
          throw new IOException("input is closed");
        }
        ownership.check();
        BytePort now = reading;
        int count = now.read(into, offset, length);
        if (count == BytePort.SUPERSEDED) {
          reading = follow(now);
        } else if (count != 0) {
          return count;
        } else {
          Blocking waiter = new Blocking();
          now.awaitReadable(waiter);
          await(now, waiter);
        }
      }
    }

    @Override
    public int available() {
      return reading.available();
    }

    @Override
    public void close() {
      if (isOurs() && !halves.inputClosed) {
        halves.inputClosed = true;
        reading.closeInput(CANCELLED);
      }
    }
  }

  private final class Out extends OutputStream {
    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, from.length);
      int at = offset;
      while (at < offset + length) {
        if (halves.outputClosed) {
          throw new IOException("output is closed");
        }
        ownership.check();
        BytePort now = writing;
        int count = now.write(from, at, offset + length - at);
        if (count == BytePort.SUPERSEDED) {
          writing = follow(now);
        } else if (count > 0) {
          at += count;
        } else {
          Blocking waiter = new Blocking();
          now.awaitWritable(waiter);
          await(now, waiter);
        }
      }
    }

    @Override
    public void close() {
      if (isOurs() && !halves.outputClosed) {
        halves.outputClosed = true;
        writing.closeOutput();
      }
    }
  }
}
