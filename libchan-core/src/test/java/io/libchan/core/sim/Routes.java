package io.libchan.core.sim;

import io.libchan.ByteStream;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Inside;
import io.libchan.core.Streams;
import io.libchan.spi.Ends;
import io.libchan.spi.MuxStream;
import io.libchan.spi.Successors;
import org.jspecify.annotations.Nullable;

/** What the streams of all sessions look like to somebody who sees them all. */
final class Routes {
  private final Streams streams = new Streams();

  void join(Inside one, Inside other) {
    streams.join(one, other);
  }

  /** How many streams messages pass on their way to a receiver. */
  int streamsBefore(@Nullable Object receiver) {
    return receiver instanceof Receiver<?> end ? streams.before(Ends.port(end)) : -1;
  }

  /** How many streams messages pass on their way from a sender. */
  int streamsBehind(@Nullable Object sender) {
    return sender instanceof Sender<?> end ? streams.behind(Ends.port(end)) : -1;
  }

  /** How many streams bytes pass between an end and the other one. */
  int streamsBetween(@Nullable ByteStream end) {
    return end == null ? -1 : streams.between(Successors.of(Successors.port(end)));
  }

  /** Whether what comes to an end has been sent around a loop, and its fence has not come yet. */
  boolean isReturning(Object end) {
    return end instanceof Receiver<?> receiver && streams.isReturning(Ends.port(receiver));
  }

  /** A frame came, and was dealt with. */
  void seen(FrameSpotter.Seen frame, MuxStream.Handler port, World world) {
    boolean relayed = Streams.isRelayed(port);
    switch (frame.kind()) {
      case FrameSpotter.MESSAGE -> {
        if (relayed) {
          world.hit(Hit.RELAYED);
          count(frame, port, world);
        }
      }
      case FrameSpotter.ECHO -> world.hit(Hit.ECHO);
      case FrameSpotter.CLOSE -> {
        if (frame.isReturn() && streams.isReturning(port)) {
          world.hit(streams.isConnecting(port) ? Hit.CUT_BY_CONNECTING : Hit.CUT_BY_LISTENING);
          if (relayed) {
            world.hit(Hit.LOOP_OF_RELAYS);
          }
        }
      }
      case FrameSpotter.WITHDRAWN -> {
        if (relayed) {
          world.hit(Hit.RELAYED_WITHDRAWAL);
        }
      }
      default -> {}
    }
  }

  private void count(FrameSpotter.Seen frame, MuxStream.Handler port, World world) {
    if (streams.isRelayedBefore(port)) {
      world.hit(Hit.RELAYED_TWICE);
    }
    if (frame.attachments() > 0) {
      world.hit(Hit.RELAYED_ENDS);
    }
    if (streams.capacity(port) == 0) {
      world.hit(Hit.RELAYED_RENDEZVOUS);
    }
  }
}
