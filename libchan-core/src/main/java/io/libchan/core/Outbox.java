package io.libchan.core;

import java.nio.ByteBuffer;
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

  // The chunks in a row: most outboxes are empty most of the time.
  private @Nullable Chunk head;
  private @Nullable Chunk tail;
  private int nextSize = SMALL_CHUNK;
  private long bytes;

  /** Bytes in a row. The writer's own once taken. */
  static final class Chunk {
    private final byte[] array;
    private final StreamPort @Nullable [] needs;
    private final PassingSet passing;
    private int start;
    private int end;
    private @Nullable Chunk next;

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

    private boolean accepts(int count) {
      return needs == null && array.length - end >= count;
    }
  }

  /** The bytes queued, those of taken chunks not counted. */
  long bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return head == null;
  }

  /** Adds a copy. */
  void add(byte[] from, int offset, int count) {
    Chunk last = tail;
    if (last == null || !last.accepts(count)) {
      nextSize = last == null ? SMALL_CHUNK : Math.min(LARGE_CHUNK, 4 * nextSize);
      last = new Chunk(new byte[Math.max(count, nextSize)], 0, null, PassingSet.NONE);
      append(last);
    }
    System.arraycopy(from, offset, last.array, last.end, count);
    last.end += count;
    bytes += count;
  }

  private void append(Chunk chunk) {
    if (tail == null) {
      head = chunk;
    } else {
      tail.next = chunk;
    }
    tail = chunk;
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
    append(new Chunk(owned, owned.length, needs, passing));
    bytes += owned.length;
  }

  @Nullable Chunk take() {
    Chunk chunk = head;
    if (chunk != null) {
      head = chunk.next;
      tail = head == null ? null : tail;
      chunk.next = null;
      bytes -= chunk.end;
    }
    return chunk;
  }

  /** Adds the descriptors that wait here. */
  void addPassingTo(List<Passing> some) {
    for (Chunk chunk = head; chunk != null; chunk = chunk.next) {
      chunk.passing.addTo(some);
    }
  }

  /** Drops everything; the ports that it names. */
  List<StreamPort> clear() {
    List<StreamPort> named = new ArrayList<>();
    for (Chunk chunk = head; chunk != null; chunk = chunk.next) {
      if (chunk.needs != null) {
        named.addAll(List.of(chunk.needs));
      }
    }
    head = null;
    tail = null;
    bytes = 0;
    return named;
  }
}
