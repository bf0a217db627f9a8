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
    int descriptors = 0;
    for (Object entry : entries) {
      descriptors += entry instanceof StreamPort ? 0 : 1;
    }
    StreamPort[] ports = new StreamPort[entries.length - descriptors];
    int count = 0;
    for (Object entry : entries) {
      if (entry instanceof StreamPort port) {
        ports[count++] = port;
      }
    }
    outbox.addNaming(frame, ports, descriptors == 0 ? PassingSet.NONE : passing(descriptors));
  }

  private PassingSet passing(int count) {
    List<Passing> passing = new ArrayList<>(count);
    int[] offsets = new int[count];
    for (int i = 0; i < entries.length; i++) {
      if (entries[i] instanceof Passing descriptor) {
        offsets[passing.size()] = Frames.HEADER_BYTES + 2 + i * ENTRY_BYTES;
        passing.add(descriptor);
      }
    }
    return new PassingSet(passing, offsets);
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
