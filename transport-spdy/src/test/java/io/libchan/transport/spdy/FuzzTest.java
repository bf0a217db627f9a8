package io.libchan.transport.spdy;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.spi.Ends;
import io.libchan.spi.Environment;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Services;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Seeds;
import io.libchan.transport.netty.sockets.Linger;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bytes that no peer in its right mind sends, into a real session in one thread: it ends with
 * PROTOCOL_ERROR or LIMIT, or goes on; nothing else is thrown, and memory is bounded.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FuzzTest {
  private static final int ROUNDS = 600;

  private static final Options OPTIONS =
      Options.builder()
          .limits(Limits.DEFAULTS.withMaxSessionBytes(1 << 20).withMaxMessageBytes(1 << 16))
          .build();

  /** Timers that never ring; tasks run at once. */
  private static final class Still implements Environment {
    @Override
    public long nanoTime() {
      return 0;
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      return () -> {};
    }

    @Override
    public void execute(Runnable task) {
      task.run();
    }
  }

  /** A session whose socket is a row of bytes. */
  private static final class Fed {
    final EmbeddedChannel channel = new EmbeddedChannel();
    final Session session;
    final List<ReceivePort<Object>> ports = new ArrayList<>();
    Reason ended;

    Fed() throws Exception {
      Linger linger = new Linger(OPTIONS.closeTimeout().toMillis());
      channel.pipeline().addLast(linger);
      SpdyConnection connection =
          SpdyConnection.begin(channel, linger, PeerInfo.of("spdy", ""), OPTIONS, false).getNow();
      session =
          Services.engine()
              .start(connection, false, OPTIONS, new Still())
              .toCompletableFuture()
              .get();
      session.closed().thenAccept(reason -> ended = reason);
    }

    void feed(byte[] bytes) throws Exception {
      if (channel.isOpen()) {
        channel.writeInbound(Unpooled.wrappedBuffer(bytes));
        channel.runPendingTasks();
        channel.checkException();
      }
      receive();
      channel.releaseOutbound();
    }

    private void receive() throws InterruptedException {
      try {
        while (true) {
          Receiver<Object> receiver = session.accept("", Object.class, Duration.ZERO);
          ports.add(Ends.port(receiver));
        }
      } catch (TimeoutException | ChannelException e) {
        // no more of them
      }
      for (ReceivePort<Object> port : ports) {
        for (int i = 0; i < 50; i++) {
          try {
            if (port.poll() instanceof ReceivePort.None) {
              break;
            }
          } catch (ChannelException e) {
            break;
          }
        }
      }
    }

    void end() {
      channel.finishAndReleaseAll();
      channel.runPendingTasks();
    }
  }

  private static void assertGood(Fed fed, String what) {
    if (fed.ended != null) {
      assertThat(fed.ended.code())
          .as(what + ": " + fed.ended)
          .isIn(
              ReasonCode.PROTOCOL_ERROR,
              ReasonCode.LIMIT,
              ReasonCode.SESSION_CLOSED,
              ReasonCode.CONNECTION_LOST);
    }
  }

  @Test
  @Rule({"SPDY-4", "SPDY-5", "SPDY-6", "SPDY-10"})
  void capturesWithFaults() throws Exception {
    Random random = Seeds.random("capturesWithFaults");
    byte[][] captures = {
      Capture.of("nested-channels.txt").client(), Capture.of("remote-exec.txt").client()
    };
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = captures[round % 2].clone();
      if (round % 4 == 0) {
        bytes = Arrays.copyOf(bytes, 600); // where the frames are dense
      }
      int faults = 1 + random.nextInt(4);
      for (int i = 0; i < faults; i++) {
        bytes = fault(bytes, random);
      }
      Fed fed = new Fed();
      int cut = random.nextInt(bytes.length);
      fed.feed(Arrays.copyOf(bytes, cut));
      fed.feed(Arrays.copyOfRange(bytes, cut, bytes.length));
      fed.end();
      assertGood(fed, "round " + round);
    }
  }

  private static byte[] fault(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length);
    byte[] changed = bytes.clone();
    switch (random.nextInt(4)) {
      case 0 -> changed[at] = (byte) random.nextInt();
      case 1 -> changed[at] = (byte) 0xff;
      case 2 -> changed = Arrays.copyOf(bytes, Math.max(1, at));
      default -> {
        ByteBuffer twice = ByteBuffer.allocate(bytes.length + 16);
        twice.put(bytes, 0, at);
        for (int i = 0; i < 16; i++) {
          twice.put(bytes[(at + i) % bytes.length]);
        }
        twice.put(bytes, at, bytes.length - at);
        changed = twice.array();
      }
    }
    return changed;
  }

  /** Frames that are frames, with contents that are not right. */
  @Test
  @Rule({"SPDY-4", "SPDY-5", "SPDY-6", "SPDY-8", "SPDY-10", "SPDY-14"})
  void framesAtRandom() throws Exception {
    Random random = Seeds.random("framesAtRandom");
    for (int round = 0; round < ROUNDS / 10; round++) {
      Fed fed = new Fed();
      Frames frames = new Frames();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      int next = 1;
      for (int i = 0; i < 100; i++) {
        int stream = 1 + 2 * random.nextInt(8);
        switch (random.nextInt(8)) {
          case 0 -> {
            out.writeBytes(
                frames.syn(
                    next,
                    random.nextBoolean()
                        ? Map.of("libchan-ref", "" + random.nextInt(6))
                        : Map.of(
                            "libchan-ref", "" + random.nextInt(20),
                            "libchan-parent-ref", "" + random.nextInt(4))));
            next += random.nextInt(20) == 0 ? 0 : 2;
          }
          case 1 -> out.writeBytes(Frames.control(Frames.RST_STREAM, stream, random.nextInt(12)));
          case 2 -> out.writeBytes(Frames.control(Frames.WINDOW_UPDATE, stream, random.nextInt()));
          case 3 -> out.writeBytes(Frames.control(Frames.SETTINGS, 1, 7, random.nextInt()));
          case 4 -> out.writeBytes(Frames.control(Frames.PING, random.nextInt()));
          default -> out.writeBytes(Frames.data(stream, random.nextInt(10) == 0, value(random)));
        }
      }
      fed.feed(out.toByteArray());
      fed.end();
      assertGood(fed, "round " + round);
    }
  }

  private static byte[] value(Random random) {
    byte[] bytes = new byte[1 + random.nextInt(30)];
    random.nextBytes(bytes);
    if (random.nextBoolean()) {
      bytes[0] = (byte) (0xc0 + random.nextInt(32)); // the codes that need care
    }
    if (random.nextInt(4) == 0) {
      return ByteBuffer.allocate(6)
          .put((byte) 0xd6)
          .put((byte) random.nextInt(8))
          .putInt(random.nextInt(20))
          .array();
    }
    return bytes;
  }

  /** Header blocks by hand: count and lengths that lie, names twice, nothing at all. */
  @Test
  @Rule("SPDY-6")
  void headersThatLie() throws Exception {
    byte[] name = "libchan-ref".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    List<byte[]> blocks = new ArrayList<>();
    for (int count : new int[] {-1, Integer.MAX_VALUE, 2, 1 << 24}) {
      blocks.add(block(count, name.length, name, 1));
    }
    for (int length : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0, 1 << 20}) {
      blocks.add(block(1, length, name, 1));
      blocks.add(block(1, name.length, name, length));
    }
    blocks.add(new byte[0]);
    blocks.add(new byte[3]);
    for (byte[] plain : blocks) {
      Fed fed = new Fed();
      Frames frames = new Frames();
      fed.feed(Frames.syn(1, frames.block(plain)));
      fed.feed(frames.syn(3, Map.of("libchan-ref", "2")));
      fed.end();
      assertGood(fed, Arrays.toString(plain));
      assertThat(fed.ports.size()).isLessThanOrEqualTo(1);
    }
  }

  private static byte[] block(int count, int nameLength, byte[] name, int valueLength) {
    return ByteBuffer.allocate(4 + 4 + name.length + 4 + 1)
        .putInt(count)
        .putInt(nameLength)
        .put(name)
        .putInt(valueLength)
        .put((byte) '2')
        .array();
  }

  /** 64 MiB of zeros take 64 KiB on the wire. */
  @Test
  @Rule("SPDY-6")
  void aBombOfZlibEndsTheSession() throws Exception {
    byte[] plain = new byte[64 << 20];
    ByteBuffer.wrap(plain).putInt(1).putInt(1).put((byte) 'x').putInt(plain.length - 13);
    byte[] block = new Frames().block(plain);
    assertThat(block.length).isLessThan(100_000);
    Fed fed = new Fed();
    long before = allocated();
    fed.feed(Frames.syn(1, block));
    assertThat(fed.ended.code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(allocated() - before).isLessThan(4 << 20);
    fed.end();
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean)
            java.lang.management.ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @Test
  @Rule("SPDY-6")
  void aBlockThatIsNotZlibEndsTheSession() throws Exception {
    Fed fed = new Fed();
    fed.feed(Frames.syn(1, new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    assertThat(fed.ended.code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    fed.end();
    Fed old = new Fed();
    old.feed(new byte[] {(byte) 0x80, 2, 0, 1, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0});
    assertThat(old.ended.code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    old.end();
  }

  /** What the parser of these tests says is what the session's says. */
  @Test
  void theCapturesAreRead() throws Exception {
    byte[] bytes = Capture.of("nested-channels.txt").client();
    Frames frames = new Frames();
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    Fed fed = new Fed();
    for (Frames.Frame frame = frames.read(in); frame != null; frame = frames.read(in)) {
      fed.feed(frame.raw());
    }
    assertThat(fed.ended).isNull();
    assertThat(fed.ports).hasSize(1);
    fed.end();
  }
}
