package io.libchan.core.sim;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.nio.ByteBuffer;
import java.util.regex.Pattern;

/** Defects planted between the engine and its mux, each of which the simulator has to find. */
enum Defect {
  NONE(""),
  /** One message in a hundred never reaches the receiving port. */
  DROPPED_MESSAGE("received letter|a clean end before"),
  /** The session never hears that one stream in twenty is over. */
  LEAKED_ENTRY("tables are not empty"),
  /** When the connection is lost, a receiver sees its channel closed in good order. */
  LOSS_AS_END("a clean end"),
  /** One grant of credit in ten does not reach the peer. */
  LOST_CREDIT("does not get through|still going on");

  private static final int MESSAGE = 16;
  private static final int CLOSE = 17;
  private static final int MESSAGE_HEADER = 5 + 2;

  private final Pattern sign;

  Defect(String sign) {
    this.sign = Pattern.compile(sign);
  }

  /** Whether a run is red because of this, and not for something that comes with it. */
  boolean isSeenIn(Simulation.Result result) {
    String violation = result.violation();
    return violation != null && sign.matcher(violation).find();
  }

  MuxConnection plant(World world, Options options, MuxConnection mux) {
    return this == NONE ? mux : new Planted(this, world, mux);
  }

  private static final class Planted extends Wrapped {
    private final Defect defect;
    private final World world;

    Planted(Defect defect, World world, MuxConnection mux) {
      super(mux);
      this.defect = defect;
      this.world = world;
    }

    @Override
    Tap tap(StreamHeaders headers) {
      return switch (defect) {
        case DROPPED_MESSAGE -> headers.kind().isChannel() ? new Dropping() : new Tap();
        case LEAKED_ENTRY -> new Leaking();
        case LOST_CREDIT -> new Stingy();
        case LOSS_AS_END -> headers.kind() == Kind.SENDING ? new Forging() : new Tap();
        case NONE -> new Tap();
      };
    }

    @Override
    public void lost(Reason reason) {
      if (reason.code() == ReasonCode.CONNECTION_LOST) {
        for (Tap tap : taps()) {
          if (tap instanceof Forging forging) {
            forging.lose();
          }
        }
      }
      super.lost(reason);
    }

    /** Swallows a piece that is exactly one message. */
    private final class Dropping extends Tap {
      @Override
      void received(ByteBuffer bytes) {
        boolean whole =
            bytes.remaining() >= MESSAGE_HEADER
                && bytes.get(bytes.position()) == MESSAGE
                && bytes.getInt(bytes.position() + 1) == bytes.remaining() - 5
                && bytes.getShort(bytes.position() + 5) == 0;
        if (whole && world.chance(1)) {
          stream().credit(bytes.remaining());
          bytes.position(bytes.limit());
        } else {
          super.received(bytes);
        }
      }
    }

    private final class Leaking extends Tap {
      @Override
      void over() {
        if (!world.chance(5)) {
          super.over();
        }
      }
    }

    private final class Stingy extends Tap {
      @Override
      void credit(int bytes) {
        if (!world.chance(10)) {
          super.credit(bytes);
        }
      }
    }

    /** Ends the channel cleanly instead of losing it. */
    private static final class Forging extends Tap {
      private boolean incoming;
      private boolean isOver;

      @Override
      void received(ByteBuffer bytes) {
        incoming |= bytes.hasRemaining() && bytes.get(bytes.position()) == MESSAGE;
        super.received(bytes);
      }

      @Override
      void over() {
        isOver = true;
        super.over();
      }

      void lose() {
        if (incoming && !isOver) {
          byte[] close = new byte[5 + 4 + 2 + 2 + 1];
          close[0] = CLOSE;
          close[4] = (byte) (close.length - 5);
          handler().received(ByteBuffer.wrap(close));
          handler().peerEnded();
        }
      }
    }
  }
}
