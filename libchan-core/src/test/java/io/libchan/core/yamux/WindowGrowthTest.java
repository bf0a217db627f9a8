package io.libchan.core.yamux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import io.libchan.testkit.Rule;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** How far the peer is let ahead of the application. */
@Rule({"MUX-9", "MUX-21", "MUX-22"})
final class WindowGrowthTest {
  private static final Duration LONG = Duration.ofDays(1);
  private static final int WINDOW = Wire.INITIAL_WINDOW;
  private static final int PART = 64 * 1024;

  private final Clock clock = new Clock();
  private final Map<Integer, Line> lines = new HashMap<>();

  @Test
  void aWindowDoublesWhileWhatComesIsTaken() {
    Line line = new Line(connection(Limits.DEFAULTS), 1);
    line.moveAndTake(2 * PART);
    assertThat(line.window()).as("after one grant").isEqualTo(WINDOW);
    line.moveAndTake(2 * WINDOW);
    assertThat(line.window()).as("once it was quick for a while").isEqualTo(2 * WINDOW);
    line.moveAndTake(64 * WINDOW);
    assertThat(line.window()).as("at most").isEqualTo(4 << 20);
    assertThat(line.lastGrant).as("half of it at once").isGreaterThanOrEqualTo(2 << 20);
  }

  @Test
  void theLimitIsAnOption() {
    Line line = new Line(connection(Limits.DEFAULTS.withMaxWindowBytes(600_000)), 1);
    line.moveAndTake(64 * WINDOW);
    assertThat(line.window()).isEqualTo(600_000);
  }

  @Test
  void aSmallLimitLeavesTheWindowAsItBegins() {
    Line line = new Line(connection(Limits.DEFAULTS.withMaxWindowBytes(1)), 1);
    line.moveAndTake(64 * WINDOW);
    assertThat(line.window()).isEqualTo(WINDOW);
  }

  @Test
  void aReaderThatIsBehindGetsNoMore() {
    assertThat(windowOfOneBehind(Duration.ofMillis(10))).isEqualTo(WINDOW);
  }

  @Test
  void aReaderThatIsBehindByNextToNothingGetsMoreUntilItIsByMore() {
    assertThat(windowOfOneBehind(Duration.ofNanos(100_000))).isEqualTo(4 << 20);
    assertThat(windowOfOneBehind(Duration.ofNanos(1_100_000))).as("57 MiB/s").isEqualTo(2 * WINDOW);
  }

  /** Of a reader that has always nearly a window to read, and needs so long for each part. */
  private int windowOfOneBehind(Duration part) {
    Line line = new Line(connection(Limits.DEFAULTS), 1);
    for (int i = 0; i < 512; i++) {
      while (line.mayCome >= PART) {
        line.move(PART);
      }
      clock.nanos += part.toNanos();
      line.take(PART);
    }
    return line.window();
  }

  @Test
  void whatComesSlowlyNeedsNoMoreAndGivesItBack() {
    YamuxConnection connection = connection(Limits.DEFAULTS);
    Line line = new Line(connection, 1);
    line.moveAndTake(64 * WINDOW);
    for (int i = 0; i < 256; i++) {
      clock.nanos += Duration.ofSeconds(1).toNanos();
      line.moveAndTake(PART);
    }
    assertThat(line.window()).isEqualTo(WINDOW);
    Line next = new Line(connection, 3);
    next.moveAndTake(64 * WINDOW);
    assertThat(next.window()).isEqualTo(4 << 20);
  }

  @Test
  void allWindowsTogetherGrowByAQuarterOfTheSessionsMemory() {
    Limits limits = Limits.DEFAULTS.withMaxSessionBytes(4 * (3 * WINDOW + 1000));
    YamuxConnection connection = connection(limits);
    Line first = new Line(connection, 1);
    Line second = new Line(connection, 3);
    first.moveAndTake(64 * WINDOW);
    second.moveAndTake(64 * WINDOW);
    int grown = first.window() + second.window() - 2 * WINDOW;
    assertThat(grown).isEqualTo(3 * WINDOW + 1000);
    first.reset();
    second.moveAndTake(64 * WINDOW);
    assertThat(second.window()).as("when the other is over").isEqualTo(4 * WINDOW + 1000);
  }

  @Test
  void aPeerThatHasEndedNeedsNoWindowThoughTheStreamLivesOn() {
    YamuxConnection connection =
        connection(Limits.DEFAULTS.withMaxSessionBytes(4 * ((4 << 20) - WINDOW)));
    Line first = new Line(connection, 1);
    first.moveAndTake(64 * WINDOW);
    for (int i = 0; i < 8 * WINDOW; i += PART) {
      first.move(PART);
    }
    first.end();
    Line second = new Line(connection, 3);
    second.moveAndTake(64 * WINDOW);
    assertThat(second.window()).as("while much is unread").isEqualTo(WINDOW);
    first.take(7 * WINDOW);
    second.moveAndTake(64 * WINDOW);
    assertThat(second.window()).as("when little is").isEqualTo(4 << 20);
    second.end();
    first.take(WINDOW);
    first.reset();
    Line third = new Line(connection, 5);
    third.moveAndTake(64 * WINDOW);
    assertThat(third.window()).as("given back once, and at once").isEqualTo(4 << 20);
    Line fourth = new Line(connection, 7);
    fourth.moveAndTake(64 * WINDOW);
    assertThat(fourth.window()).as("not twice").isEqualTo(WINDOW);
  }

