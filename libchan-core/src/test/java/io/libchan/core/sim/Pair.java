package io.libchan.core.sim;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Inside;
import io.libchan.core.yamux.YamuxConnection;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import io.libchan.spi.Successors;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Two sessions in a simulated world without faults, for one defect at a time. */
final class Pair {
  private static final long LONG = 60 * World.SECOND;
  private static final Shape FAST =
      new Shape(World.MILLISECOND, World.MILLISECOND, 64 * 1024, 64 * 1024, 256 * 1024, 0, 65_536);

  final World world = new World(1, false);
  final SimPipe pipe = new SimPipe(world, FAST);
  final SimMux mux = new SimMux(world, FAST);
  final Inside[] sessions = new Inside[2];
  private int lines;

  private Pair(boolean overPipe, Limits limits) {
    for (int side = 0; side < 2; side++) {
      Options options =
          Options.builder().codec(LetterCodec.INSTANCE).nodeName("n" + side).limits(limits).build();
      sessions[side] =
          new Inside(overPipe ? yamux(side, options) : mux.end(side), side == 0, options, world);
    }
  }

  private YamuxConnection yamux(int side, Options options) {
    return new YamuxConnection(
        pipe.end(side),
        side == 0,
        options.limits(),
        options.keepAliveInterval(),
        options.keepAliveTimeout(),
        world);
  }

  static Pair overPipe(Limits limits) {
    return new Pair(true, limits).start();
  }

  static Pair overMux(Limits limits) {
    return new Pair(false, limits).start();
  }

  /** Both sessions before their first step. */
  static Pair notStarted(boolean overPipe) {
    return new Pair(overPipe, Limits.DEFAULTS);
  }

  private Pair start() {
    sessions[1].start();
    sessions[0].start();
    settle();
    return this;
  }

  /** Lets everything happen that is under way, keep-alive aside. */
  void settle() {
    world.run(world.time() + 5 * World.SECOND, () -> false);
  }

  void settleLong() {
    world.run(world.time() + LONG, () -> false);
  }

  SendPort<Letter> open(int from, int capacity) throws ChannelException {
    Sender<Letter> sender = sessions[from].tryOpen("line" + lines++, Letter.class, capacity);
    return Ends.port(Objects.requireNonNull(sender));
  }

  /** What the other side accepts; null if nothing came. */
  @Nullable ReceivePort<Letter> accepted(int at) {
    Receiver<Letter> receiver = sessions[at].tryAccept("line" + (lines - 1), Letter.class);
    return receiver == null ? null : Ends.port(receiver);
  }

  static Channel<Letter> channel(int capacity) {
    return Channel.of(Letter.class, capacity);
  }

  static Letter letter(long number, int size, Object... ends) {
    return new Letter(
        0,
        number,
        size,
        List.of(ends).stream().map(end -> new Letter.Attached(0, false, end)).toList());
  }

  static <T> ReceivePort<T> now(ReceivePort<T> port) {
    return Successors.of(port);
  }

  static <T> SendPort<T> now(SendPort<T> port) {
    return Successors.of(port);
  }
}
