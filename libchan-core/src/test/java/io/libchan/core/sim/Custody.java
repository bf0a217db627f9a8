package io.libchan.core.sim;

import io.libchan.ByteStream;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What becomes of ends inside letters: who has them when a letter is sent, lost or received. */
final class Custody {
  private static final int MAX_DEPTH = 3;
  private static final int MAX_ERRANDS = 3;
  private static final int MAX_LOST = 10;

  private final World world;
  private final Ledger ledger;
  private final Routes routes;
  private final Map<Integer, Offer> offers = new TreeMap<>();
  private final Set<Object> givenUp = Collections.newSetFromMap(new IdentityHashMap<>());

  /** An end in a letter, and what its other end is for. */
  private static final class Offer {
    private final Node node;
    private final Carrier carrier;
    private final Object end;
    private final boolean used; // somebody had it before, and has it again if it is not sent
    private @Nullable Runnable keeper; // starts whoever has the other end

    Offer(Node node, Carrier carrier, Object end, boolean used, @Nullable Runnable keeper) {
      this.node = node;
      this.carrier = carrier;
      this.end = end;
      this.used = used;
      this.keeper = keeper;
    }

    void keep() {
      Runnable starts = keeper;
      keeper = null;
      if (starts != null) {
        starts.run();
      }
    }
  }

  Custody(World world, Ledger ledger, Routes routes) {
    this.world = world;
    this.ledger = ledger;
    this.routes = routes;
  }

  // ---- before a letter is sent ----

  /** One end of something new. */
  Letter.Attached attachNew(Node node, Line on, int number, Object end, Runnable keeper) {
    boolean skipped = world.chance(5);
    Offer offer = attach(node, new Carrier(on), number, end, false, keeper);
    ledger.freight(number / 2).travels(offer.carrier);
    if (world.chance(50)) {
      offer.keep();
    }
    return new Letter.Attached(number, skipped, end);
  }

  /** An end that somebody here used until now. */
  Letter.Attached attachUsed(Node node, Errand errand) {
    attach(node, errand.carrier(), errand.number(), errand.end(), true, null);
    return new Letter.Attached(errand.number(), false, errand.end());
  }

  private Offer attach(
      Node node, Carrier carrier, int number, Object end, boolean used, @Nullable Runnable keeper) {
    Offer offer = new Offer(node, carrier, end, used, keeper);
    offers.put(number, offer);
    Line on = carrier.line;
    world.note(used ? "sendOn" : "attach", number, on.id, on.nextNumber());
    return offer;
  }

  /** Gives an end to a sender at this node whose letters go elsewhere; whether there is one. */
  boolean sendOn(Node node, int number, Object end) {
    Freight freight = ledger.freight(number / 2);
    List<SendActor> able = new ArrayList<>();
    for (Actor actor : node.actors()) {
      if (actor instanceof SendActor sender && sender.carries(freight)) {
        able.add(sender);
      }
    }
    if (able.isEmpty()) {
      return false;
    }
    SendActor chosen = able.get(world.below(able.size()));
    Carrier carrier = new Carrier(chosen.line());
    freight.travels(carrier);
    world.note("mail", number, chosen.line().id, 0);
    chosen.carry(new Errand(number, end, carrier));
    return true;
  }

  /** The ends that the next letter takes along; in the last phase they stay here. */
  List<Errand> take(Node node, Queue<Errand> mail) {
    List<Errand> taken = new ArrayList<>(0);
    while (!mail.isEmpty() && taken.size() < MAX_ERRANDS) {
      Errand errand = mail.remove();
      if (world.isFinishing()) {
        isNotSent(node, errand);
      } else {
        taken.add(errand);
      }
    }
    return taken;
  }

  void isNotSent(Node node, Errand errand) {
    errand.carrier().isBack();
    use(node, errand.number(), errand.end());
  }

  // ---- sent, or not ----

  /** The letter is on its way: whoever has the other ends begins, if not before. */
  void wasSent(Letter letter) {
    for (Letter.Attached attached : letter.ends()) {
      Offer offer = offer(attached);
      offer.carrier.leaves();
      if (offer.used) {
        world.hit(Hit.SENT_ON);
        if (routes.isReturning(offer.end)) {
          world.hit(Hit.MOVED_BEFORE_FENCE);
        }
      }
      if (offer.end instanceof Sender) {
        line(attached.number()).senderMoves();
      }
      offer.keep();
    }
  }

  private Offer offer(Letter.Attached attached) {
    Offer offer = offers.get(attached.number());
    if (offer == null) {
      throw new AssertionError("nobody offered " + attached);
    }
    return offer;
  }

  private Line line(int number) {
    return (Line) ledger.freight(number / 2);
  }

  /** The letter will not be sent: its ends are still ours. */
  void drop(Node node, Letter letter) {
    for (Letter.Attached attached : letter.ends()) {
      Offer offer = offer(attached);
      if (!isOurs(offer.end)) {
        world.violate(
            "letter " + letter.number() + " was not sent, and its end is gone: " + attached);
      } else if (offer.used) {
        stays(node, attached.number(), offer);
      } else {
        offer.keep();
        end(node, attached.number(), offer.end);
      }
    }
  }

