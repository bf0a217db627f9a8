package io.libchan;

import io.libchan.spi.Ends;
import java.io.Closeable;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/**
 * An open file to read, with its position and size, that can be sent inside a message.
 *
 * <p>What the other side sees: where the session passes descriptors ({@link
 * Session#passesDescriptors()}) the same open file, whatever its size, at no cost; elsewhere a
 * handle whose {@link #input} streams the bytes from the position to the size that the file had
 * when it was sent. If the file has become shorter by then, reading there throws. Rules ATT-7,
 * CH-44.
 *
 * <p>Sending gives the handle away: it is closed here.
 *
 * <p>Thread-safe, but two threads that read get pieces in no fixed order.
 */
public interface FileHandle extends Closeable {
  /**
   * Opens a file to read.
   *
   * @throws IOException if it can't be opened
   */
  static FileHandle open(Path file) throws IOException {
    return Ends.fileHandle(new RandomAccessFile(file.toFile(), "r"));
  }

  /** A handle for an open file, which belongs to it from now on: {@link #close} closes it. */
  static FileHandle of(RandomAccessFile file) throws IOException {
    return Ends.fileHandle(file);
  }

  /** As {@link #of(RandomAccessFile)}. */
  static FileHandle of(FileInputStream file) throws IOException {
    return Ends.fileHandle(file);
  }

  /**
   * The size of the file in bytes, the part before the position included; of a streamed handle,
   * when it was sent.
   *
   * @throws IOException if the system does not tell, or the handle is closed
   */
  long size() throws IOException;

  /**
   * Where {@link #input} goes on, in bytes from the beginning of the file.
   *
   * @throws IOException as {@link #size()}
   */
  long position() throws IOException;

  /**
   * The bytes from the position on; reading moves it. Reads block as those of a file do, or, of a
   * streamed handle, as {@link ByteStream#input()} does. Closing it closes the handle.
   */
  InputStream input();

  /**
   * The file itself, for random access; empty where it is streamed. It may not be open for writing.
   * It shares position and fate with the handle.
   *
   * @throws IllegalStateException if the handle is closed, or was sent away
   */
  Optional<FileChannel> channel();

  /** Closes the file, or tells the sender to stop. Idempotent. */
  @Override
  void close() throws IOException;
}
