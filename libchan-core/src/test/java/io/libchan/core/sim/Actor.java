package io.libchan.core.sim;

import io.libchan.ChannelException;
import io.libchan.spi.Waiter;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Somebody who uses one end: takes steps, waits for ports, and comes to an end. Never blocks. */
abstract class Actor {
  private static final int MAX_VAIN_WAITS = 200;
  private static final int MAX_MOVE_TRIES = 30;

  final Node node;
  final World world;
  private boolean done;
  private boolean planned;
  private String waitingFor = "";
  private int vain;
  private @Nullable Wake waiting;

  Actor(Node node) {
    this.node = node;
    world = node.world();
    node.add(this);
    pause();
  }

  boolean isDone() {
    return done;
  }

  /** Nobody is here any more. */
  void done() {
    done = true;
    waitingFor = "";
  }

  /** The next thing to do; there is a later step unless it waits or is done. */
  abstract void step() throws ChannelException;

  /** A port threw this. */
  abstract void failed(ChannelException failure);

  // ---- sending the end on ----

  /** Sends the end on some time from now, if it may be then. */
  final void moveLater() {
    long soon =
        world.between(0, world.chance(50) ? 3 * World.MILLISECOND : 150 * World.MILLISECOND);
    world.after(soon, () -> move(MAX_MOVE_TRIES));
  }

  private void move(int tries) {
    if (done || world.isSettling() || tries == 0) {
      return;
    }
    if (!mayMove() || !sendOn()) {
      world.after(world.between(0, 5 * World.MILLISECOND), () -> move(tries - 1));
      return;
    }
    done();
    Wake wake = waiting;
    if (wake != null && world.chance(50)) {
      wake.giveUp(); // otherwise somebody waits at an end that is gone
    }
  }

  /** Whether the end is not in the middle of something. */
  boolean mayMove() {
    return false;
  }

  /** Gives the end to somebody here who sends it on; whether there is anybody. */
  boolean sendOn() {
    return false;
  }

  private void run() {
    planned = false;
    if (done || !waitingFor.isEmpty()) {
      return;
    }
    try {
      step();
    } catch (ChannelException e) {
      failed(e);
    }
  }

  /** Goes on a little later. */
  final void pause() {
    pauseFor(node.pace());
  }

  final void pauseFor(long nanos) {
    if (!planned && !done) {
      planned = true;
      world.after(nanos, this::run);
    }
  }

  /** Something went forward, so waiting is not in vain. */
  final void progress() {
    vain = 0;
  }

  /**
   * Waits for a port.
   *
   * @param timeout after which the wait is given up; 0 for never
   */
  final void await(String what, Consumer<Waiter> register, Consumer<Waiter> forget, long timeout) {
    if (++vain > MAX_VAIN_WAITS) {
      world.violate(this + " was woken " + vain + " times in vain, waiting for " + what);
      return;
    }
    waitingFor = what;
    Wake wake = new Wake(forget);
    waiting = wake;
    if (timeout > 0) {
      world.after(timeout, wake::late);
    }
    register.accept(wake);
  }

  /** One registration. */
  private final class Wake implements Waiter {
    private final Consumer<Waiter> forget;
    private boolean over;
    private boolean forgotten;

    Wake(Consumer<Waiter> forget) {
      this.forget = forget;
    }

    @Override
    public void signal() {
      if (forgotten) {
        world.violate(Actor.this + " was signalled after it gave up");
      } else if (over) {
        world.violate(Actor.this + " was signalled twice for one registration");
      } else if (done) {
        forget.accept(this); // whoever has the end again may wait behind this one
      }
      goOn();
    }

    private void giveUp() {
      if (!over && !forgotten) {
        forgotten = true;
        forget.accept(this);
      }
    }

    private void late() {
      if (!over && !done) {
        world.hit(Hit.WAIT_GIVEN_UP);
        giveUp();
        vain = 0;
        timedOut();
        goOn();
      }
    }

    private void goOn() {
      if (!over) {
        over = true;
        waitingFor = "";
        pauseFor(world.between(0, 50 * World.MICROSECOND));
      }
    }
  }

  /** The last wait was given up. */
  void timedOut() {}

  @Override
  public String toString() {
    return getClass().getSimpleName()
        + " at node "
        + node.number()
        + (waitingFor.isEmpty() ? "" : ", waiting for " + waitingFor);
  }
}
