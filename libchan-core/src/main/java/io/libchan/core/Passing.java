package io.libchan.core;

import io.libchan.spi.Descriptor;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A descriptor on its way to the peer: either the mux's writer passes it with the bytes that name
 * it, or it is dropped and closed, whichever comes first. Thread-safe.
 */
final class Passing {
  private final DescriptorTable table;
  private final Kind role;
  private final Descriptor descriptor;
  private final AtomicBoolean settled = new AtomicBoolean();

  Passing(DescriptorTable table, Kind role, Descriptor descriptor) {
    this.table = table;
    this.role = role;
    this.descriptor = descriptor;
  }

  Kind role() {
    return role;
  }

  Descriptor descriptor() {
    return descriptor;
  }

  /** Takes it for the writer; false if it was dropped. */
  boolean claim() {
    return settled.compareAndSet(false, true);
  }

  /** Closes it if it was not passed, and gives its place back. */
  void drop() {
    if (claim()) {
      table.unreserve(1);
      close(descriptor);
    }
  }

  /** Closes one whose place was not taken yet. */
  void discard() {
    if (claim()) {
      close(descriptor);
    }
  }

  static void close(Descriptor one) {
    try {
      one.close();
    } catch (IOException e) {
      // A descriptor is closed even where closing it tells of an error.
    }
  }
}
