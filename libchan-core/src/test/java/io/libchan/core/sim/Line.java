package io.libchan.core.sim;

import io.libchan.Reason;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** The ledger of one channel: what was sent, received and said about its end. */
final class Line {
  final int id;
  final int capacity;
  final int depth;

  /** The letter that carries one of its ends; null for a top-level channel. */
  final @Nullable Carrier carrier;

  private final Ledger ledger;
  private final BitSet gone = new BitSet(); // withdrawn or rejected, by number
  private int[] sizes = new int[8];
  private int sent;
  private int consumed; // received, withdrawn or rejected
  private int next = 1; // the number that is received next
  private int slack;
  private int movedAt = -1; // how many were sent before the sending end moved
  private boolean receiverGone;
  private boolean closed;
  private @Nullable Reason failed;
  private @Nullable Reason cancelled;
  private @Nullable Reason takenBack;

  /** On which letter an end travels. */
  static final class Carrier {
    final Line line;
    long number;
    boolean arrived;

    Carrier(Line line) {
      this.line = line;
    }
  }

  Line(Ledger ledger, int id, int capacity, int depth, @Nullable Carrier carrier) {
    this.ledger = ledger;
    this.id = id;
    this.capacity = capacity;
    this.depth = depth;
    this.carrier = carrier;
  }

  /** The number of the next letter. */
  int nextNumber() {
    return sent + 1;
  }

  int unread() {
    return sent - consumed;
  }

  /** The sending end moves: what is queued stays behind and has its own room. */
  void senderMoves() {
    slack += unread();
    movedAt = sent;
  }

  /** Nobody will receive any more. */
  void receiverIsGone() {
    receiverGone = true;
  }

  boolean isReceiverGone() {
    return receiverGone;
  }

  // ---- the sender's side ----

  void sent(Letter letter) {
    sent++;
    if (letter.number() != sent || closed || failed != null) {
      ledger.violate(this, "sent " + letter.number() + " as number " + sent);
    }
    if (sent == sizes.length) {
      sizes = java.util.Arrays.copyOf(sizes, 2 * sizes.length);
    }
    sizes[sent] = letter.size();
    ledger.note("send", id, sent, letter.size());
    if (unread() > Math.max(1, capacity) + slack) {
      ledger.violate(this, unread() + " letters under way, capacity " + capacity);
    }
  }

  /** The engine says that everything up to here was received. */
  void receipt(long number) {
    ledger.note("receipt", id, number, 0);
    if (number >= next) {
      ledger.violate(this, "receipt for " + number + ", next to receive is " + next);
    }
  }

  void withdrawn(long number) {
    ledger.note("withdrawn", id, number, 0);
    if (number < next) {
      ledger.violate(this, "letter " + number + " came back and was received");
      return;
    }
    lose((int) number);
  }

  /** It will not be received any more. */
  private void lose(int number) {
    gone.set(number);
    consumed++;
    skipGone();
  }

  private void skipGone() {
    while (gone.get(next)) {
      next++;
    }
  }

  void closes() {
    closed = true;
    ledger.note("close", id, sent, 0);
  }

  /** The sending end came back, and whoever had it meanwhile may not know. */
  void takesBack(Reason reason) {
    takenBack = reason;
    ledger.note("takeBack", id, sent, 0);
  }

  void fails(Reason reason) {
    failed = reason;
    ledger.note("fail", id, sent, 0);
  }

  /** The sender learns the end. */
  void senderEnded(Reason reason) {
    receiverGone = true; // for all that was sent and did not arrive
    ledger.note("senderEnd", id, reason.number(), sent - consumed);
    if (!reason.isEnd()) {
      checkReason(reason);
    } else if (!closed && failed == null) {
      ledger.violate(this, "the sender learnt of an end that it did not make");
    } else if (next <= sent && sent != movedAt) {
      // Who got the sending end answers for what it sent itself.
      ledger.violate(this, "the sender learnt that all was received, but " + next + " was not");
    }
  }

  // ---- the receiver's side ----

  void received(Letter letter) {
    ledger.note("receive", id, letter.number(), letter.size());
    if (letter.line() != id || letter.number() != next || next > sent) {
      ledger.violate(
          this, "received letter " + letter.line() + "/" + letter.number() + ", not " + next);
      return;
    }
    if (letter.size() != sizes[next]) {
      ledger.violate(this, "letter " + next + " has another size");
    }
    next++;
    consumed++;
    skipGone();
  }

  /** One letter could not be decoded, as an end in it never came. */
  void rejected(Reason reason) {
    ledger.note("reject", id, next, reason.number());
    if (next > sent) {
      ledger.violate(this, "a letter was rejected that was not sent: " + reason);
      return;
    }
    checkReason(reason);
    lose(next);
  }

  void cancels(Reason reason) {
    cancelled = reason;
    ledger.note("cancel", id, next, 0);
  }

  /** The receiver sees the clean end. */
  void receiverEnded() {
    ledger.note("end", id, sent, 0);
    if (!closed) {
      ledger.violate(this, "a clean end that the sender did not make");
    } else if (next <= sent) {
      ledger.violate(this, "a clean end before letter " + next + " of " + sent);
    }
  }

  /** The receiver sees a failure. */
  void receiverFailed(Reason reason) {
    ledger.note("receiverFail", id, reason.number(), next);
    checkReason(reason);
    Reason own = failed;
    if (own != null && own.number() == reason.number() && next <= sent && !mayBreak()) {
      ledger.violate(this, "the sender's failure came before letter " + next + " of " + sent);
    }
  }

  // ---- reasons ----

  private void checkReason(Reason reason) {
    if (!ledger.isPossible(reason, this)) {
      ledger.violate(this, "nothing happened that explains " + reason);
    }
  }

  /** Whether the reason is what one of the two sides gave. */
  boolean saidBySide(Reason reason) {
    return is(failed, reason) || is(cancelled, reason) || is(takenBack, reason);
  }

  private static boolean is(@Nullable Reason said, Reason reason) {
    return said != null && said.number() == reason.number();
  }

  /** Whether the letter that carries its end was not received (yet). */
  boolean mayBreak() {
    for (Carrier on = carrier; on != null; on = on.line.carrier) {
      if (!on.arrived) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return "line " + id + " (capacity " + capacity + ", sent " + sent + ", next " + next + ")";
  }
}
