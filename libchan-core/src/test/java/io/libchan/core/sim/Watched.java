package io.libchan.core.sim;

import io.libchan.Reason;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Checks what engine and mux owe each other: no credit without bytes, one end, nothing after it.
 */
final class Watched extends Wrapped {
  private final World world;
  private final Routes routes;

  Watched(World world, Routes routes, MuxConnection inner) {
    super(inner);
    this.world = world;
    this.routes = routes;
  }

  @Override
  Tap tap(StreamHeaders headers) {
    return new Counting(headers);
  }

  /**
   * Everything was read: all that came was given back as credit, except where streams were reset.
   */
  void checkCredit() {
    for (Tap tap : taps()) {
      Counting counted = (Counting) tap;
      if (counted.isShort()) {
        world.violate(
            counted.headers
                + ": credit of "
                + counted.credited
                + " for "
                + counted.delivered
                + " bytes, and all were read");
      }
    }
  }

  private final class Counting extends Tap {
    private final StreamHeaders headers;
    private final FrameSpotter frames = new FrameSpotter();
    private long delivered;
    private long credited;
    private boolean isOver;
    private boolean isReset;

    Counting(StreamHeaders headers) {
      this.headers = headers;
    }

    @Override
    void received(ByteBuffer bytes) {
      if (isOver) {
        world.violate(headers + ": bytes after its end");
      }
      delivered += bytes.remaining();
      List<FrameSpotter.Seen> seen =
          headers.kind().isChannel() ? frames.read(bytes.duplicate()) : List.of();
      super.received(bytes);
      for (FrameSpotter.Seen one : seen) {
        routes.seen(one, handler(), world);
      }
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
    void resetHere(int code) {
      isReset = true;
      super.resetHere(code);
    }

    @Override
    void resetThere(int code) {
      isReset = true;
      super.resetThere(code);
    }

    @Override
    void lost(Reason reason) {
      isReset = true;
      super.lost(reason);
    }

    private boolean isShort() {
      return !isReset && credited != delivered;
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
