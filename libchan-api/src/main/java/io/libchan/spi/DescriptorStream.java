package io.libchan.spi;

import io.libchan.ByteStream;
import io.libchan.Reason;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A byte stream that is an open descriptor: a socket, or one end of a pipe or file in one
 * direction.
 *
 * <p>It differs from one over a session in what the system does not offer: a reset is seen at the
 * other side as the end or as a broken pipe; failures are the system's {@code IOException}s; and a
 * thread that is interrupted in a read or write ends the whole stream. A thread that waits in one
 * is a thread of the system that waits: on a virtual thread, its carrier.
 *
 * <p>Thread-safe.
 */
final class DescriptorStream implements ByteStream {
  private static final long PAUSE_NANOS = 1_000_000;

  private final Descriptor descriptor;
  private final Kind role;
  private final Ownership ownership = new Ownership();
  private final In input = new In(true);
  private final Out output = new Out(true);
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by lock. The JDK's own streams, whose channels can be closed under a waiting thread.
  private @Nullable FileInputStream reading;
  private @Nullable FileOutputStream writing;
  private boolean inputClosed;
  private boolean outputClosed;

  /**
   * A stream.
   *
   * @param role BYTES for both directions, BYTES_OUT to read, BYTES_IN to write
   */
  DescriptorStream(Descriptor descriptor, Kind role) {
    this.descriptor = descriptor;
    this.role = role;
    inputClosed = role == Kind.BYTES_IN;
    outputClosed = role == Kind.BYTES_OUT;
    Watched.end(this, "a descriptor", ownership, reason -> closeLost(descriptor));
  }

  private static boolean closeLost(Descriptor lost) {
    try {
      lost.close();
    } catch (IOException e) {
      // Nobody is left to tell.
    }
    return true;
  }

  Kind role() {
    return role;
  }

  Ownership ownership() {
    return ownership;
  }

  FileDescriptor fileDescriptor() {
    return descriptor.fileDescriptor();
  }

  /** The stream that one half belongs to; null for streams of other kinds. */
  static @Nullable DescriptorStream of(Object half) {
    return half instanceof In in ? in.whole() : half instanceof Out out ? out.whole() : null;
  }

  /** For whoever carries the bytes when the application has no right to them any more. */
  InputStream rawInput() {
    return new In(false);
  }

  /** As {@link #rawInput}. */
  OutputStream rawOutput() {
    return new Out(false);
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
    if (ownership.isHere()) {
      closeDescriptor();
    }
  }

  @Override
  public void close() {
    if (ownership.close()) {
      closeDescriptor();
    }
  }

  /** Closes it whoever owns it; whoever waits in it comes back. */
  void closeDescriptor() {
    FileInputStream in;
    FileOutputStream out;
    lock.lock();
    try {
      inputClosed = true;
      outputClosed = true;
      in = reading;
      out = writing;
    } finally {
      lock.unlock();
    }
    try {
      if (in != null) {
        in.getChannel().close();
      }
      if (out != null) {
        out.getChannel().close();
      }
      descriptor.close();
    } catch (IOException e) {
      // A descriptor is closed even where closing it tells of an error.
    }
  }

  private FileInputStream reading() throws IOException {
    lock.lock();
    try {
      if (inputClosed) {
        throw new IOException("input is closed");
      }
      if (reading == null) {
        reading = new FileInputStream(descriptor.fileDescriptor());
      }
      return reading;
    } finally {
      lock.unlock();
    }
  }

  private FileChannel writing() throws IOException {
    lock.lock();
    try {
      if (outputClosed) {
        throw new IOException("output is closed");
      }
      if (writing == null) {
        writing = new FileOutputStream(descriptor.fileDescriptor());
      }
      return writing.getChannel();
    } finally {
      lock.unlock();
    }
  }

  private void closeInput() {
    boolean all;
    lock.lock();
    try {
      inputClosed = true;
      all = outputClosed;
    } finally {
      lock.unlock();
    }
    if (all) {
      finish();
    }
  }

  private void finish() {
    ownership.close();
    closeDescriptor();
  }

  private void closeOutput() {
    boolean all;
    boolean gone = false;
    lock.lock();
    try {
      boolean first = !outputClosed;
      outputClosed = true;
      all = inputClosed;
      if (first && !all) {
        // Under the lock, though a call of the system: closed meanwhile, its number is another's.
        descriptor.shutdownOutput();
      }
    } catch (IOException e) {
      all = false;
      gone = true; // the other side
    } finally {
      lock.unlock();
    }
    if (all) {
      finish();
    } else if (gone) {
      closeDescriptor();
    }
  }

  /** Whoever shares the file or pipe has made it non-blocking, and so it is here. */
  private static void pause() throws InterruptedIOException {
    LockSupport.parkNanos(PAUSE_NANOS);
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
  }

  private static IOException failure(ClosedChannelException e, String half) {
    IOException failure =
        e instanceof ClosedByInterruptException
            ? new InterruptedIOException("interrupted")
            : new IOException(half + " is closed");
    failure.initCause(e);
    return failure;
  }

  private final class In extends InputStream {
    private final boolean guarded; // the application's

    In(boolean guarded) {
      this.guarded = guarded;
    }

    DescriptorStream whole() {
      return DescriptorStream.this;
    }

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
      if (guarded) {
        ownership.check();
      }
      ByteBuffer bytes = ByteBuffer.wrap(into, offset, length);
      try {
        int count = reading().getChannel().read(bytes);
        while (count == 0) {
          pause();
          count = reading().getChannel().read(bytes);
        }
        return count;
      } catch (ClosedChannelException e) {
        throw failure(e, "input");
      }
    }

    @Override
    public int available() throws IOException {
      return reading().available();
    }

    @Override
    public void close() {
      if (!guarded || ownership.isHere()) {
        closeInput();
      }
    }
  }

  private final class Out extends OutputStream {
    private final boolean guarded; // the application's

    Out(boolean guarded) {
      this.guarded = guarded;
    }

    DescriptorStream whole() {
      return DescriptorStream.this;
    }

    @Override
    public void write(int value) throws IOException {
      write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] from, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, from.length);
      ByteBuffer bytes = ByteBuffer.wrap(from, offset, length);
      if (guarded) {
        ownership.check();
      }
      try {
        FileChannel to = writing();
        while (bytes.hasRemaining()) {
          if (to.write(bytes) == 0) {
            pause();
          }
        }
      } catch (ClosedChannelException e) {
        throw failure(e, "output");
      }
    }

    @Override
    public void close() {
      if (!guarded || ownership.isHere()) {
        closeOutput();
      }
    }
  }
}
