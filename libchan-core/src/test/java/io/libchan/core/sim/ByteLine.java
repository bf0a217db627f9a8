package io.libchan.core.sim;

import io.libchan.ByteStream;
import io.libchan.Reason;
import org.jspecify.annotations.Nullable;

/** The ledger of one byte stream; each direction has the number of the side that writes. */
final class ByteLine extends Freight {
  private final long[] written = new long[2];
  private final long[] read = new long[2];
  private final boolean[] closed = new boolean[2];
  private final boolean[] refused = new boolean[2];
  private final Way[] ways = {Way.NOWHERE, Way.NOWHERE}; // from where it was made
  private final @Nullable ByteStream[] ends = new ByteStream[2];
  private int moves;
  private boolean over;

  ByteLine(Ledger ledger, int id) {
    super(ledger, id);
  }

  @Override
  void moved(int end, Way passed) {
    moves++;
    ways[end] = ways[end].then(passed);
  }

  /** Somebody uses an end; null: not any more. */
  void holds(int side, @Nullable ByteStream end) {
    ends[side] = end;
  }

  @Nullable ByteStream end(int side) {
    return ends[side];
  }

  /** How many streams it needs when nothing is under way and its loops are cut. */
  int distance() {
    return ways[0].back().then(ways[1]).length();
  }

  boolean hasMoved() {
    return moves > 1;
  }

  /** Whether both ends are open, and in somebody's hands, and everything was read. */
  boolean isAtRest() {
    for (int side = 0; side < 2; side++) {
      boolean open = !closed[side] && !refused[side] && ends[side] != null;
      if (!open || read[side] != written[side]) {
        return false;
      }
    }
    return !over && !isTravelling();
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