  private void stays(Node node, int number, Offer offer) {
    offer.carrier.isBack();
    use(node, number, offer.end);
  }

  private void end(Node node, int number, Object end) {
    if (end instanceof Sender<?> sender) {
      line(number).closes();
      sender.close();
    } else if (end instanceof Receiver<?> receiver) {
      Reason reason = Reason.of(ReasonCode.CANCELLED, "not sent");
      line(number).cancels(reason, node);
      line(number).receiverIsGone();
      receiver.close(reason);
    } else if (end instanceof ByteStream bytes) {
      Reason reason = Reason.of(ReasonCode.FAILED, "not sent");
      ((ByteLine) ledger.freight(number / 2)).resets(number % 2, reason, node);
      bytes.reset(reason);
    }
  }

  /**
   * A rendezvous did not come about, or nobody knows: the ends in the letter are ours again. If it
   * was received all the same, somebody at the peer uses them too, in vain; so no clean end here.
   *
   * @param failure why nobody knows; null if it did not come about
   */
  void takeBack(Node node, Letter letter, @Nullable Reason failure) {
    boolean sure = failure == null;
    for (Letter.Attached attached : letter.ends()) {
      if (failure != null) {
        ledger.freight(attached.line()).shares(failure);
      }
      Object end = attached.end();
      if (end != null && isOurs(end)) {
        world.hit(Hit.TAKEN_BACK);
        takeBack(node, attached.number(), end, sure);
      } else if (sure) {
        world.violate("letter " + letter.number() + " came back without " + attached);
      }
    }
  }

  private void takeBack(Node node, int number, Object end, boolean sure) {
    Offer offer = offers.get(number);
    if (sure && offer != null && offer.used) {
      stays(node, number, offer);
      return;
    }
    if (offer != null && offer.end == end) {
      offer.carrier.isTakenBack();
      ledger.freight(number / 2).travels(offer.carrier);
    }
    if (end instanceof Sender<?> sender) {
      Reason reason = Reason.of(ReasonCode.FAILED, "taken back");
      line(number).takesBack(reason, node);
      sender.fail(reason);
    } else {
      end(node, number, end);
    }
  }

  /**
   * A letter that a local channel dropped took its ends along, and no library looks into it:
   * whoever drops letters has to end them. Comes again and again in the last phase.
   */
  void endWhatIsLost() {
    for (Map.Entry<Integer, Offer> each : offers.entrySet()) {
      Offer offer = each.getValue();
      Carrier carrier = offer.carrier;
      if (!carrier.hasArrived() && isLost(carrier.line, MAX_LOST) && isOurs(offer.end)) {
        world.hit(Hit.LOST_LOCALLY);
        offer.keep();
        end(offer.node, each.getKey(), offer.end);
        givenUp.add(offer.end);
      }
    }
  }

  /**
   * Whether nobody will receive on a line: also as its receiving end is in a letter that is lost.
   */
  private boolean isLost(Line line, int depth) {
    Offer receiver = offers.get(Letter.end(line.id, 1));
    return line.isReceiverGone()
        || (depth > 0
            && receiver != null
            && !receiver.carrier.hasArrived()
            && isLost(receiver.carrier.line, depth - 1));
  }

  private static boolean isOurs(Object end) {
    try {
      Ends.move(end).undo();
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  // ---- what arrived ----

  void received(Node node, Letter letter) {
    for (Letter.Attached attached : letter.ends()) {
      Object end = attached.end();
      if (attached.skipped() && end == null) {
        world.hit(Hit.SKIPPED_END);
        if (ledger.freight(attached.line()) instanceof Line line
            && attached.side() != Line.SENDER) {
          line.receiverIsGone();
        }
      } else if (end == null) {
        world.violate("letter " + letter.number() + " came without the end " + attached);
      } else {
        ledger.freight(attached.line()).arrives(attached.side(), offer(attached).carrier);
        if (givenUp.contains(end)) {
          continue; // the sender was told that it is lost, and yet the letter was here all the time
        }
        if (world.chance(8)) {
          world.hit(Hit.DROPPED_END);
          world.onFinish(() -> use(node, attached.number(), end));
        } else {
          use(node, attached.number(), end);
        }
      }
    }
  }

  @SuppressWarnings("unchecked") // all channels here carry letters
  private void use(Node node, int number, Object end) {
    Freight freight = ledger.freight(number / 2);
    if (end instanceof ByteStream bytes) {
      world.hit(Hit.NESTED_BYTES);
      ByteActor.at(node, (ByteLine) freight, number % 2, bytes);
      return;
    }
    Line line = (Line) freight;
    if (line.depth == MAX_DEPTH) {
      world.hit(Hit.DEPTH_3);
    }
    if (end instanceof Sender<?> sender) {
      world.hit(Hit.NESTED_SENDER);
      new SendActor(node, line, (Sender<Letter>) sender, SendActor.Kind.USUAL);
    } else {
      world.hit(Hit.NESTED_RECEIVER);
      new ReceiveActor(node, line, (Receiver<Letter>) end);
    }
  }
}
