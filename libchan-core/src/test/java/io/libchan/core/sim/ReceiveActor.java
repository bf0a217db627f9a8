package io.libchan.core.sim;

import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;

/** Receives what a line carries, fast or slowly, and may stop in the middle. */
final class ReceiveActor extends Actor {
  private static final int RECEIVER = 1;

  private final Line line;
  private final boolean slow;
  private final Receiver<Letter> end;
  private ReceivePort<Letter> port;
  private int untilCancel;

  /** Receives all there is, and stays. */
  static ReceiveActor steady(Node node, Line line, Receiver<Letter> end) {
    ReceiveActor actor = new ReceiveActor(node, line, end, false);
    actor.untilCancel = Integer.MAX_VALUE;
    return actor;
  }

  /** Receives all that comes on a road. */
  static ReceiveActor road(Node node, Line line, Receiver<Letter> end) {
    ReceiveActor actor = steady(node, line, end);
    if (node.workload().moves(true)) {
      actor.moveLater();
    }
    return actor;
  }

  ReceiveActor(Node node, Line line, Receiver<Letter> end) {
    this(node, line, end, node.workload().moves(false));
  }

  private ReceiveActor(Node node, Line line, Receiver<Letter> end, boolean moves) {
    super(node);
    this.line = line;
    this.end = end;
    port = Ends.port(end);
    slow = world.chance(20);
    untilCancel = world.chance(12) ? world.below(6) : Integer.MAX_VALUE;
    line.holds(RECEIVER, end);
    if (moves) {
      moveLater();
    }
  }

  @Override
  void step() throws ChannelException {
    port = Ends.port(end);
    if (untilCancel == 0) {
      cancel();
      return;
    }
    Object next = port.poll();
    if (next instanceof Letter letter) {
      receive(letter);
    } else if (next == ReceivePort.None.EMPTY) {
      ReceivePort<Letter> now = port;
      long timeout = world.chance(20) ? world.between(1, 50 * World.MILLISECOND) : 0;
      await("a letter on " + line, now::await, now::cancel, timeout);
    } else if (next == ReceivePort.None.SUPERSEDED) {
      pauseFor(0);
    } else {
      line.receiverEnded();
      checkTold();
      world.hit(Hit.CLEAN_END);
      over();
    }
  }

  @Override
  void done() {
    line.holds(RECEIVER, null);
    super.done();
  }

  private void over() {
    line.receiverIsGone();
    done();
  }

  @Override
  boolean mayMove() {
    return true;
  }

  @Override
  boolean sendOn() {
    return node.workload().custody().sendOn(node, Letter.end(line.id, RECEIVER), end);
  }

  private void receive(Letter letter) {
    progress();
    untilCancel--;
    line.received(letter);
    node.workload().custody().received(node, letter);
    if (slow && !world.isFinishing()) {
      pauseFor(world.between(0, 100 * World.MILLISECOND));
    } else {
      pause();
    }
  }

  private void cancel() {
    Reason reason = node.workload().reason(line, "enough of line " + line.id);
    world.hit(Hit.CANCELLED);
    line.cancels(reason, node);
    port.close(reason);
    over();
  }

  @Override
  void failed(ChannelException failure) {
    if (failure instanceof MessageRejected) {
      world.hit(Hit.REJECTED);
      line.rejected(failure.reason(), node);
      pause();
      return;
    }
    line.receiverFailed(failure.reason(), node);
    checkTold();
    node.sawFailure(failure.reason());
    over();
  }

  /** What a caller was told by {@code poll}, {@code ended} says too. */
  private void checkTold() {
    if (port.ended() == null) {
      world.violate(line + ": over for the receiver, but not ended");
    }
  }
}
