package io.libchan.core.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Limits;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Who writes next. */
final class TurnsTest {
  private static final Duration LONG = Duration.ofDays(1);

  private final YamuxConnection connection =
      new YamuxConnection(new Silent(), true, Limits.DEFAULTS, LONG, LONG, new Still());

  /** A stream that can't announce itself behind others would keep its message back. */
  @Test
  void newStreamsDoNotKeepOldOnesFromWriting() {
    connection.start(new Nobody());
    MuxStream old = open(1, 100);
    assertThat(written(64 * 1024)).containsOnlyOnce(1);
    for (int i = 2; i <= 101; i++) {
      open(2L * i - 1, 0);
    }
    old.wantWrite();
    List<Integer> turns = written(64 * 1024);
    int longest = 0;
    int row = 0;
    int before = 0;
    for (int id : turns) {
      row = id == before || id == 1 ? 0 : row + 1;
      before = id;
      longest = Math.max(longest, row);
    }
    assertThat(turns).contains(1, 201);
    assertThat(longest).as("new streams in a row while an old one had data").isEqualTo(1);
  }

  /** Opens a stream that writes one byte in each of so many turns, if it gets them. */
  private MuxStream open(long reference, int bytes) {
    StreamHeaders headers =
        new StreamHeaders(
            reference, StreamHeaders.Kind.BYTES, "", null, 0, reference == 1 ? 0 : 1, Map.of());
    return connection.open(headers, stream -> new Drip(bytes));
  }

  /** The streams of the DATA frames that one buffer takes. */
  private List<Integer> written(int capacity) {
    ByteBuffer out = ByteBuffer.allocate(capacity);
    connection.fill(out);
    out.flip();
    List<Integer> streams = new ArrayList<>();
    while (out.hasRemaining()) {
      int start = out.position();
      int length = out.get(start + 1) == Wire.DATA ? out.getInt(start + 8) : 0;
      if (out.get(start + 1) == Wire.DATA) {
        streams.add(out.getInt(start + 4));
      }
      out.position(start + Wire.HEADER_BYTES + length);
    }
    return streams;
  }

  /** Nothing at first, then one byte in each turn. */
  private static final class Drip implements MuxStream.Handler {
    private int left;
    private boolean begun;

    Drip(int bytes) {
      left = bytes;
    }

    @Override
    public MuxStream.Left fill(ByteBuffer target) {
      if (!begun || left == 0) {
        begun = true;
        return MuxStream.Left.NOTHING;
      }
      target.put((byte) 0);
      return --left > 0 ? MuxStream.Left.MORE : MuxStream.Left.NOTHING;
    }

    @Override
    public void received(ByteBuffer bytes) {}

    @Override
    public void peerEnded() {}

    @Override
    public void reset(int code) {}

    @Override
    public void over() {}
  }

  private static final class Nobody implements MuxConnection.Handler {
    @Override
    public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
      return new Drip(0);
    }

    @Override
    public void lost(Reason reason) {}
  }

  private static final class Silent implements ByteConnection {
    @Override
    public PeerInfo peer() {
      return PeerInfo.of("test", "nowhere");
    }

    @Override
    public void start(Handler handler) {}

    @Override
    public void wantWrite() {}

    @Override
    public void close() {}

    @Override
    public void abort() {}
  }

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
    public void execute(Runnable task) {}
  }
}
