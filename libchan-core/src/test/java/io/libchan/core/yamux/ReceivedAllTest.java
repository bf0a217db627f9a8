package io.libchan.core.yamux;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When streams are told that nothing more is at hand for them. */
final class ReceivedAllTest {
  private final List<String> events = new ArrayList<>();
  private final YamuxConnection connection =
      new YamuxConnection(
          new Silent(),
          false,
          Limits.DEFAULTS,
          Duration.ofDays(1),
          Duration.ofDays(1),
          new Still());

  ReceivedAllTest() {
    connection.start(new Streams());
    connection.limitStreams(10);
    connection.received(opened(1));
    connection.received(opened(3));
    events.clear();
  }

  @Test
  void aStreamIsToldOnceForManyReads() {
    connection.receivedSome(data(3));
    connection.receivedSome(data(3));
    assertThat(events).containsExactly("some 3", "some 3");
    connection.receivedAll();
    assertThat(events).containsExactly("some 3", "some 3", "all 3");
  }

  @Test
  void aStreamIsToldBeforeAnotherOnesBytesCome() {
    connection.receivedSome(data(3));
    connection.receivedSome(data(1));
    connection.receivedAll();
    assertThat(events).containsExactly("some 3", "all 3", "some 1", "all 1");
  }

  @Test
  void aStreamIsToldBeforeAnotherOneBegins() {
    connection.receivedSome(data(3));
    connection.receivedSome(opened(5));
    assertThat(events).startsWith("some 3", "all 3");
  }

  @Test
  void aReadOfItsOwnIsAll() {
    connection.received(data(3));
    assertThat(events).endsWith("some 3", "all 3");
  }

  private static ByteBuffer opened(int id) {
    byte[] preamble =
        Preamble.encode(
            new StreamHeaders(id, StreamHeaders.Kind.BYTES, "", null, 0, id / 2, Map.of()));
    ByteBuffer bytes = ByteBuffer.allocate(1024);
    Wire.header(bytes, Wire.WINDOW_UPDATE, Wire.SYN, id, 0);
    Wire.header(bytes, Wire.DATA, 0, id, preamble.length);
    return bytes.put(preamble).flip();
  }

  private static ByteBuffer data(int id) {
    ByteBuffer bytes = ByteBuffer.allocate(Wire.HEADER_BYTES + 1);
    Wire.header(bytes, Wire.DATA, 0, id, 1);
    return bytes.put((byte) 0).flip();
  }

  private final class Streams implements MuxConnection.Handler {
    @Override
    public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
      return new Owner(headers.reference());
    }

    @Override
    public void lost(Reason reason) {
      throw new AssertionError(reason.toString());
    }
  }

  private final class Owner implements MuxStream.Handler {
    private final long id;

    Owner(long id) {
      this.id = id;
    }

    @Override
    public MuxStream.Left fill(ByteBuffer target) {
      return MuxStream.Left.NOTHING;
    }

    @Override
    public void received(ByteBuffer bytes) {
      events.add("some " + id);
    }

    @Override
    public void receivedAll() {
      events.add("all " + id);
    }

    @Override
    public void peerEnded() {}

    @Override
    public void reset(int code) {}

    @Override
    public void over() {}
  }
}
