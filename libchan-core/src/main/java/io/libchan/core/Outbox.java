package io.libchan.core;

import io.libchan.spi.Spares;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that one stream has still to write, in order. Small pieces share a chunk, so a burst of
 * small messages leaves as one copy. The first chunk is as large as the burst before, and large
 * ones use their arrays again.
 *
 * <p>{@code add} and {@code take} are guarded by the port's lock; a taken chunk is the writer's
 * own, so copying needs no lock.
 */
final class Outbox {
  private static final int SMALL_CHUNK = 256;
  private static final int LARGE_CHUNK = 16 * 1024;

  /** An array of so many bytes is handed over rather than copied: it would fill a chunk anyway. */
  static final int OWNED_BYTES = LARGE_CHUNK / 2;

  /** Arrays of large chunks, for all sessions: an idle one keeps none. */
  private static final Spares<byte[]> SPARES = new Spares<>(64);

  private final ArrayDeque<Chunk> chunks = new ArrayDeque<>(2);
  private int nextSize = SMALL_CHUNK;
  private int burst; // bytes in shared chunks since it was empty
  private long bytes;

  /** Bytes in a row. The writer's own once taken. */
  static final class Chunk {
    private final byte[] array;
    private final boolean shared; // small pieces are added to it
    private final StreamPort @Nullable [] needs;
    private final PassingSet passing;
    private int start;
    private int end;

    private Chunk(
        byte[] array,
        int end,
        boolean shared,
        StreamPort @Nullable [] needs,
        PassingSet passing) {
      this.array = array;
      this.end = end;
      this.shared = shared;
      this.needs = needs;
      this.passing = passing;
    }

    /** Whether the streams that these bytes name have left. Rule ATT-1. */
    boolean mayLeave() {
      if (needs != null) {
        for (StreamPort port : needs) {
          if (!port.stream().announced()) {
            return false;
          }
        }
      }
      return true;
    }

    PassingSet passing() {
      return passing;
    }

    /** Copies what fits, and passes the descriptors named there; whether the chunk is used up. */
    boolean copyTo(ByteBuffer target, DescriptorTable table) {
      int reach = start + Math.min(end - start, target.remaining());
      int count = (passing.isEmpty() ? reach : passing.reach(table, array, reach)) - start;
      target.put(array, start, count);
      start += count;
      return start == end;
    }

    /** It is used up: its array may serve another. */
    void recycle() {
      if (shared && array.length == LARGE_CHUNK) {
        SPARES.give(array);
      }
    }

    private boolean accepts(int count) {
      return shared && array.length - end >= count;
    }
  }

  /** The bytes queued, those of taken chunks not counted. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  /** Adds a copy. */
  void add(byte[] from, int offset, int count) {
    append(tail(count), from, offset, count);
  }

  /** A shared chunk at the end that has room for so many bytes. */
  private Chunk tail(int count) {
    Chunk tail = chunks.peekLast();
    if (tail == null || !tail.accepts(count)) {
      nextSize = tail == null ? firstSize() : Math.min(LARGE_CHUNK, 4 * nextSize);
      tail = new Chunk(array(Math.max(count, nextSize)), 0, true, null, PassingSet.NONE);
      chunks.add(tail);
    }
    return tail;
  }

  private void append(Chunk tail, byte[] from, int offset, int count) {
    System.arraycopy(from, offset, tail.array, tail.end, count);
    added(tail, count);
  }

  private void added(Chunk tail, int count) {
    tail.end += count;
    burst += count;
    bytes += count;
  }

  /** As the burst that has left, to the next power of two. */
  private int firstSize() {
    int last = Math.min(LARGE_CHUNK, Math.max(SMALL_CHUNK, burst));
    burst = 0;
    return Integer.highestOneBit(2 * last - 1);
  }

  private byte[] array(int size) {
    byte[] spare = size == LARGE_CHUNK ? SPARES.take() : null;
    return spare == null ? new byte[size] : spare;
  }


  void add(byte[] frame) {
    add(frame, 0, frame.length);
  }

  /** Adds a frame whose body nobody changes any more: a large one is not copied. */
  void addFrame(int kind, byte[] body) {
    boolean large = body.length >= OWNED_BYTES;
    Chunk tail = tail(Frames.HEADER_BYTES + (large ? 0 : body.length));
    Frames.putHeader(tail.array, tail.end, kind, body.length);
    added(tail, Frames.HEADER_BYTES);
    if (large) {
      addOwned(body, body.length);
    } else {
      append(tail, body, 0, body.length);
    }
  }

  /** Adds the first bytes of an array that is the outbox's from now on. */
  void addOwned(byte[] owned, int count) {
    chunks.add(new Chunk(owned, count, false, null, PassingSet.NONE));
    bytes += count;
  }

  /** Adds bytes that name streams; the array is the outbox's from now on. */
  void addNaming(byte[] owned, StreamPort[] needs) {
    addNaming(owned, needs, PassingSet.NONE);
  }

  /** As {@link #addNaming(byte[], StreamPort[])}, where descriptors are named too. */
  void addNaming(byte[] owned, StreamPort[] needs, PassingSet passing) {
    chunks.add(new Chunk(owned, owned.length, false, needs, passing));
    bytes += owned.length;
  }

  @Nullable Chunk take() {
    Chunk chunk = chunks.poll();
    if (chunk != null) {
      bytes -= chunk.end;
    }
    return chunk;
  }

  /** Adds the descriptors that wait here. */
  void addPassingTo(List<Passing> some) {
    for (Chunk chunk : chunks) {
      chunk.passing.addTo(some);
    }
  }

  /** Drops everything; the ports that it names. */
  List<StreamPort> clear() {
    List<StreamPort> named = new ArrayList<>();
    for (Chunk chunk : chunks) {
      if (chunk.needs != null) {
        named.addAll(List.of(chunk.needs));
      }
    }
    chunks.clear();
    bytes = 0;
    return named;
  }
}
