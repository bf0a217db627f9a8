package io.libchan.core.yamux;

import io.libchan.Reason;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the peer's preamble, however it is split. Rules PRE-2, PRE-10.
 *
 * <p>Not thread-safe.
 */
final class PreambleReader {
  private static final int LENGTH_BYTES = 2;
  private static final int MAX_BYTES = 8192;

  private ByteBuffer gathered = ByteBuffer.allocate(LENGTH_BYTES);

  /**
   * Takes what belongs to the preamble.
   *
   * @return what follows the length, once it is complete; until then null
   */
  @Nullable ByteBuffer read(ByteBuffer bytes, int most) throws Broken {
    transfer(bytes, gathered);
    if (!gathered.hasRemaining() && gathered.capacity() == LENGTH_BYTES) {
      int length = gathered.getShort(0) & 0xffff;
      if (length > MAX_BYTES) {
        throw new Broken("PRE-2", "preamble of " + length + " bytes");
      }
      if (length > most) {
        throw new Broken(Reason.limit("preamble-bytes", length + " bytes > " + most));
      }
      gathered = ByteBuffer.allocate(LENGTH_BYTES + length).putShort((short) length);
      transfer(bytes, gathered);
    }
    return gathered.hasRemaining() ? null : gathered.flip().position(LENGTH_BYTES);
  }

  private static void transfer(ByteBuffer from, ByteBuffer into) {
    while (from.hasRemaining() && into.hasRemaining()) {
      into.put(from.get());
    }
  }
}
