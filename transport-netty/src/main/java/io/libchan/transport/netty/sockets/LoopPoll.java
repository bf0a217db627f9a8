package io.libchan.transport.netty.sockets;

import io.libchan.spi.BusyPoll;
import io.netty.channel.SelectStrategy;
import io.netty.util.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets an event loop look for more for a moment before it waits in the system, as {@link BusyPoll}
 * says.
 *
 * <p>Only the event loop's.
 */
public final class LoopPoll implements SelectStrategy {
  private static final ThreadLocal<@Nullable LoopPoll> HERE = new ThreadLocal<>();

  private final BusyPoll poll = new BusyPoll();
  private @Nullable Thread thread;

  LoopPoll() {}

  /** The one of the event loop that calls; null on loops that have none. */
  public static @Nullable LoopPoll here() {
    return HERE.get();
  }

  /** So many bytes were read from a socket, and nothing more is there. */
  public void read(int bytes) {
    poll.read(bytes);
  }

  @Override
  public int calculateStrategy(IntSupplier now, boolean hasTasks) throws Exception {
    if (thread != Thread.currentThread()) {
      thread = Thread.currentThread();
      HERE.set(this);
    }
    if (hasTasks) {
      return now.get();
    }
    return poll.isLooking() ? look(now) : SELECT;
  }

  private int look(IntSupplier now) throws Exception {
    int ready = now.get();
    if (ready > 0) {
      poll.found();
      return ready;
    }
    poll.foundNothing();
    // CONTINUE: to what was handed to the loop meanwhile.
    return poll.isLooking() ? CONTINUE : SELECT;
  }
}
