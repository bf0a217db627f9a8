package io.libchan.core;

import java.nio.ByteBuffer;
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
  private static final int MEDIUM_CHUNK = 1024; // from here on it may as well be a large one
  private static final int LARGE_CHUNK = Segments.BYTES;

  /** An array of so many bytes is handed over rather than copied: it would fill a chunk anyway. */
  static final int OWNED_BYTES = LARGE_CHUNK / 2;

  // The chunks in a row: most outboxes are empty most of the time.
  private @Nullable Chunk head;
  private @Nullable Chunk tail;
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
    private @Nullable Chunk next;

    private Chunk(
        byte[] array, int end, boolean shared, StreamPort @Nullable [] needs, PassingSet passing) {
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
      if (shared) {
        Segments.give(array);
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
    return head == null;
  }

  /** Adds a copy. */
  void add(byte[] from, int offset, int count) {
    copy(sharedTail(count), from, offset, count);
  }

  /** A shared chunk at the end that has room for so many bytes. */
  private Chunk sharedTail(int count) {
    Chunk last = tail;
    if (last == null || !last.accepts(count)) {
      nextSize = last == null ? firstSize() : Math.min(LARGE_CHUNK, 4 * nextSize);
      last = new Chunk(array(Math.max(count, nextSize)), 0, true, null, PassingSet.NONE);
      append(last);
    }
    return last;
  }

  private void append(Chunk chunk) {
    if (tail == null) {
      head = chunk;
    } else {
      tail.next = chunk;
    }
    tail = chunk;
  }

  private void copy(Chunk to, byte[] from, int offset, int count) {
    System.arraycopy(from, offset, to.array, to.end, count);
    added(to, count);
  }

  private void added(Chunk chunk, int count) {
    chunk.end += count;
    burst += count;
    bytes += count;
  }

  /** Adds the first bytes of one of {@link Segments}, which is the outbox's from now on. */
  void addSegment(byte[] segment, int count) {
    append(new Chunk(segment, count, true, null, PassingSet.NONE));
    bytes += count;
  }

  /** As the burst that has left, to the next power of two. */
  private int firstSize() {
    int last = Math.min(LARGE_CHUNK, Math.max(SMALL_CHUNK, burst));
    burst = 0;
    return Integer.highestOneBit(2 * last - 1);
  }

  private byte[] array(int size) {
    return size > LARGE_CHUNK || size < MEDIUM_CHUNK ? new byte[size] : Segments.take(size);
  }

  void add(byte[] frame) {
    add(frame, 0, frame.length);
  }

  /** Adds a frame whose body nobody changes any more: a large one is not copied. */
  void addFrame(int kind, byte[] body) {
    boolean large = body.length >= OWNED_BYTES;
    Chunk last = sharedTail(Frames.HEADER_BYTES + (large ? 0 : body.length));
    Frames.putHeader(last.array, last.end, kind, body.length);
    added(last, Frames.HEADER_BYTES);
    if (large) {
      addOwned(body, body.length);
    } else {
      copy(last, body, 0, body.length);
    }
  }

  /** Adds the first bytes of an array that is the outbox's from now on. */
  void addOwned(byte[] owned, int count) {
    append(new Chunk(owned, count, false, null, PassingSet.NONE));
    bytes += count;
  }

  /** Adds bytes that name streams; the array is the outbox's from now on. */
  void addNaming(byte[] owned, StreamPort[] needs) {
    addNaming(owned, needs, PassingSet.NONE);
  }

  /** As {@link #addNaming(byte[], StreamPort[])}, where descriptors are named too. */
  void addNaming(byte[] owned, StreamPort[] needs, PassingSet passing) {
    append(new Chunk(owned, owned.length, false, needs, passing));
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