  /** What was granted, and what came, are sums that wrap. */
  @Test
  @Rule("MUX-7")
  void aWindowHoldsBehindMoreThanAnIntCounts() {
    Line line = new Line(connection(Limits.DEFAULTS), 1);
    line.moveAndTake(1 << 30);
    line.moveAndTake(1 << 30);
    line.moveAndTake(WINDOW);
    assertThat(line.window()).isEqualTo(4 << 20);
    line.move(line.mayCome);
    assertThatThrownBy(() -> line.come(1)).hasMessageContaining("MUX-7");
  }

  @Test
  @Rule("MUX-7")
  void theLargestWindowIsSpentAndGrantedAgain() {
    Line line = new Line(connection(Limits.DEFAULTS), 1);
    line.grant(Integer.MAX_VALUE - WINDOW);
    for (int i = 1; i <= 3; i++) {
      line.send(100_000);
      assertThat(line.sent).isEqualTo(i * 100_000);
      line.grant(100_000);
    }
    assertThatThrownBy(() -> line.grant(1)).hasMessageContaining("MUX-7");
  }

  private YamuxConnection connection(Limits limits) {
    YamuxConnection connection =
        new YamuxConnection(new Silent(), false, limits, LONG, LONG, clock);
    connection.start(new Streams());
    connection.limitStreams(10);
    return connection;
  }

  /** A stream of the peer's, with what both sides know of it. */
  private final class Line implements MuxStream.Handler {
    final YamuxConnection connection;
    final int id;
    MuxStream stream;
    int mayCome = WINDOW; // what the peer may send
    int unread;
    int owed; // taken, not granted
    int lastGrant;
    int toSend;
    int sent;

    Line(YamuxConnection connection, int id) {
      this.connection = connection;
      this.id = id;
      lines.put(id, this);
      byte[] preamble =
          Preamble.encode(
              new StreamHeaders(
                  id, StreamHeaders.Kind.BYTES, "", null, 0, id == 1 ? 0 : 1, Map.of()));
      ByteBuffer bytes = ByteBuffer.allocate(1024);
      Wire.header(bytes, Wire.WINDOW_UPDATE, Wire.SYN, id, 0);
      Wire.header(bytes, Wire.DATA, 0, id, preamble.length);
      connection.received(bytes.put(preamble).flip());
      assertThat(stream).as("opened").isNotNull();
      mayCome -= preamble.length;
      owed += preamble.length; // counts as taken when it came
      written();
    }

    int window() {
      return mayCome + unread + owed;
    }

    void moveAndTake(int bytes) {
      for (int left = bytes; left > 0; left -= PART) {
        move(Math.min(PART, left));
        take(Math.min(PART, left));
      }
    }

    void move(int bytes) {
      assertThat(mayCome).as("what may come").isGreaterThanOrEqualTo(bytes);
      come(bytes);
    }

    void come(int bytes) {
      ByteBuffer frame = ByteBuffer.allocate(Wire.HEADER_BYTES + bytes);
      Wire.header(frame, Wire.DATA, 0, id, bytes);
      connection.received(frame.position(frame.limit()).flip());
      mayCome -= bytes;
      unread += bytes;
    }

    void take(int bytes) {
      unread -= bytes;
      owed += bytes;
      stream.credit(bytes);
      written();
    }

    void end() {
      ByteBuffer frame = ByteBuffer.allocate(Wire.HEADER_BYTES);
      Wire.header(frame, Wire.DATA, Wire.FIN, id, 0);
      connection.received(frame.flip());
    }

    void grant(int bytes) {
      ByteBuffer frame = ByteBuffer.allocate(Wire.HEADER_BYTES);
      Wire.header(frame, Wire.WINDOW_UPDATE, 0, id, bytes);
      connection.received(frame.flip());
    }

    void send(int bytes) {
      toSend = bytes;
      stream.wantWrite();
      while (toSend > 0) {
        written();
      }
    }

    void reset() {
      stream.reset(1);
      written();
    }

    private void written() {
      ByteBuffer out = ByteBuffer.allocate(64 * 1024);
      connection.fill(out);
      for (out.flip(); out.hasRemaining(); ) {
        int start = out.position();
        boolean data = out.get(start + 1) == Wire.DATA;
        int length = out.getInt(start + 8);
        sent += data ? length : 0;
        if (out.get(start + 1) == Wire.WINDOW_UPDATE && out.getShort(start + 2) == 0) {
          lines.get(out.getInt(start + 4)).granted(length);
        }
        out.position(start + Wire.HEADER_BYTES + (data ? length : 0));
      }
    }

    /** All that was taken, and what the window changes by. */
    private void granted(int bytes) {
      assertThat(bytes).isPositive();
      lastGrant = bytes;
      mayCome += bytes;
      owed = 0;
    }

    @Override
    public MuxStream.Left fill(ByteBuffer target) {
      int count = Math.min(toSend, target.remaining());
      target.position(target.position() + count);
      toSend -= count;
      return toSend > 0 ? MuxStream.Left.MORE : MuxStream.Left.NOTHING;
    }

    @Override
    public void received(ByteBuffer bytes) {
      bytes.position(bytes.limit());
    }

    @Override
    public void peerEnded() {}

    @Override
    public void reset(int code) {}

    @Override
    public void over() {}
  }

  private final class Streams implements MuxConnection.Handler {
    @Override
    public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
      Line line = lines.get((int) headers.reference());
      line.stream = stream;
      return line;
    }

    @Override
    public void lost(Reason reason) {
      throw new AssertionError(reason.toString());
    }
  }

  private static final class Clock implements Environment {
    long nanos;

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      return () -> {};
    }

    @Override
    public void execute(Runnable task) {}
  }
}
