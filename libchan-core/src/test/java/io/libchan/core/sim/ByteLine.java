package io.libchan.core.sim;

import io.libchan.Reason;
import org.jspecify.annotations.Nullable;

/** The ledger of one byte stream; each direction has the number of the side that writes. */
final class ByteLine {
  final int id;
  final Line.Carrier carrier;
  private final Ledger ledger;
  private final long[] written = new long[2];
  private final long[] read = new long[2];
  private final boolean[] closed = new boolean[2];
  private final @Nullable Reason[] reset = new Reason[2];

  ByteLine(Ledger ledger, int id, Line.Carrier carrier) {
    this.ledger = ledger;
    this.id = id;
    this.carrier = carrier;
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

  void resets(int side, Reason reason) {
    reset[side] = reason;
    ledger.note("reset", id, side, reason.number());
  }

  void failed(Reason reason) {
    ledger.note("bytesFail", id, reason.number(), 0);
    boolean said = is(reset[0], reason) || is(reset[1], reason);
    if (!said && !ledger.isPossible(reason, carrier)) {
      ledger.violate(this, "nothing happened that explains " + reason);
    }
  }

  private static boolean is(@Nullable Reason said, Reason reason) {
    return said != null && said.number() == reason.number();
  }

  @Override
  public String toString() {
    return "byte line " + id;
  }
}
