package io.libchan.core.sim;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BytePort;
import io.libchan.spi.Successors;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Reads or writes at one end of a byte stream. */
final class ByteActor extends Actor {
  private final ByteLine line;
  private final int side;
  private final int direction;
  private final ByteStream end;
  private final boolean writing;
  private final byte[] buffer = new byte[4096];
  private BytePort port;
  private int left;
  private @Nullable ByteActor other;
  private final boolean leaves;
  private boolean resets;
  private boolean stopsReading;

  /** Both directions at one end. */
  static void at(Node node, ByteLine line, int side, ByteStream end) {
    line.holds(side, end);
    ByteActor writer = new ByteActor(node, line, side, side, end);
    ByteActor reader = new ByteActor(node, line, side, 1 - side, end);
    writer.left = node.workload().takeBytes(60_000);
    writer.other = reader;
    reader.other = writer;
    writer.resets &= !line.isClosed(side);
    if (line.isClosed(side)) {
      writer.left = 0; // who has the stream now closes it again
    }
    reader.stopsReading |= line.isRefused(1 - side);
    if (node.workload().moves(false)) {
      (world(node).chance(50) ? writer : reader).moveLater();
    }
  }

  private static World world(Node node) {
    return node.world();
  }

  private ByteActor(Node node, ByteLine line, int side, int direction, ByteStream end) {
    super(node);
    this.line = line;
    this.side = side;
    this.direction = direction;
    this.end = end;
    port = Successors.port(end);
    writing = side == direction;
    leaves = world.chance(node.workload().hasMoves() ? 75 : 10);
    resets = writing && world.chance(10);
    stopsReading = !writing && world.chance(10);
  }

  @Override
  boolean mayMove() {
    return !line.isOver();
  }

  @Override
  boolean sendOn() {
    if (!node.workload().custody().sendOn(node, Letter.end(line.id, side), end)) {
      return false;
    }
    line.holds(side, null);
    ByteActor twin = other;
    if (twin != null) {
      twin.done();
    }
    return true;
  }

  @Override
  void step() throws ChannelException {
    if (writing) {
      port = Successors.of(port);
      write();
    } else {
      read();
    }
  }

  private void write() throws ChannelException {
    if (left > 0 && !world.isFinishing()) {
      long position = line.written(direction);
      int offset = line.offset(direction, position);
      int most = (int) Math.min(left, 4096 - position % 4096);
      int count = port.write(Letter.bytes(), offset, 1 + world.below(most));
      if (count == 0) {
        BytePort now = port;
        await("room on " + line, now::awaitWritable, now::cancel, 0);
      } else if (count == BytePort.SUPERSEDED) {
        pauseFor(0);
      } else {
        progress();
        left -= count;
        line.wrote(direction, count);
        pause();
      }
    } else if (leaves && !world.isFinishing()) {
      world.onFinish(this::pause);
    } else if (resets) {
      Reason reason = Reason.of(ReasonCode.FAILED, "reset byte line " + line.id);
      world.hit(Hit.BYTES_RESET);
      line.resets(direction, reason, node);
      port.reset(reason);
      done();
    } else {
      line.closesOutput(direction);
      port.closeOutput();
      done();
    }
  }

  private void read() throws ChannelException {
    if (stopsReading) {
      world.hit(Hit.INPUT_CLOSED);
      line.refuses(direction);
      Reason reason = Reason.of(ReasonCode.CANCELLED, "enough of byte line " + line.id);
      line.says(reason, node); // inside one process the writer sees it
      port.closeInput(reason); // whatever goes on here hears it, too
      done();
      return;
    }
    int count = port.read(buffer, 0, 1 + world.below(buffer.length));
    if (count > 0) {
      progress();
      line.read(direction, buffer, count);
      pause();
    } else if (count == 0) {
      BytePort now = port;
      await("bytes on " + line, now::awaitReadable, now::cancel, 0);
    } else if (count == BytePort.SUPERSEDED) {
      port = Objects.requireNonNull(port.successor()); // the next one may hold bytes, too
      pauseFor(0);
    } else {
      world.hit(Hit.BYTES_ENDED);
      line.ended(direction);
      done();
    }
  }

  @Override
  void failed(ChannelException failure) {
    line.failed(failure.reason(), node);
    if (writing) {
      line.closesOutput(direction); // as whoever closes the stream does
      port.closeOutput();
    }
    node.sawFailure(failure.reason());
    done();
  }

  @Override
  public String toString() {
    return (writing ? "writing " : "reading ") + line + ": " + super.toString();
  }
}
