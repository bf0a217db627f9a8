package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.spi.ByteConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class PipePairTest {
  private final RealTime time = new RealTime();

  @AfterEach
  void close() {
    time.close();
  }

  /** An end that writes what it is given and keeps what it gets. */
  private static final class Recorder implements ByteConnection.Handler {
    private final ConcurrentLinkedQueue<ByteBuffer> toWrite = new ConcurrentLinkedQueue<>();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final ConcurrentLinkedQueue<String> ends = new ConcurrentLinkedQueue<>();

    @Override
    public boolean fill(ByteBuffer target) {
      ByteBuffer next = toWrite.peek();
      if (next == null) {
        return false;
      }
      int count = Math.min(next.remaining(), target.remaining());
      target.put(target.position(), next, next.position(), count);
      target.position(target.position() + count);
      next.position(next.position() + count);
      if (!next.hasRemaining()) {
        toWrite.remove();
      }
      return !toWrite.isEmpty();
    }

    @Override
    public void received(ByteBuffer bytes) {
      byte[] piece = new byte[bytes.remaining()];
      bytes.get(piece);
      received.writeBytes(piece);
    }

    @Override
    public void closed(IOException cause) {
      ends.add(cause == null ? "order" : "failure");
    }
  }

  private void play(FaultPlan plan, byte[] bytes, Recorder left, Recorder right) {
    PipePair pipe = new PipePair(time::execute);
    left.toWrite.add(ByteBuffer.wrap(bytes));
    FaultTransport.wrap(pipe.left(), plan).start(left);
    pipe.right().start(right);
    pipe.left().wantWrite();
    pipe.right().wantWrite();
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(9).nextBytes(bytes);
    return bytes;
  }

  @Test
  void everythingArrivesBeforeAnOrderlyClose() throws Exception {
    Recorder left = new Recorder();
    Recorder right = new Recorder();
    byte[] bytes = random(1_000_000);
    PipePair pipe = new PipePair(time::execute);
    left.toWrite.add(ByteBuffer.wrap(bytes));
    pipe.left().start(left);
    pipe.right().start(right);
    pipe.left().close();
    Waits.until("both ends told", () -> left.ends.size() + right.ends.size() == 2);
    assertThat(right.received.toByteArray()).isEqualTo(bytes);
    assertThat(left.ends).containsExactly("order");
    assertThat(right.ends).containsExactly("order");
  }

  @Test
  void anAbortIsAFailureOnBothSides() throws Exception {
    Recorder left = new Recorder();
    Recorder right = new Recorder();
    PipePair pipe = new PipePair(time::execute);
    pipe.left().start(left);
    pipe.right().start(right);
    pipe.right().abort();
    Waits.until("both ends told", () -> left.ends.size() + right.ends.size() == 2);
    assertThat(left.ends).containsExactly("failure");
    assertThat(right.ends).containsExactly("failure");
  }

  @Test
  void aTrickleCarriesTheSameBytes() throws Exception {
    Recorder left = new Recorder();
    Recorder right = new Recorder();
    byte[] bytes = random(5000);
    FaultPlan plan = new FaultPlan().trickle();
    play(plan, bytes, left, right);
    Waits.until("all bytes", () -> right.received.size() == bytes.length);
    assertThat(right.received.toByteArray()).isEqualTo(bytes);
    assertThat(plan.bytesOut()).isEqualTo(5000);
  }

  @Test
  void aCutHappensAtItsByte() throws Exception {
    Recorder left = new Recorder();
    Recorder right = new Recorder();
    byte[] bytes = random(1000);
    FaultPlan plan = new FaultPlan().cutOut(123, FaultPlan.Cut.END);
    play(plan, bytes, left, right);
    Waits.until("the end", () -> !right.ends.isEmpty());
    assertThat(right.received.toByteArray()).isEqualTo(java.util.Arrays.copyOf(bytes, 123));
    assertThat(plan.faults()).isEqualTo(1);
  }

  @Test
  void aStallLetsTheBytesBeforeItPass() throws Exception {
    Recorder left = new Recorder();
    Recorder right = new Recorder();
    byte[] bytes = random(1000);
    FaultPlan plan = new FaultPlan().stallOut(77);
    play(plan, bytes, left, right);
    Waits.until("the stall", () -> plan.faults() > 0 && right.received.size() == 77);
    assertThat(right.ends).isEmpty();
    plan.goOn();
    Waits.until("all bytes", () -> right.received.size() == bytes.length);
    assertThat(right.received.toByteArray()).isEqualTo(bytes);
  }

  @Test
  void aFlippedBitIsOneBit() throws Exception {
    Recorder left = new Recorder();
    Recorder right = new Recorder();
    right.toWrite.add(ByteBuffer.wrap(new byte[] {4, 4, 4}));
    FaultPlan plan = new FaultPlan().flipIn(1);
    play(plan, new byte[] {1}, left, right);
    Waits.until("all bytes", () -> left.received.size() == 3);
    assertThat(left.received.toByteArray()).containsExactly(4, 5, 4);
    assertThat(plan.faults()).isEqualTo(1);
  }
}
