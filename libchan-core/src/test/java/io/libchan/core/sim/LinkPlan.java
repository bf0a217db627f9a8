package io.libchan.core.sim;

import io.libchan.BodyOptions;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.ReasonCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** What one session of a run is like. */
final class LinkPlan {
  /** What goes wrong with the connection. */
  enum Fault {
    NONE,
    STALLS,
    CUT_AT_TIME,
    CUT_AT_BYTE,
    SILENCE,
    BODY_CUTS
  }

  /** What the connection is. */
  enum Kind {
    PIPE,
    MUX,
    BODIES
  }

  /** How the session ends, if the connection lasts. */
  enum Ending {
    IDLE,
    CLOSE,
    CLOSE_BOTH,
    ABORT,
    DRAIN
  }

  final int number;
  final Kind kind;
  final int capacity; // of bodies
  final Shape shape;
  final Fault fault;
  final Ending ending;
  final List<Options> options = new ArrayList<>();
  final boolean slow;

  private final World world;
  private final int connecting;
  private final int listening;
  private final StringBuilder tight = new StringBuilder();

  /**
   * Plans a link.
   *
   * @param overBodies whether it may be over bodies
   * @param healthy whether nothing goes wrong with it
   */
  LinkPlan(
      World world,
      Ledger ledger,
      int number,
      int connecting,
      int listening,
      boolean overBodies,
      boolean healthy,
      boolean limitsAreTight) {
    this.world = world;
    this.number = number;
    this.connecting = connecting;
    this.listening = listening;
    Kind usual = world.chance(60) ? Kind.PIPE : Kind.MUX;
    kind = overBodies && world.chance(70) ? Kind.BODIES : usual;
    capacity = kind == Kind.BODIES && world.chance(50) ? 200 : Integer.MAX_VALUE;
    shape = Shape.random(world);
    fault = healthy ? Fault.NONE : fault(world.below(100));
    ending = healthy || world.chance(60) ? Ending.IDLE : Ending.values()[world.below(5)];
    slow =
        shape.nanosPerByte() > 0
            || (shape.maxDelay() > 2 * World.MILLISECOND
                && Math.min(shape.maxInFlight(), shape.window()) < 32 * 1024);
    boolean keepAliveIsShort = world.chance(50) || fault == Fault.SILENCE;
    for (int side = 0; side < 2; side++) {
      options.add(options(side, ledger, keepAliveIsShort, limitsAreTight));
    }
    explain(ledger, keepAliveIsShort);
  }

  /** The node of a side; the connecting one is 0. */
  int node(int side) {
    return side == 0 ? connecting : listening;
  }

  private Fault fault(int chance) {
    if (chance < 40) {
      return Fault.NONE;
    }
    if (kind == Kind.BODIES && chance < 80) {
      return chance < 50 ? Fault.STALLS : Fault.BODY_CUTS;
    }
    if (kind == Kind.BODIES) {
      return chance < 92 ? Fault.CUT_AT_TIME : Fault.SILENCE;
    }
    if (chance < 65) {
      return Fault.STALLS;
    }
    if (chance < 80 || kind == Kind.MUX) {
      return Fault.CUT_AT_TIME;
    }
    return chance < 92 ? Fault.CUT_AT_BYTE : Fault.SILENCE;
  }

  private Options options(int side, Ledger ledger, boolean shortKeepAlive, boolean tightLimits) {
    Options.Builder builder =
        Options.builder()
            .codec(LetterCodec.INSTANCE)
            .nodeName(Node.name(node(side)))
            .executor(
                task -> {
                  throw new AssertionError("the simulator has no threads");
                })
            .limits(tightLimits ? limits(ledger) : Limits.DEFAULTS)
            .referenceTimeout(millis(1_000, 5_000))
            .closeTimeout(millis(1_000, 5_000));
    if (side == 1 && world.chance(30)) {
      builder.authenticator(attempt -> true);
    }
    if (shortKeepAlive) {
      builder.keepAlive(millis(500, 2_000), millis(500, 2_000));
    }
    if (kind == Kind.BODIES) {
      builder.with(bodyOptions());
    }
    return builder.build();
  }

  private BodyOptions bodyOptions() {
    int least = 1 + world.below(4);
    BodyOptions bodies =
        BodyOptions.DEFAULTS
            .withGrace(millis(1_000, 4_000))
            .withParked(least, least + world.below(60));
    return world.chance(50) ? bodies.withHeartbeat(millis(1_000, 4_000)) : bodies;
  }

  private Duration millis(int least, int most) {
    return Duration.ofMillis(world.between(least, most));
  }

