package io.libchan.core.sim;

import io.libchan.ChannelException;
import io.libchan.MessageRejected;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Successors;

/** Receives what a line carries, fast or slowly, and may stop in the middle. */
final class ReceiveActor extends Actor {
  private final Line line;
  private final boolean slow;
  private ReceivePort<Letter> port;
  private int untilCancel;

  /** Receives all there is. */
  static ReceiveActor steady(Node node, Line line, ReceivePort<Letter> port) {
    ReceiveActor actor = new ReceiveActor(node, line, port);
    actor.untilCancel = Integer.MAX_VALUE;
    return actor;
  }

  ReceiveActor(Node node, Line line, ReceivePort<Letter> port) {
    super(node);
    this.line = line;
    this.port = port;
    slow = world.chance(20);
    untilCancel = world.chance(12) ? world.below(6) : Integer.MAX_VALUE;
  }

  @Override
  void step() throws ChannelException {
    port = Successors.of(port);
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
      done();
    }
  }

  @Override
  void done() {
    line.receiverIsGone();
    super.done();
  }

  private void receive(Letter letter) {
    progress();
    untilCancel--;
    line.received(letter);
    node.workload().received(node, letter);
    if (slow && !world.isFinishing()) {
      pauseFor(world.between(0, 100 * World.MILLISECOND));
    } else {
      pause();
    }
  }

  private void cancel() {
    Reason reason = Reason.of(ReasonCode.CANCELLED, "enough of line " + line.id);
    world.hit(Hit.CANCELLED);
    line.cancels(reason);
    port.close(reason);
    done();
  }

  @Override
  void failed(ChannelException failure) {
    if (failure instanceof MessageRejected) {
      world.hit(Hit.REJECTED);
      line.rejected(failure.reason());
      pause();
      return;
    }
    line.receiverFailed(failure.reason());
    checkTold();
    node.sawFailure(failure.reason());
    done();
  }

  /** What a caller was told by {@code poll}, {@code ended} says too. */
  private void checkTold() {
    if (port.ended() == null) {
      world.violate(line + ": over for the receiver, but not ended");
    }
  }
}
