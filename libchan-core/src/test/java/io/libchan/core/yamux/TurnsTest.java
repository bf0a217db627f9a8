package io.libchan.core.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import io.libchan.testkit.Rule;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
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

  /** A writer that has just found nothing to write may not say goodbye before them. */
  @Test
  @Rule("CTL-5")
  void lastWordsGoBeforeGoAwayWheneverTheyCome() throws Exception {
    AtomicReference<YamuxConnection> next = new AtomicReference<>();
    AtomicReference<List<Integer>> heard = new AtomicReference<>();
    Thread writer =
        new Thread(
            () -> {
              ByteBuffer out = ByteBuffer.allocate(1024);
              while (!Thread.interrupted()) {
                YamuxConnection each = next.get();
                if (each != null) {
                  each.fill(out);
                  List<Integer> types = types(out);
                  if (types.contains(Wire.GO_AWAY)) {
                    out.clear();
                    next.set(null);
                    heard.set(types);
                  }
                }
              }
            });
    writer.start();
    try {
      for (int i = 0; i < 20_000; i++) {
        YamuxConnection each =
            new YamuxConnection(new Silent(), true, Limits.DEFAULTS, LONG, LONG, new Still());
        each.start(new Nobody());
        Words words = new Words();
        MuxStream control = each.open(headers(1), stream -> words);
        each.fill(ByteBuffer.allocate(1024)); // its preamble
        next.set(each);
        words.come = true;
        control.wantWrite();
        each.abort(Reason.of(ReasonCode.INTERNAL, "planted"));
        while (heard.get() == null) {
          Thread.onSpinWait();
        }
        assertThat(heard.getAndSet(null)).as("round " + i).containsExactly(Wire.DATA, Wire.GO_AWAY);
      }
    } finally {
      writer.interrupt();
      writer.join();
    }
  }

  /** Opens a stream that writes one byte in each of so many turns, if it gets them. */
  private MuxStream open(long reference, int bytes) {
    return connection.open(headers(reference), stream -> new Drip(bytes));
  }

  private static StreamHeaders headers(long reference) {
    StreamHeaders.Kind kind =
        reference == 1 ? StreamHeaders.Kind.CONTROL : StreamHeaders.Kind.BYTES;
    return new StreamHeaders(reference, kind, "", null, 0, reference == 1 ? 0 : 1, Map.of());
  }

  /** The types of the frames that were written to a buffer. */
  private static List<Integer> types(ByteBuffer written) {
    List<Integer> types = new ArrayList<>();
    int start = 0;
    while (start < written.position()) {
      int type = written.get(start + 1);
      types.add(type);
      start += Wire.HEADER_BYTES + (type == Wire.DATA ? written.getInt(start + 8) : 0);
    }
    return types;
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

  /** Four bytes, once they have come. */
  private static final class Words implements MuxStream.Handler {
    private volatile boolean come;

    @Override
    public MuxStream.Left fill(ByteBuffer target) {
      if (come) {
        come = false;
        target.putInt(0);
      }
      return MuxStream.Left.NOTHING;
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
}
