package io.libchan.core.sim;

import io.libchan.Reason;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/** The ledger of one channel: what was sent, received and said about its end. */
final class Line extends Freight {
  /** The sending end; the receiving one is 1. */
  static final int SENDER = 0;

  final int capacity;
  final int depth;

  private final BitSet gone = new BitSet(); // withdrawn or rejected, by number
  private int[] sizes = new int[8];
  private int sent;
  private int consumed; // received, withdrawn or rejected
  private int next = 1; // the number that is received next
  private int movedAt = -1; // how many were sent before the sending end moved last
  private boolean receiverGone;
  private boolean closed;
  private boolean failed;
  private @Nullable Reason failure;
  private @Nullable Reason takenBack; // why a sending end in a letter was ended by who sent that
  private boolean over; // somebody learnt of an end
  private int moves;
  private Way senderWay = Way.NOWHERE;
  private Way receiverWay = Way.NOWHERE;
  private @Nullable Object sender;
  private @Nullable Object receiver;

  Line(Ledger ledger, int id, int capacity, int depth) {
    super(ledger, id);
    this.capacity = capacity;
    this.depth = depth;
  }

  // ---- where its ends are ----

  /** From where it was made. */
  Way senderWay() {
    return senderWay;
  }

  /** From where it was made. */
  Way receiverWay() {
    return receiverWay;
  }

  /** It was opened over a link: nobody sent an end away for that. */
  void opens(int link) {
    receiverWay = Way.over(link);
    passes(link);
  }

  @Override
  void moved(int end, Way passed) {
    moves++;
    if (end == SENDER) {
      senderWay = senderWay.then(passed);
    } else {
      receiverWay = receiverWay.then(passed);
    }
  }

  /** Somebody uses an end here; null: not any more. */
  void holds(int end, @Nullable Object object) {
    if (end == SENDER) {
      sender = object;
    } else {
      receiver = object;
    }
  }

  @Nullable Object sender() {
    return sender;
  }

  @Nullable Object receiver() {
    return receiver;
  }

  /** How many streams it needs when nothing is under way and its loops are cut. */
  int distance() {
    return senderWay.back().then(receiverWay).length();
  }

  boolean hasMoved() {
    return senderWay.length() > 0 || moves > 1;
  }

  /** Whether both ends are open, and in somebody's hands, and everything was received. */
  boolean isAtRest() {
    boolean open = !closed && !failed && !over;
    return open && sender != null && receiver != null && unread() == 0 && !isTravelling();
  }

  /** The number of the next letter. */
  int nextNumber() {
    return sent + 1;
  }

  int unread() {
    return sent - consumed;
  }

  /** The sending end moves: what it sent before stays behind and has its own room. */
  void senderMoves() {
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
    if (letter.number() != sent || closed || failed) {
      ledger.violate(this, "sent " + letter.number() + " as number " + sent);
    }
    if (sent == sizes.length) {
      sizes = java.util.Arrays.copyOf(sizes, 2 * sizes.length);
    }
    sizes[sent] = letter.size();
    ledger.note("send", id, sent, letter.size());
    int underWay = sent - Math.max(consumed, movedAt);
    if (underWay > Math.max(1, capacity)) {
      ledger.violate(this, underWay + " letters under way, capacity " + capacity);
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

  boolean isClosed() {
    return closed || failed || over;
  }

  /** The sending end came back, and whoever had it meanwhile may not know. */
  void takesBack(Reason reason, Node at) {
    says(reason, at);
    takenBack = reason;
    over = true;
    ledger.note("takeBack", id, sent, 0);
  }

  void fails(Reason reason, Node at) {
    says(reason, at);
    failed = true;
    failure = reason;
    ledger.note("fail", id, sent, 0);
  }

  /** Whether the sender's side gave this reason, or one that looks the same. */
  private boolean isOwn(Reason reason) {
    boolean failed = failure != null && reason.number() == failure.number();
    boolean back = takenBack != null && reason.number() == takenBack.number();
    return failed || back || (failure == null && reason.isEnd());
  }

  /** The sender learns the end. */
  void senderEnded(Reason reason, Node at) {
    // For all that was sent and did not arrive; but not if the end is the sender's own: what others
    // sent before it had the end may still be received.
    receiverGone |= !isOwn(reason);
    over = true;
    ledger.note("senderEnd", id, reason.number(), sent - consumed);
    if (!reason.isEnd()) {
      check(reason, at);
    } else if (!closed && !failed) {
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
  void rejected(Reason reason, Node at) {
    ledger.note("reject", id, next, reason.number());
    if (next > sent) {
      ledger.violate(this, "a letter was rejected that was not sent: " + reason);
      return;
    }
    check(reason, at);
    lose(next);
  }

  void cancels(Reason reason, Node at) {
    says(reason, at);
    over = true;
    ledger.note("cancel", id, next, 0);
  }

  /** The receiver sees the clean end. */
  void receiverEnded() {
    over = true;
    ledger.note("end", id, sent, 0);
    if (!closed) {
      ledger.violate(this, "a clean end that the sender did not make");
    } else if (next <= sent) {
      ledger.violate(this, "a clean end before letter " + next + " of " + sent);
    }
  }

  /** The receiver sees a failure. */
  void receiverFailed(Reason reason, Node at) {
    ledger.note("receiverFail", id, reason.number(), next);
    over = true;
    check(reason, at);
    Reason own = failure;
    if (own != null && own.number() == reason.number() && next <= sent && !isTravelling()) {
      ledger.violate(this, "the sender's failure came before letter " + next + " of " + sent);
    }
  }

  @Override
  public String toString() {
    return "line " + id + " (capacity " + capacity + ", sent " + sent + ", next " + next + ")";
  }
}
