package io.libchan.transport.netty.sockets;

import io.libchan.spi.ByteConnection.Handler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Pulls bytes from the engine while the socket takes them. {@code wanted} is true while a drain is
 * scheduled or has to wait (for the start, for room in the socket), so that further wake-ups cost
 * one read of a flag; it is cleared before each look at what there is, so that none is lost.
 *
 * <p>{@link #wake} is thread-safe; the rest is for the event loop.
 */
public final class Outbound {
  private static final int SMALL_BYTES = 8 * 1024;
  private static final int LARGE_BYTES = 64 * 1024;

  /** After so many buffers, other connections of the loop get their turn. */
  private static final int BUFFERS_PER_TURN = 16;

  private final Sink sink;
  private final Channel channel;
  private final @Nullable Shortcut shortcut;
  private final Runnable drain = this::drain;
  private final AtomicBoolean wanted = new AtomicBoolean();
  private final Runnable looks = this::looks;

  private @Nullable Handler handler;
  private int bufferBytes = SMALL_BYTES;
  private boolean draining;
  private boolean finishing;
  private boolean finished;

  /**
   * Nothing is pulled before {@link #start}.
   *
   * @param sink where the bytes go
   * @param channel whose room counts
   */
  public Outbound(Sink sink, Channel channel) {
    this(sink, channel, null);
  }

  private Outbound(Sink sink, Channel channel, @Nullable Shortcut shortcut) {
    this.sink = sink;
    this.channel = channel;
    this.shortcut = shortcut;
  }

  /**
   * One whose bytes go into the channel's socket as they are, so that a thread that wakes it may
   * write them itself.
   */
  public static Outbound plain(Sink sink, Channel channel) {
    return new Outbound(sink, channel, Shortcut.into(channel));
  }

  /** There is something to write. Cheap; any thread. */
  public void wake() {
    if (wanted.get() || !wanted.compareAndSet(false, true)) {
      return;
    }
    boolean done = false;
    try {
      done = shortcut != null && shortcut.write(looks);
    } finally {
      if (!done) {
        wanted.set(true);
        schedule();
      }
    }
  }

  private void looks() {
    wanted.set(false);
  }

  private void schedule() {
    try {
      channel.eventLoop().execute(drain);
    } catch (RejectedExecutionException e) {
      // The loop ended after the connection had.
    }
  }

  /** Pulls from the engine from now on. */
  public void start(Handler value) {
    handler = value;
    if (shortcut != null) {
      shortcut.start(value);
    }
    drain();
  }

  /** Writes what there is, then closes the channel. */
  public void finish() {
    finishing = true;
    if (handler == null) {
      finished = true;
      sink.finish();
    } else {
      drain();
    }
  }

  /** Pulls no more. */
  public void stop() {
    finished = true;
  }

  /** The socket takes more, or takes no more for now. */
  public void writabilityChanged() {
    if (channel.isWritable() && wanted.get()) {
      drain();
    }
  }

  private void drain() {
    if (draining || finished || handler == null || !channel.isActive()) {
      wanted.set(true);
      return;
    }
    if (shortcut == null) {
      turn(null);
    } else if (!shortcut.run(this::turn)) {
      wanted.set(true);
    }
  }

  /** In the writer's role; whether there may be more later. */
  private boolean turn(@Nullable ByteBuf rest) {
    draining = true;
    try {
      if (rest != null) {
        sink.write(rest);
        channel.flush();
      }
      if (handler != null) {
        drainTurn(handler);
      }
    } catch (RuntimeException | Error e) {
      finished = true;
      sink.fail(new IOException("the handler failed: " + e, e));
    } finally {
      draining = false;
    }
    return !finishing && !finished;
  }

  private void drainTurn(Handler from) {
    int buffers = 0;
    boolean more = true;
    while (more && channel.isWritable() && buffers < BUFFERS_PER_TURN) {
      more = fillWhileWritable(from);
      buffers += 2;
      channel.flush();
    }
    if (more) {
      wanted.set(true);
      if (channel.isWritable()) {
        schedule();
      }
    } else if (finishing) {
      finished = true;
      wanted.set(true);
      sink.finish();
    }
  }

  /** Up to two buffers for one flush; returns whether there is more. */
  private boolean fillWhileWritable(Handler from) {
    return fill(from) && (!channel.isWritable() || fill(from));
  }

  private boolean fill(Handler from) {
    wanted.set(false);
    ByteBuf buffer = channel.alloc().directBuffer(bufferBytes, bufferBytes);
    try {
      ByteBuffer target = buffer.nioBuffer(0, bufferBytes);
      boolean more = from.fill(target);
      int filled = target.position();
      if (filled > 0) {
        buffer.writerIndex(filled);
        sink.write(buffer.retain());
      }
      return adapt(more, filled);
    } finally {
      buffer.release();
    }
  }

  /** Where the bytes of an engine go. Used on the event loop only. */
  public interface Sink {
    /** Writes without flushing; owns the buffer. */
    void write(ByteBuf bytes);

    /** Everything is written, and there will be no more. */
    void finish();

    /** The engine failed. */
    void fail(IOException cause);
  }

  /** Takes large buffers while there is much to write, small ones else. */
  private boolean adapt(boolean more, int filled) {
    boolean grown = more && bufferBytes < LARGE_BYTES;
    if (grown) {
      bufferBytes = LARGE_BYTES;
    } else if (!more && filled <= SMALL_BYTES / 2) {
      bufferBytes = SMALL_BYTES;
    }
    return more && (filled > 0 || grown);
  }
}
