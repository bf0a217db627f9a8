package io.libchan.core;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The bytes that one stream has still to write, in order. Small pieces share a chunk, so a burst of
 * small messages leaves as one copy.
 *
 * <p>{@code add} and {@code take} are guarded by the port's lock; a taken chunk is the writer's
 * own, so copying needs no lock.
 */
final class Outbox {
  private static final int SMALL_CHUNK = 256;
  private static final int LARGE_CHUNK = 16 * 1024;

  private final ArrayDeque<Chunk> chunks = new ArrayDeque<>(2);
  private int nextSize = SMALL_CHUNK;
  private long bytes;

  /** Bytes in a row. The writer's own once taken. */
  static final class Chunk {
    private final byte[] array;
    private final StreamPort @Nullable [] needs;
    private final PassingSet passing;
    private int start;
    private int end;

    Chunk(byte[] array, int end, StreamPort @Nullable [] needs, PassingSet passing) {
      this.array = array;
      this.end = end;
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

    /** Copied as a whole: what it was in may be used again. */
    void recycle() {
      if (needs == null) {
        Segments.give(array);
      }
    }

    private boolean accepts(int count) {
      return needs == null && array.length - end >= count;
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
    Chunk tail = chunks.peekLast();
    if (tail == null || !tail.accepts(count)) {
      nextSize = tail == null ? SMALL_CHUNK : Math.min(LARGE_CHUNK, 4 * nextSize);
      tail = new Chunk(new byte[Math.max(count, nextSize)], 0, null, PassingSet.NONE);
      chunks.add(tail);
    }
    System.arraycopy(from, offset, tail.array, tail.end, count);
    tail.end += count;
    bytes += count;
  }

  /** Adds the first bytes of one of {@link Segments}, which is the outbox's from now on. */
  void addSegment(byte[] segment, int count) {
    chunks.add(new Chunk(segment, count, null, PassingSet.NONE));
    bytes += count;
  }

  void add(byte[] frame) {
    add(frame, 0, frame.length);
  }

  /** Adds bytes that name streams; the array is the outbox's from now on. */
  void addNaming(byte[] owned, StreamPort[] needs) {
    addNaming(owned, needs, PassingSet.NONE);
  }

  /** As {@link #addNaming(byte[], StreamPort[])}, where descriptors are named too. */
  void addNaming(byte[] owned, StreamPort[] needs, PassingSet passing) {
    chunks.add(new Chunk(owned, owned.length, needs, passing));
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
