package io.libchan.core.sim;

import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.ReasonCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What one run is like; all of it follows from the seed. */
final class Plan {
  /** What goes wrong with the connection. */
  enum Fault {
    NONE,
    STALLS,
    CUT_AT_TIME,
    CUT_AT_BYTE,
    SILENCE
  }

  /** How the session ends, if the connection lasts. */
  enum Ending {
    IDLE,
    CLOSE,
    CLOSE_BOTH,
    ABORT,
    DRAIN
  }

  final boolean pipe;
  final Shape shape;
  final Fault fault;
  final Ending ending;
  final long safety;
  final int lines;
  final int bytes;
  final int opens;
  final List<Options> options = new ArrayList<>();
  final boolean slow;

  private final World world;
  private final StringBuilder tight = new StringBuilder();

  Plan(World world, Ledger ledger) {
    this.world = world;
    pipe = world.chance(60);
    shape = Shape.random(world);
    fault = fault(world.below(100));
    ending = world.chance(60) ? Ending.IDLE : Ending.values()[world.below(5)];
    safety = world.between(20 * World.MILLISECOND, 2 * World.SECOND);
    lines = 2 + world.below(30);
    opens = 1 + world.below(4);
    bytes = world.below(world.chance(20) ? 2_000_000 : 200_000);
    slow =
        shape.nanosPerByte() > 0
            || (shape.maxDelay() > 2 * World.MILLISECOND
                && Math.min(shape.maxInFlight(), shape.window()) < 32 * 1024);
    boolean keepAliveIsShort = world.chance(50) || fault == Fault.SILENCE;
    boolean limitsAreTight = world.chance(35);
    for (int side = 0; side < 2; side++) {
      options.add(options(side, ledger, keepAliveIsShort, limitsAreTight));
    }
    explain(ledger, keepAliveIsShort);
  }

  private Fault fault(int chance) {
    if (chance < 40) {
      return Fault.NONE;
    }
    if (chance < 65) {
      return Fault.STALLS;
    }
    if (chance < 80 || !pipe) {
      return Fault.CUT_AT_TIME;
    }
    return chance < 92 ? Fault.CUT_AT_BYTE : Fault.SILENCE;
  }

  private Options options(int side, Ledger ledger, boolean shortKeepAlive, boolean tightLimits) {
    Options.Builder builder =
        Options.builder()
            .codec(LetterCodec.INSTANCE)
            .nodeName("node" + side)
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
    return builder.build();
  }

  private Duration millis(int least, int most) {
    return Duration.ofMillis(world.between(least, most));
  }

  private Limits limits(Ledger ledger) {
    Limits limits = Limits.DEFAULTS;
    if (world.chance(40)) {
      limits = limits.withMaxStreams(1 + world.below(8));
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

  private static void loseEnds(Ledger ledger) {
    ledger.allow(ReasonCode.UNCLAIMED);
    ledger.allow(ReasonCode.REF_NOT_FOUND);
  }

  /** What may be seen because of this plan. */
  private void explain(Ledger ledger, boolean keepAliveIsShort) {
    if (fault == Fault.CUT_AT_TIME || fault == Fault.CUT_AT_BYTE || fault == Fault.SILENCE) {
      ledger.allow(ReasonCode.CONNECTION_LOST);
      loseEnds(ledger);
    }
    boolean standsStill = fault == Fault.STALLS || fault == Fault.SILENCE;
    if (standsStill || slow) {
      ledger.allow(ReasonCode.DEADLINE);
      loseEnds(ledger);
    }
    if ((standsStill || shape.nanosPerByte() > 0) && keepAliveIsShort) {
      ledger.allow(ReasonCode.KEEPALIVE_TIMEOUT);
      ledger.allow(ReasonCode.CONNECTION_LOST);
    }
    if (ending != Ending.IDLE) {
      loseEnds(ledger);
    }
    if (ending != Ending.IDLE && (standsStill || slow)) {
      ledger.allow(ReasonCode.CONNECTION_LOST);
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
              .plus(each.handshakeTimeout());
      longest = Math.max(longest, all.toNanos());
    }
    return longest + 10 * World.SECOND;
  }

  @Override
  public String toString() {
    return (pipe ? "pipe" : "mux")
        + ", fault "
        + fault
        + ", ending "
        + ending
        + ", lines "
        + lines
        + ", bytes "
        + bytes
        + ", "
        + shape
        + ", tight limits:"
        + tight;
  }
}
