package io.libchan.core.sim;

import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pair of body connections. Each body has its own way to the peer, so bodies overtake each other;
 * some or all are cut, and new ones can be opened, until the connection is cut for good.
 */
final class SimBodies implements Wire {
  private final World world;
  private final int capacity;
  private final Side[] sides = {new Side(0), new Side(1)};
  private final List<SimPipe> bodies = new ArrayList<>();
  private final List<Runnable> held = new ArrayList<>();
  private final boolean[] stalled = new boolean[2];
  private Shape shape;
  private boolean dead;

  SimBodies(World world, Shape shape, int capacity) {
    this.world = world;
    this.shape = shape;
    this.capacity = capacity;
  }

  @Override
  public BodyConnection end(int side) {
    return sides[side];
  }

  @Override
  public void stall(int from) {
    stalled[from] = true;
    bodies.forEach(body -> body.stall(from));
  }

  @Override
  public void resume() {
    stalled[0] = false;
    stalled[1] = false;
    bodies.forEach(SimPipe::resume);
    List<Runnable> all = new ArrayList<>(held);
    held.clear();
    all.forEach(task -> world.after(delay(), task));
  }

  @Override
  public void hurry() {
    shape = shape.fast();
    bodies.forEach(SimPipe::hurry);
  }

  @Override
  public boolean isOver() {
    return dead || sides[0].closed || sides[1].closed;
  }

  @Override
  public void cut(Cut how) {
    dead = true;
    cutAll(how);
  }

  /** All bodies of now are lost, as when a proxy starts anew. */
  void cutAll(Cut how) {
    world.hit(Hit.BODIES_CUT);
    new ArrayList<>(bodies).forEach(body -> body.cut(how));
  }

  /** Some bodies are lost. */
  void cutSome(int percent, Cut how) {
    for (SimPipe body : new ArrayList<>(bodies)) {
      if (world.chance(percent)) {
        world.hit(Hit.BODY_CUT);
        body.cut(how);
      }
    }
  }

  private long delay() {
    return world.between(shape.minDelay(), shape.maxDelay());
  }

  private void arrive(SimPipe body) {
    if (stalled[0]) {
      held.add(() -> arrive(body));
      return;
    }
    BodyConnection.Handler there = sides[1].handler;
    if (there != null && !sides[1].closed) {
      there.opened(body.end(1));
    } else {
      body.end(1).abort();
    }
  }

  private final class Side implements BodyConnection {
    private final int number;
    private BodyConnection.@Nullable Handler handler;
    private boolean closed;

    Side(int number) {
      this.number = number;
    }

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("sim", "bodies" + (1 - number));
    }

    @Override
    public void start(BodyConnection.Handler newHandler) {
      handler = newHandler;
      if (number == 0) {
        world.after(delay(), () -> newHandler.capacity(capacity));
      }
    }

    @Override
    public ByteConnection open() {
      SimPipe body = new SimPipe(world, shape, true);
      for (int side = 0; side < 2; side++) {
        if (stalled[side]) {
          body.stall(side);
        }
      }
      if (dead || closed) {
        world.after(delay(), () -> body.end(0).abort());
      } else {
        bodies.add(body);
        bodies.removeIf(one -> one != body && one.isOver());
        world.after(delay(), () -> arrive(body));
      }
      return body.end(0);
    }

    @Override
    public void close(Reason reason) {
      closed = true;
    }
  }
}
