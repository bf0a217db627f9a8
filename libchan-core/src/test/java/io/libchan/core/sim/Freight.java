package io.libchan.core.sim;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** What can be sent away, by one end or both: a channel or a byte stream. */
abstract class Freight {
  final int id;
  final Ledger ledger;
  private final List<Carrier> carriers = new ArrayList<>(1);
  private final List<Said> said = new ArrayList<>(0);
  private boolean looking;
  private int links; // ever passed, as bits

  Freight(Ledger ledger, int id) {
    this.ledger = ledger;
    this.id = id;
  }

  /** One of its ends is in a letter. */
  void travels(Carrier carrier) {
    carriers.removeIf(on -> on.hasArrived() || on == carrier);
    carriers.add(carrier);
  }

  /** The letter arrived, with this end. */
  void arrives(int end, Carrier carrier) {
    Way passed = carrier.arrives();
    links |= carrier.line.links();
    moved(end, passed);
  }

  abstract void moved(int end, Way passed);

  /** All links that it may ever have passed, as bits. */
  final int links() {
    return links;
  }

  final void passes(int link) {
    links |= 1 << link;
  }

  /** Whether it needs that another one's letters arrive. */
  final boolean needs(Freight other) {
    return this == other || isOnTheWay(on -> on.line.needs(other));
  }

  /** Whether something holds for a letter that carries an end, and was not received (yet). */
  private boolean isOnTheWay(Predicate<Carrier> test) {
    if (looking) {
      return false; // letters that were taken back may have led in a circle
    }
    looking = true;
    try {
      for (Carrier on : carriers) {
        if (!on.hasArrived() && test.test(on)) {
          return true;
        }
      }
      return false;
    } finally {
      looking = false;
    }
  }

  /** Whether an end is on its way, or lost there. */
  final boolean isTravelling() {
    for (Carrier on : carriers) {
      if (!on.hasArrived()) {
        return true;
      }
    }
    return false;
  }

  // ---- reasons ----

  final void says(Reason reason, Node at) {
    said.add(new Said(reason, at.name()));
  }

  /** It was in a letter when that one's channel failed, whether or not the letter arrived. */
  final void shares(Reason reason) {
    said.add(new Said(reason, reason.origin()));
  }

  /** Whether something that happened explains that it failed so. */
  final boolean isPossible(Reason reason) {
    return ledger.isAllowed(reason.code(), links) || isSaid(reason) || isPossibleOnTheWay(reason);
  }

  private boolean isSaid(Reason reason) {
    for (Said one : said) {
      if (one.matches(reason)) {
        return true;
      }
    }
    return false;
  }

  /** What a letter carries can share its channel's fate until it arrives. */
  private boolean isPossibleOnTheWay(Reason reason) {
    return isOnTheWay(on -> reason.code() == ReasonCode.UNCLAIMED || on.line.isPossible(reason));
  }

  /** A failure needs an explanation, and a way that it can have come. */
  final void check(Reason reason, Node here) {
    if (!isPossible(reason)) {
      ledger.violate(this, "nothing happened that explains " + reason);
    }
    String wrong = ledger.mesh().wrong(reason, here);
    if (wrong != null) {
      ledger.violate(this, wrong + ": " + reason + ", seen at " + here.name());
    }
    if (isOwnNumber(reason)) {
      for (Said one : said) {
        if (one.matches(reason) && one.isWhole(reason, here.name())) {
          return;
        }
      }
      ledger.violate(this, "it did not say " + reason + ", but " + said);
    }
  }

  /** Whether only this one's sides use the number, and the reason came as a whole. */
  private boolean isOwnNumber(Reason reason) {
    boolean reset = reason.message().equals("the peer reset the stream");
    return !reset && reason.number() >= ReasonCode.FIRST_APPLICATION_NUMBER && isSaid(reason);
  }
}
