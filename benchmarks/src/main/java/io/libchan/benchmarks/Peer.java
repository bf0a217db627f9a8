package io.libchan.benchmarks;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A running server and client of one library, in this JVM, on event loops of their own.
 *
 * <p>The benchmark keeps the time and checks the counts; a peer moves records. Conversion between
 * {@link Sample} and the library's own form happens inside these calls, on both ends.
 *
 * <p>Used by one thread at a time, except where a method says otherwise.
 */
interface Peer extends AutoCloseable {
  /** Opens a stream from client to server. */
  OneWay oneWay() throws Exception;

  /** Opens a stream whose server sends every record back. */
  PingPong pingPong() throws Exception;

  /** Prepares for opening many short streams to the server of {@link #pingPong}. */
  Opens opens() throws Exception;

  /** Opens a stream of bytes from client to server; null if this peer has no such case. */
  default @Nullable Bulk bulk() throws Exception {
    return null;
  }

  @Override
  void close() throws IOException;

  /** Records in one direction. */
  interface OneWay extends AutoCloseable {
    /** Sends one record; blocks while the far end is behind. */
    void send(Sample sample) throws Exception;

    /** Ends the stream and returns when the far end has taken every record. */
    Received end() throws Exception;

    @Override
    void close() throws IOException;
  }

  /** Bytes in one direction, in chunks. */
  interface Bulk extends AutoCloseable {
    /** Writes one of {@link Chunks}; blocks while the far end is behind. */
    void write(byte[] chunk) throws Exception;

    /** Ends the stream and returns when the far end has read every chunk. */
    Received end() throws Exception;

    @Override
    void close() throws IOException;
  }

  /** One record there, the same record back. */
  interface PingPong extends AutoCloseable {
    /** Returns the id of the record that came back. */
    long exchange(Sample sample) throws Exception;

    @Override
    void close() throws IOException;
  }

  /** Streams that live for one exchange. */
  interface Opens extends AutoCloseable {
    /**
     * Opens a stream, sends a record, waits for the reply and only then closes; returns the reply's
     * id when the stream is closed. Many threads may call it at once.
     */
    long once(Sample sample) throws Exception;

    /** Keeps {@code atOnce} streams going. A blocking API needs a thread for each, as here. */
    default Rate many(int atOnce, Duration time) throws Exception {
      return new ManyThreads(this, time).run(atOnce);
    }

    @Override
    void close() throws IOException;
  }
}
