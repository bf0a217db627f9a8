package io.libchan.benchmarks;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A running server and client of one library, in this JVM, on event loops of their own.
 *
 * <p>The benchmark keeps the time and checks the counts; a peer moves records. Conversion between
 * {@link Sample} and the library's own form happens inside these calls, on both ends. What a peer
 * has no form of is null.
 *
 * <p>Used by one thread at a time, except where a method says otherwise.
 */
interface Peer extends AutoCloseable {
  /** Opens a stream of records from client to server. */
  default @Nullable OneWay oneWay() throws Exception {
    return null;
  }

  /** Opens so many of them on one session. */
  default @Nullable List<OneWay> oneWays(int count) throws Exception {
    return null;
  }

  /** How many records the server has received so far on all of {@link #oneWays}. */
  default long receivedOnStreams() {
    return 0;
  }

  /** Opens a stream whose server sends every record back. */
  default @Nullable Echo echo() throws Exception {
    return null;
  }

  /** Prepares for opening many short streams to a server that answers the one record on each. */
  default @Nullable Opens opens() throws Exception {
    return null;
  }

  /** Opens a stream of bytes from client to server. */
  default @Nullable Bulk bulk() throws Exception {
    return null;
  }

  /** Opens a stream of messages that are byte arrays of this size. */
  default @Nullable Bulk messages(int bytes) throws Exception {
    return null;
  }

  /** Opens so many streams that have carried a record each way and are idle. */
  default @Nullable AutoCloseable idle(int count) throws Exception {
    return null;
  }

  /** Opens a stream of files. */
  default @Nullable FileSender files() throws Exception {
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

    /** Sends for so long; returns how many were sent. A library that pulls does so here. */
    default long run(Duration time) throws Exception {
      Stopwatch watch = new Stopwatch();
      long sent = 0;
      do {
        send(Samples.at(sent++));
      } while (sent % BETWEEN_LOOKS != 0 || !watch.isOver(time));
      return sent;
    }

    /** Reading the clock costs as much as a send. */
    int BETWEEN_LOOKS = 64;

    @Override
    void close() throws IOException;
  }

  /** Bytes in one direction, in chunks. */
  interface Bulk extends AutoCloseable {
    /** Writes one chunk; blocks while the far end is behind. */
    void write(byte[] chunk) throws Exception;

    /** Ends the stream and returns when the far end has read every chunk. */
    Received end() throws Exception;

    /** Writes for so long; returns how many were written. A library that pulls does so here. */
    default long run(Chunks chunks, Duration time) throws Exception {
      Stopwatch watch = new Stopwatch();
      long looks = Math.max(1, OneWay.BETWEEN_LOOKS * 1024L / chunks.bytes());
      long sent = 0;
      do {
        write(chunks.at(sent++));
      } while (sent % looks != 0 || !watch.isOver(time));
      return sent;
    }

    @Override
    void close() throws IOException;
  }

  /** Records there, the same records back in the same order. */
  interface Echo extends AutoCloseable {
    void send(Sample sample) throws Exception;

    /** The id of the next record that comes back; blocks until it is there. */
    long receive() throws Exception;

    /** One record under way. */
    default void pingPong(Latencies latencies) throws Exception {
      for (long position = 0; latencies.takeMore(); position++) {
        Sample sample = Samples.at(position);
        long start = System.nanoTime();
        send(sample);
        long id = receive();
        latencies.add(System.nanoTime() - start);
        Checks.sameId(sample, id);
      }
    }

    /**
     * So many under way. A blocking API has one thread for it, as here; others answer a reply where
     * it comes.
     */
    default Rate many(int outstanding, Duration time) throws Exception {
      Stopwatch watch = new Stopwatch();
      long sent = 0;
      while (sent < outstanding) {
        send(Samples.at(sent++));
      }
      long received = 0;
      while (!watch.isOver(time)) {
        Checks.sameId(Samples.at(received++), receive());
        send(Samples.at(sent++));
      }
      while (received < sent) {
        Checks.sameId(Samples.at(received++), receive());
      }
      return new Rate(received, watch.nanos());
    }

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

  /** Open files there, the number of bytes that were read back. */
  interface FileSender extends AutoCloseable {
    /** Sends the open file; returns how many bytes of it the far end has read. */
    long send(Path file) throws Exception;

    @Override
    void close() throws IOException;
  }
}
