package io.libchan.spi;

import org.jspecify.annotations.Nullable;

/**
 * Keeps a thread that takes the writer's role of a connection for a moment from taking that of
 * another inside. What it asks a {@link ByteConnection.Handler} for may want something written
 * elsewhere, as where messages are relayed; if that were written at once as well, and so on, nobody
 * could say how much of an application's stack a send takes.
 *
 * <p>Use: {@link #begin}; if it agrees, write, and {@link #end} whatever happens; if not, leave it
 * to the connection's own thread. Each call is about the calling thread.
 */
public final class WriterTurn {
  private static final ThreadLocal<@Nullable Boolean> INSIDE = new ThreadLocal<>();

  private WriterTurn() {}

  /** Whether the calling thread may write: it has no turn. Then it has one. */
  public static boolean begin() {
    if (INSIDE.get() != null) {
      return false;
    }
    INSIDE.set(true);
    return true;
  }

  /** The turn of the calling thread is over. */
  public static void end() {
    INSIDE.remove();
  }
}
