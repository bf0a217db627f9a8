package io.libchan.core;

import java.util.concurrent.atomic.AtomicLong;

/** What a session has received and nobody has read. Rule LIM-2. Thread-safe. */
final class Memory {
  private final CoreSession session;
  private final AtomicLong bytes = new AtomicLong();

  Memory(CoreSession session) {
    this.session = session;
  }

  long bytes() {
    return bytes.get();
  }

  void add(int count, StreamPort port) {
    if (count != 0 && bytes.addAndGet(count) > session.limits().maxSessionBytes() && count > 0) {
      session.evict(port);
    }
  }

  void remove(int count) {
    if (count != 0) {
      bytes.addAndGet(-count);
    }
  }
}
