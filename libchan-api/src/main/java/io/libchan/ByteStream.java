package io.libchan;

import io.libchan.spi.Ends;
import java.io.Closeable;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * One end of a two-way stream of bytes with back-pressure; each direction is closed on its own.
 *
 * <p>What the other side sees: bytes written here in order; the end of input (−1) after {@code
 * output().close()}; an exception with the reason after {@link #reset}. A lost connection is never
 * an end of input: reads then throw {@link SessionLost}. Rules CH-40 to CH-43.
 *
 * <p>Reads and writes block, can be interrupted (they then throw {@link
 * java.io.InterruptedIOException} with the interrupt flag set) and throw {@link ChannelException}.
 * {@code available()} tells the bytes that can be read without waiting.
 *
 * <p>Thread-safe, but two threads that read, or two that write, get or give pieces in no fixed
 * order.
 */
public interface ByteStream extends Closeable {
  /** What the other side writes. Closing it tells the other side to stop writing. */
  InputStream input();

  /**
   * What the other side will read. Closing it is the end of its input; {@code flush} is implied.
   */
  OutputStream output();

  /**
   * Ends both directions now with a reason; bytes not yet read there may be lost.
   *
   * @param reason what reads and writes at the other side throw; not the clean end
   */
  void reset(Reason reason);

  /** Closes output in good order and input with {@link ReasonCode#CANCELLED}. Idempotent. */
  @Override
  void close();

  /** Two connected ends inside this process; either may be sent to a peer inside a message. */
  static Pair pair() {
    return Ends.memoryBytes();
  }

  /** Two connected ends: what one writes the other reads. */
  record Pair(ByteStream left, ByteStream right) {}
}