  private Limits limits(Ledger ledger) {
    Limits limits = Limits.DEFAULTS;
    if (world.chance(40)) {
      limits = limits.withMaxStreams(1 + world.below(31));
      ledger.allow(ReasonCode.LIMIT); // what was queued before a move may find no place
      tight.append(" streams=").append(limits.maxStreams());
    }
    if (world.chance(30)) {
      limits = limits.withMaxQueuedBytes(1 + world.below(4000));
      tight.append(" queued=").append(limits.maxQueuedBytes());
    }
    if (world.chance(20)) {
      limits = limits.withMaxPendingReferences(1 + world.below(4));
      tight.append(" pending=").append(limits.maxPendingReferences());
      loseEnds(ledger);
      ledger.allow(ReasonCode.LIMIT);
    }
    if (world.chance(20)) {
      limits = limits.withMaxSessionBytes(20_000 + world.below(200_000));
      tight.append(" memory=").append(limits.maxSessionBytes());
      loseEnds(ledger);
      ledger.allow(ReasonCode.LIMIT);
    }
    if (world.chance(20)) {
      limits = limits.withMaxMessageBytes(1_000 + world.below(100_000));
      tight.append(" message=").append(limits.maxMessageBytes());
      ledger.allow(ReasonCode.LIMIT);
    }
    if (world.chance(20)) {
      limits = limits.withMaxAttachments(1 + world.below(2));
      tight.append(" attachments=").append(limits.maxAttachments());
      ledger.allow(ReasonCode.LIMIT);
    }
    if (world.chance(20)) {
      limits = limits.withMaxBacklog(1 + world.below(2));
      tight.append(" backlog=").append(limits.maxBacklog());
      ledger.allow(ReasonCode.LIMIT);
    }
    return limits;
  }

  private void loseEnds(Ledger ledger) {
    ledger.allow(ReasonCode.UNCLAIMED, number);
    ledger.allow(ReasonCode.REF_NOT_FOUND, number);
  }

  /** What may be seen because of this plan. */
  private void explain(Ledger ledger, boolean keepAliveIsShort) {
    if (fault == Fault.CUT_AT_TIME || fault == Fault.CUT_AT_BYTE || fault == Fault.SILENCE) {
      ledger.allow(ReasonCode.CONNECTION_LOST, number);
      loseEnds(ledger);
    }
    if (fault == Fault.BODY_CUTS) {
      ledger.allow(ReasonCode.CONNECTION_LOST, number);
      loseEnds(ledger);
    }
    if (kind == Kind.BODIES && (fault == Fault.STALLS || fault == Fault.SILENCE || slow)) {
      ledger.allow(ReasonCode.CONNECTION_LOST, number);
      ledger.allow(ReasonCode.KEEPALIVE_TIMEOUT, number);
      loseEnds(ledger);
    }
    boolean standsStill = fault == Fault.STALLS || fault == Fault.SILENCE;
    if (standsStill || slow) {
      ledger.allow(ReasonCode.DEADLINE, number);
      loseEnds(ledger);
    }
    if ((standsStill || shape.nanosPerByte() > 0) && keepAliveIsShort) {
      ledger.allow(ReasonCode.KEEPALIVE_TIMEOUT, number);
      ledger.allow(ReasonCode.CONNECTION_LOST, number);
    }
    if (ending != Ending.IDLE) {
      loseEnds(ledger);
    }
    if (ending != Ending.IDLE && (standsStill || slow)) {
      ledger.allow(ReasonCode.CONNECTION_LOST, number);
    }
  }

  /** How long all of it may take to come to an end once nothing is in its way. */
  long bound() {
    long longest = 0;
    for (Options each : options) {
      Duration all =
          each.keepAliveInterval()
              .plus(each.keepAliveTimeout())
              .plus(each.referenceTimeout().multipliedBy(2))
              .plus(each.closeTimeout())
              .plus(each.handshakeTimeout())
              .plus(kind == Kind.BODIES ? ofBodies(each) : Duration.ZERO);
      longest = Math.max(longest, all.toNanos());
    }
    return longest;
  }

  /** Until a body that fell silent is lost, and then the session. */
  private static Duration ofBodies(Options options) {
    BodyOptions bodies = Objects.requireNonNull(options.find(BodyOptions.class));
    return bodies.heartbeat().multipliedBy(4).plus(bodies.grace());
  }

  /** Whether no timer has to run out before everything comes to an end. */
  boolean isCalm() {
    return fault == Fault.NONE && ending == Ending.IDLE && !slow && tight.isEmpty();
  }

  @Override
  public String toString() {
    return "link "
        + number
        + " from node "
        + connecting
        + " to node "
        + listening
        + ": "
        + kind
        + ", fault "
        + fault
        + ", ending "
        + ending
        + ", "
        + shape
        + ", tight limits:"
        + tight;
  }
}
