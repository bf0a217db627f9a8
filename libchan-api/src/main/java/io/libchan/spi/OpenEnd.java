package io.libchan.spi;

import io.libchan.FileHandle;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * An attachment that is an open descriptor, or a file, on its way to a peer inside a message. Then
 * one of three: it is {@link #given} away as a descriptor, of which the peer has a duplicate; its
 * bytes are carried from {@link #input} and to {@link #output}, and whoever carries them closes it;
 * or it is the application's again by {@link #undo}.
 *
 * <p>Not thread-safe.
 */
public final class OpenEnd {
  private final Kind role;
  private final @Nullable FileDescriptor descriptor;
  private final @Nullable Ownership owner;
  private final @Nullable InputStream input;
  private final @Nullable OutputStream output;
  private final Closeable whole;
  private final long position;
  private final long size;

  private OpenEnd(
      Kind role,
      @Nullable FileDescriptor descriptor,
      @Nullable Ownership owner,
      @Nullable InputStream input,
      @Nullable OutputStream output,
      Closeable whole,
      long position,
      long size) {
    this.role = role;
    this.descriptor = descriptor;
    this.owner = owner;
    this.input = input;
    this.output = output;
    this.whole = whole;
    this.position = position;
    this.size = size;
    if (owner != null) {
      owner.move();
    }
  }

  /**
   * Takes an attachment out of the application's hands if it is one of these.
   *
   * @return null if it is not
   * @throws IllegalStateException if it is closed, or was sent away
   */
  static @Nullable OpenEnd move(Object end) {
    if (end instanceof DescriptorStream stream) {
      return stream(stream, Kind.BYTES);
    }
    DescriptorStream half = DescriptorStream.of(end);
    if (half != null) {
      return stream(half, end instanceof InputStream ? Kind.BYTES_OUT : Kind.BYTES_IN);
    }
    try {
      return end instanceof FileHandle handle ? file(handle) : ofJdk(end);
    } catch (IOException e) {
      throw new IllegalStateException("not open: " + e.getMessage(), e);
    }
  }

  private static OpenEnd stream(DescriptorStream stream, Kind role) {
    return new OpenEnd(
        role,
        stream.fileDescriptor(),
        stream.ownership(),
        role == Kind.BYTES_IN ? null : stream.rawInput(),
        role == Kind.BYTES_OUT ? null : stream.rawOutput(),
        stream::closeDescriptor,
        0,
        0);
  }

  private static OpenEnd file(FileHandle handle) throws IOException {
    if (handle instanceof OpenFile open) {
      open.ownership().check(); // before the channel is asked
      return new OpenEnd(
          Kind.FILE,
          open.descriptor(),
          open.ownership(),
          open.bytes(),
          null,
          open::closeFile,
          open.position(),
          open.size());
    }
    if (handle instanceof StreamedFile streamed) {
      return new OpenEnd(
          Kind.FILE,
          null,
          streamed.ownership(),
          streamed.bytes(),
          null,
          streamed.bytes(),
          streamed.position(),
          streamed.size());
    }
    throw new IllegalArgumentException("not made by this library: " + handle.getClass());
  }

  /**
   * The descriptor of an attachment that stays where it is; null if it has none.
   *
   * @throws IllegalStateException if it is closed, or was sent away
   */
  static @Nullable FileDescriptor descriptor(Object end) {
    DescriptorStream stream =
        end instanceof DescriptorStream whole ? whole : DescriptorStream.of(end);
    if (stream != null) {
      stream.ownership().check();
      return stream.fileDescriptor();
    }
    if (end instanceof OpenFile file) {
      file.ownership().check();
      return file.descriptor();
    }
    if (end instanceof StreamedFile file) {
      file.ownership().check();
      return null;
    }
    OpenEnd jdks;
    try {
      jdks = ofJdk(end);
    } catch (IOException e) {
      throw new IllegalStateException("not open: " + e.getMessage(), e);
    }
    return jdks == null ? null : jdks.descriptor;
  }

  /** No subclasses: what they add would be passed by. */
  private static @Nullable OpenEnd ofJdk(Object end) throws IOException {
    if (end instanceof FileInputStream in && end.getClass() == FileInputStream.class) {
      return new OpenEnd(Kind.BYTES_OUT, valid(in.getFD()), null, in, null, in, 0, 0);
    }
    if (end instanceof FileOutputStream out && end.getClass() == FileOutputStream.class) {
      return new OpenEnd(Kind.BYTES_IN, valid(out.getFD()), null, null, out, out, 0, 0);
    }
    return null;
  }

  private static FileDescriptor valid(FileDescriptor descriptor) throws IOException {
    if (!descriptor.valid()) {
      throw new IOException("the stream is closed");
    }
    return descriptor;
  }

  /** What the peer gets: BYTES, BYTES_OUT to read, BYTES_IN to write, or FILE. */
  public Kind role() {
    return role;
  }

  /** The descriptor; null if there is none, and only bytes to carry. */
  public @Nullable FileDescriptor descriptor() {
    return descriptor;
  }

  /** Of a file, the header that its stream needs. Preamble header 8. */
  public String fileHeader() {
    return position + "/" + size;
  }

  /** How many bytes of a file there are to carry. */
  public long bytes() {
    return Math.max(0, size - position);
  }

  /** The peer has it: what is here is closed, but for the process's own standard streams. */
  public void given() {
    if (owner != null) {
      owner.commit();
    }
    if (descriptor == FileDescriptor.in
        || descriptor == FileDescriptor.out
        || descriptor == FileDescriptor.err) {
      return;
    }
    try {
      whole.close();
    } catch (IOException e) {
      // A descriptor is closed even where closing it tells of an error.
    }
  }

  /** Its bytes are to be carried: the application has no right to it any more. */
  public void carried() {
    if (owner != null) {
      owner.commit();
    }
  }

  /** What to carry to the peer; null if there is only output. */
  public @Nullable InputStream input() {
    return input;
  }

  /** Where what the peer writes goes; null if there is only input. */
  public @Nullable OutputStream output() {
    return output;
  }

  /** What to close when all was carried. */
  public Closeable whole() {
    return whole;
  }

  /** Gives it back to the application. */
  public void undo() {
    if (owner != null) {
      owner.undo();
    }
  }
}
