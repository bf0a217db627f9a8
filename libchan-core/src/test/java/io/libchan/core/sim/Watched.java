package io.libchan.core.sim;

import io.libchan.spi.MuxConnection;
import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;

/**
 * Checks what engine and mux owe each other: no credit without bytes, one end, nothing after it.
 */
final class Watched extends Wrapped {
  private final World world;

  Watched(World world, MuxConnection inner) {
    super(inner);
    this.world = world;
  }

  @Override
  Tap tap(StreamHeaders headers) {
    return new Counting(headers);
  }

  private final class Counting extends Tap {
    private final StreamHeaders headers;
    private long delivered;
    private long credited;
    private boolean isOver;

    Counting(StreamHeaders headers) {
      this.headers = headers;
    }

    @Override
    void received(ByteBuffer bytes) {
      if (isOver) {
        world.violate(headers + ": bytes after its end");
      }
      delivered += bytes.remaining();
      super.received(bytes);
    }

    @Override
    void credit(int bytes) {
      credited += bytes;
      if (bytes < 0 || credited > delivered) {
        world.violate(headers + ": credit of " + credited + " for " + delivered + " bytes");
      }
      super.credit(bytes);
    }

    @Override
    void over() {
      if (isOver) {
        world.violate(headers + ": over twice");
      }
      isOver = true;
      super.over();
    }
  }
}
