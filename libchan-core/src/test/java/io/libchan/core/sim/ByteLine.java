package io.libchan.core.sim;

import io.libchan.Reason;

/** The ledger of one byte stream; each direction has the number of the side that writes. */
final class ByteLine extends Freight {
  private final long[] written = new long[2];
  private final long[] read = new long[2];
  private final boolean[] closed = new boolean[2];
  private final boolean[] refused = new boolean[2];
  private boolean over;

  ByteLine(Ledger ledger, int id) {
    super(ledger, id);
  }

  @Override
  void moved(int end, Way passed) {
    // Loops of byte streams stay.
  }

  /** Whether it was reset, or one side saw it fail. */
  boolean isOver() {
    return over;
  }

  boolean isClosed(int direction) {
    return closed[direction];
  }

  boolean isRefused(int direction) {
    return refused[direction];
  }

  /** Nobody reads this direction any more. */
  void refuses(int direction) {
    refused[direction] = true;
  }

  /** Where the bytes at this position of a direction stand in the common filling. */
  int offset(int direction, long position) {
    return Letter.offset(id, direction) + (int) (position % 4096);
  }

  long written(int direction) {
    return written[direction];
  }

  void wrote(int direction, int count) {
    written[direction] += count;
    ledger.note("write", id, direction, written[direction]);
  }

  void read(int direction, byte[] bytes, int count) {
    for (int at = 0; at < count; ) {
      int part = (int) Math.min(count - at, 4096 - read[direction] % 4096);
      if (!Letter.isRight(bytes, at, part, offset(direction, read[direction]))) {
        ledger.violate(this, "wrong bytes at " + read[direction]);
        return;
      }
      read[direction] += part;
      at += part;
    }
    ledger.note("read", id, direction, read[direction]);
    if (read[direction] > written[direction]) {
      ledger.violate(this, "read more than was written");
    }
  }

  void closesOutput(int direction) {
    closed[direction] = true;
    ledger.note("closeOut", id, direction, written[direction]);
  }

  void ended(int direction) {
    ledger.note("endIn", id, direction, read[direction]);
    if (!closed[direction]) {
      ledger.violate(this, "an end of input that the writer did not make");
    } else if (read[direction] != written[direction]) {
      ledger.violate(
          this, "an end of input after " + read[direction] + " of " + written[direction]);
    }
  }

  void resets(int side, Reason reason, Node at) {
    says(reason, at);
    over = true;
    ledger.note("reset", id, side, reason.number());
  }

  void failed(Reason reason, Node at) {
    ledger.note("bytesFail", id, reason.number(), 0);
    over = true;
    check(reason, at);
  }

  @Override
  public String toString() {
    return "byte line " + id;
  }
}
