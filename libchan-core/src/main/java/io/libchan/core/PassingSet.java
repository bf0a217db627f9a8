package io.libchan.core;

import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;

/**
 * The descriptors that one message passes, and where its frame names them. Their numbers are known
 * when the frame is written, and not before. Rule FD-1.
 *
 * <p>Only the writer's, but for {@link #addTo}.
 */
final class PassingSet {
  static final PassingSet NONE = new PassingSet(List.of(), new int[0]);

  private final List<Passing> all;
  private final int[] entries; // the offset in the frame of each one's table entry
  private int next;

  PassingSet(List<Passing> all, int[] entries) {
    this.all = all;
    this.entries = entries;
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  /**
   * Passes what is named before an offset of the frame, and writes the numbers there.
   *
   * @return how far the frame may leave now: the offset, or less if an entry before it stays
   */
  int reach(DescriptorTable table, byte[] frame, int offset) {
    while (next < entries.length && entries[next] < offset) {
      long number = table.pass(all.get(next));
      if (number == DescriptorTable.STAYS) {
        return entries[next];
      }
      ByteBuffer.wrap(frame).putLong(entries[next] + 1, number);
      next++;
    }
    return offset;
  }

  /** Adds those that may be unsent. */
  void addTo(Collection<Passing> some) {
    some.addAll(all);
  }
}
