package io.libchan.core;

import io.libchan.Reason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What stands in the table of a message that is sent: streams that were opened for it, and
 * descriptors that go with it. Rules ATT-1, ATT-7.
 *
 * <p>Thread-safe: immutable.
 */
final class Names {
  /** Added to the kind of what a descriptor stands for. Rule ATT-7. */
  static final int DESCRIPTOR = 64;

  static final int ENTRY_BYTES = 9;
  static final Names NONE = new Names(new Object[0]);

  private final Object[] entries; // a StreamPort or Passing each

  Names(Object[] entries) {
    this.entries = entries;
  }

  int count() {
    return entries.length;
  }

  Object entry(int index) {
    return entries[index];
  }

  /** Writes the entries; the numbers of descriptors follow when they are passed. */
  void put(ByteBuffer table) {
    for (Object entry : entries) {
      if (entry instanceof StreamPort port) {
        put(table, port.headers.kind().number(), port.headers.reference());
      } else {
        put(table, DESCRIPTOR + ((Passing) entry).role().number(), 0);
      }
    }
  }

  static void put(ByteBuffer table, int type, long reference) {
    table.put((byte) type).putLong(reference);
  }

  /** Adds a whole frame of a message whose table stands behind the count. */
  void addTo(Outbox outbox, byte[] frame) {
    List<StreamPort> ports = new ArrayList<>(entries.length);
    List<Passing> passing = new ArrayList<>(0);
    int[] offsets = new int[entries.length];
    for (int i = 0; i < entries.length; i++) {
      if (entries[i] instanceof StreamPort port) {
        ports.add(port);
      } else {
        offsets[passing.size()] = Frames.HEADER_BYTES + 2 + i * ENTRY_BYTES;
        passing.add((Passing) entries[i]);
      }
    }
    outbox.addNaming(
        frame,
        ports.toArray(new StreamPort[0]),
        passing.isEmpty()
            ? PassingSet.NONE
            : new PassingSet(passing, java.util.Arrays.copyOf(offsets, passing.size())));
  }

  /** The message is not sent: its streams end with this reason. */
  void abandon(Reason reason) {
    for (Object entry : entries) {
      if (entry instanceof StreamPort port) {
        port.abandon(reason);
      } else {
        ((Passing) entry).drop();
      }
    }
  }
}
