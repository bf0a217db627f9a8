package io.libchan.core.sim;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.core.Streams;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

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
  LOST_CREDIT("does not get through|still going on"),
  /** A relay gets two messages in the wrong order, one time in ten. */
  REORDERED_BY_RELAY("received letter"),
  /** A relay acknowledges what arrives before it was received at the far end. */
  EARLY_ACK("receipt for|letters under way|came back and was received"),
  /** A relay forgets where a reason began, and takes it for its own. */
  LOST_ORIGIN("it did not say"),
  /** A fence goes around a loop before the last message under way. */
  EARLY_FENCE("received letter|nothing happened that explains PROTOCOL_ERROR");

  private static final int MESSAGE = 16;
  private static final int CLOSE = 17;
  private static final int CANCEL = 33;
  private static final int RETURNED = 19;
  private static final int MESSAGE_HEADER = 5 + 2;
  private static final int REASON_TEXT = 5 + 4; // where the text of a frame's reason begins

  private final Pattern sign;

  Defect(String sign) {
    this.sign = Pattern.compile(sign);
  }

  /** Whether a run is red because of this, and not for something that comes with it. */
  boolean isSeenIn(Simulation.Result result) {
    String violation = result.violation();
    return violation != null && sign.matcher(violation).find();
  }

  /** Plants it below what checks credit. */
  MuxConnection plant(World world, Options options, MuxConnection mux) {
    return this == NONE || isAtPorts() ? mux : new Planted(this, world, options.nodeName(), mux);
  }

  /** Plants it at the ports, where relays can be told from other users of a stream. */
  MuxConnection plantAtPorts(World world, Options options, MuxConnection mux) {
    return isAtPorts() ? new Planted(this, world, options.nodeName(), mux) : mux;
  }

  private boolean isAtPorts() {
    return this == REORDERED_BY_RELAY || this == EARLY_ACK || this == LOST_ORIGIN;
  }

  /** Whether a piece is exactly one message, without attachments. */
  private static boolean isMessage(ByteBuffer bytes) {
    return bytes.remaining() >= MESSAGE_HEADER
        && isFrame(bytes, MESSAGE)
        && bytes.getShort(bytes.position() + 5) == 0;
  }

  private static boolean isFrame(ByteBuffer bytes, int kind) {
    return bytes.remaining() >= 5
        && bytes.get(bytes.position()) == kind
        && bytes.getInt(bytes.position() + 1) == bytes.remaining() - 5;
  }

  private static boolean isFence(ByteBuffer bytes) {
    return isFrame(bytes, CLOSE) && bytes.getInt(bytes.position() + 5) == RETURNED;
  }

  private static ByteBuffer copy(ByteBuffer bytes) {
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining());
    copy.put(bytes).flip();
    return copy;
  }

  private static final class Planted extends Wrapped {
    private final Defect defect;
    private final World world;
    private final String node;

    Planted(Defect defect, World world, String node, MuxConnection mux) {
      super(mux);
      this.defect = defect;
      this.world = world;
      this.node = node;
    }

    @Override
    Tap tap(StreamHeaders headers) {
      return switch (defect) {
        case DROPPED_MESSAGE -> headers.kind().isChannel() ? new Dropping() : new Tap();
        case LEAKED_ENTRY -> new Leaking();
        case LOST_CREDIT -> new Stingy();
        case LOSS_AS_END -> headers.kind() == Kind.SENDING ? new Forging() : new Tap();
        case REORDERED_BY_RELAY -> headers.kind().isChannel() ? new Reordering() : new Tap();
        case EARLY_ACK -> headers.kind().isChannel() ? new Hasty() : new Tap();
        case LOST_ORIGIN -> headers.kind().isChannel() ? new Forgetful() : new Tap();
        case EARLY_FENCE -> headers.kind().isChannel() ? new Overtaking() : new Tap();
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
        if (isMessage(bytes) && world.chance(1)) {
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

    /** Holds a message back for a moment: what comes meanwhile may go first. */
    private abstract class Holding extends Tap {
      private @Nullable ByteBuffer held;

      /** Whether what comes goes before the message that is held. */
      abstract boolean goesFirst(ByteBuffer bytes);

      abstract boolean holds(ByteBuffer bytes);

      @Override
      void received(ByteBuffer bytes) {
        if (held == null && isMessage(bytes) && holds(bytes)) {
          held = copy(bytes);
          world.after(20 * World.MILLISECOND, this::letGo);
        } else if (held != null && goesFirst(bytes)) {
          super.received(bytes);
          letGo();
        } else {
          letGo();
          super.received(bytes);
        }
      }

      @Override
      void peerEnded() {
        letGo();
        super.peerEnded();
      }

      @Override
      void over() {
        letGo();
        super.over();
      }

      private void letGo() {
        ByteBuffer message = held;
        held = null;
        if (message != null) {
          super.received(message);
        }
      }
    }

    private final class Reordering extends Holding {
      @Override
      boolean holds(ByteBuffer bytes) {
        return Streams.isRelayed(handler()) && world.chance(10);
      }

      @Override
      boolean goesFirst(ByteBuffer bytes) {
        return isMessage(bytes);
      }
    }

    private final class Overtaking extends Holding {
      @Override
      boolean holds(ByteBuffer bytes) {
        return true;
      }

      @Override
      boolean goesFirst(ByteBuffer bytes) {
        return isFence(bytes);
      }
    }

    private final class Hasty extends Tap {
      @Override
      void received(ByteBuffer bytes) {
        super.received(bytes);
        if (world.chance(30)) {
          Streams.acknowledgeAll(handler());
        }
      }
    }

    /** Puts its own name where the origin was; all names have the same length. */
    private final class Forgetful extends Tap {
      @Override
      void received(ByteBuffer bytes) {
        ByteBuffer known = bytes;
        if (Streams.isRelayed(handler()) && (isFrame(bytes, CLOSE) || isFrame(bytes, CANCEL))) {
          known = copy(bytes);
          forget(known);
        }
        super.received(known);
      }

      private void forget(ByteBuffer frame) {
        int origin = REASON_TEXT + 2 + frame.getShort(REASON_TEXT);
        byte[] name = node.getBytes(StandardCharsets.UTF_8);
        if (frame.getShort(origin) == name.length) {
          frame.put(origin + 2, name);
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
