package io.libchan.testkit;

import io.libchan.spi.ByteConnection;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32;

/** Writes and sums up pseudo-random bytes without keeping them. Thread-safe once all has come. */
public final class BulkProbe extends Probe {
  private static final int PATTERN_BYTES = 1 << 16;

  private final CRC32 in = new CRC32();
  private final CRC32 out = new CRC32();
  private final byte[] pattern = new byte[PATTERN_BYTES];
  private long left;

  /** Writes so many bytes once it is started and asked for them. */
  public BulkProbe(ByteConnection connection, long total) {
    super(connection);
    left = total;
    new Random(total).nextBytes(pattern);
  }

  @Override
  public boolean fill(ByteBuffer target) {
    int part = (int) Math.min(Math.min(left, target.remaining()), pattern.length);
    pattern[0]++;
    target.put(pattern, 0, part);
    out.update(pattern, 0, part);
    left -= part;
    return left > 0;
  }

  @Override
  protected void take(ByteBuffer bytes) {
    in.update(bytes);
  }

  /** The checksum of what came. */
  public long received() {
    return in.getValue();
  }

  /** The checksum of what was written. */
  public long sent() {
    return out.getValue();
  }
}
