package io.libchan.transport.spdy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelReset;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.SessionLost;
import io.libchan.spi.ReferenceDialect;
import io.libchan.testkit.Rule;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a session does with a peer that writes every frame by hand. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SessionTest {
  private static final Options OPTIONS =
      Options.builder()
          .closeTimeout(Duration.ofMillis(300))
          .referenceTimeout(Duration.ofMillis(200))
          .build();

  record Reply(Sender<Object> done, ByteStream bytes) {}

  record Both(InputStream input, OutputStream output, Receiver<Object> items, Object value) {}

  private static byte[] hex(String text) {
    return HexFormat.of().parseHex(text);
  }

  private static Options limits(Limits limits) {
    return OPTIONS.toBuilder().limits(limits).build();
  }

  private static ReasonCode ended(RawPeer peer) throws Exception {
    return peer.session.closed().toCompletableFuture().get(10, TimeUnit.SECONDS).code();
  }

  // ---- dialects ----

  @Test
  @Rule({"SPDY-7", "SPDY-8", "SPDY-13"})
  void theOlderDialectIsKnownByItsFirstStream() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      peer.write(
          peer.frames.syn(1, Map.of("libchan-parent-ref", "0", "libchan-ref", "1")),
          peer.frames.syn(3, Map.of("libchan-parent-ref", "1", "libchan-ref", "3")),
          peer.frames.syn(5, Map.of("libchan-ref", "5")),
          // {"Done": sender 3, "Bytes": byte stream 5}
          Frames.data(1, false, hex("82a4446f6e65c705010200000003a54279746573d60200000005")),
          Frames.data(5, true, "bytes".getBytes(UTF_8)));
      Reply reply = peer.session.accept(Reply.class).receive();
      assertThat(new String(reply.bytes().input().readAllBytes(), UTF_8)).isEqualTo("bytes");
      assertThat(peer.next(Frames.SYN_REPLY).headers()).isEqualTo(Map.of("status", "200"));
      Channel<Object> items = Channel.of(Object.class);
      reply.done().send(new Both(null, null, items.receiver(), 7));
      peer.traffic.awaitOpened(2);
      assertThat(peer.traffic.opened.get(2))
          .isEqualTo(Map.of("libchan-ref", "2", "libchan-parent-ref", "3"));
      peer.traffic.awaitData(3, 1, false);
      assertThat(Values.all(peer.traffic.bytes(3)))
          .isEqualTo(List.of(Map.of("Items", "ext 1 0100000002", "Value", 7L)));
      assertThatThrownBy(() -> reply.done().send(Instant.EPOCH)).hasMessageContaining("SPDY-24");
    }
  }

  @Test
  @Rule({"SPDY-7", "SPDY-8", "SPDY-13"})
  void theOlderDialectByOption() throws Exception {
    Options options =
        OPTIONS.toBuilder()
            .with(SpdyOptions.builder().dialect(ReferenceDialect.JSCHAN).build())
            .build();
    try (RawPeer peer = RawPeer.listens(options)) {
      Channel<Object> done = Channel.of(Object.class);
      peer.session.open(Reply.class).send(new Reply(done.sender(), ByteStream.pair().right()));
      peer.traffic.awaitOpened(5);
      assertThat(peer.traffic.opened)
          .isEqualTo(
              Map.of(
                  1, Map.of("libchan-ref", "1", "libchan-parent-ref", "0"),
                  3, Map.of("libchan-ref", "3", "libchan-parent-ref", "1"),
                  5, Map.of("libchan-ref", "5")));
      peer.traffic.awaitData(1, 1, false);
      assertThat(Values.all(peer.traffic.bytes(1)))
          .isEqualTo(List.of(Map.of("Done", "ext 1 0200000003", "Bytes", "ext 2 00000005")));
      peer.write(peer.frames.reply(3, Map.of("status", "200")), Frames.data(3, true, hex("2a")));
      assertThat(done.receiver().receive()).isEqualTo(42);
      assertThat(done.receiver().receive()).isNull();
    }
  }

  // ---- streams ----

  @Test
  @Rule({"SPDY-5", "SPDY-8"})
  void badHeadersAreAnsweredAndReset() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      int stream = 1;
      for (Map<String, String> headers :
          List.of(
              Map.of("x", "y"),
              Map.of("libchan-ref", "-1"),
              Map.of("libchan-ref", "0"),
              Map.of("libchan-ref", "9223372036854775808"),
              Map.of("libchan-ref", "7", "libchan-parent-ref", "x"))) {
        peer.write(peer.frames.syn(stream, headers));
        assertThat(peer.next(Frames.SYN_REPLY).stream()).isEqualTo(stream);
        assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(stream);
        stream += 2;
      }
      peer.write(peer.top(stream, 9), Frames.data(stream, true, hex("05")));
      assertThat(peer.session.accept(Object.class).receive()).isEqualTo(5);
    }
  }

  @Test
  @Rule("SPDY-8")
  void aReferenceThatIsOpenAlreadyIsReset() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      peer.write(peer.top(1, 2), peer.nested(3, 2, 2));
      assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(3);
      peer.write(Frames.data(1, true, hex("05")));
      assertThat(peer.session.accept(Object.class).receive()).isEqualTo(5);
    }
  }

  @Test
  @Rule("SPDY-5")
  void aNumberThatDoesNotRiseEndsTheSession() throws Exception {
    for (int second : new int[] {3, 1, 4}) {
      try (RawPeer peer = RawPeer.connects(OPTIONS)) {
        peer.write(peer.top(3, 2), peer.top(second, 3));
        assertThat(ended(peer)).isEqualTo(ReasonCode.PROTOCOL_ERROR);
      }
    }
  }

  @Test
  @Rule({"SPDY-14", "SPDY-15"})
  void aStreamThatNothingNamesIsReset() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      peer.write(peer.top(1, 2), peer.nested(3, 3, 2));
      assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(3);
      assertThat(peer.session.snapshot().unnamed()).isZero();
    }
  }

  @Test
  @Rule("SPDY-14")
  void aStreamWhoseMessageIsUnreadWaits() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      peer.write(
          peer.top(1, 2),
          peer.nested(3, 3, 2),
          Frames.data(1, false, hex("81a5496e707574d60300000003")),
          Frames.data(3, true, "late".getBytes(UTF_8)));
      peer.write(peer.nested(5, 4, 99)); // reset by the same clock, and later
      assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(5);
      Both both = peer.session.accept(Both.class).receive();
      assertThat(new String(both.input().readAllBytes(), UTF_8)).isEqualTo("late");
    }
  }

  @Test
  @Rule("SPDY-14")
  void aStreamMayComeAfterItsMessage() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      peer.write(peer.top(1, 2), Frames.data(1, false, hex("81a5496e707574d60300000003")));
      CompletableFuture<Both> received =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return peer.session.accept(Both.class).receive();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      while (peer.session.snapshot().awaited() == 0) {
        Thread.onSpinWait();
      }
      peer.write(peer.nested(3, 3, 2), Frames.data(3, true, "late".getBytes(UTF_8)));
      assertThat(received.get().input().readAllBytes()).hasSize(4);
    }
  }

  // ---- limits ----

  @Test
  @Rule("SPDY-11")
  void aSenderWaitsForTheConnection() throws Exception {
    try (RawPeer peer = RawPeer.listens(limits(Limits.DEFAULTS.withMaxQueuedBytes(100_000)))) {
      peer.write(Frames.control(Frames.SETTINGS, 1, 7, 0)); // a first window of nothing
      peer.write(Frames.control(Frames.PING, 2));
      peer.next(Frames.PING);
      Sender<Object> sender = peer.session.open(Object.class);
      int sent = 0;
      while (sender.trySend(new byte[10_000])) {
        sent++;
      }
      assertThat(sent).isEqualTo(10);
      assertThat(peer.session.snapshot().streams().get(0).queuedBytes())
          .isBetween(100_000L, 110_000L);
    }
  }

  @Test
  @Rule("SPDY-11")
  void windowsOfAPeerThatHasThemAreObeyed() throws Exception {
    try (RawPeer peer = RawPeer.listens(OPTIONS)) {
      peer.write(Frames.control(Frames.SETTINGS, 1, 7, 1_000));
      peer.write(Frames.control(Frames.PING, 2));
      peer.next(Frames.PING);
      Sender<Object> sender = peer.session.open(Object.class);
      sender.send(new byte[100_000]);
      sender.close();
      peer.traffic.awaitData(1, 1_000, false);
      peer.write(Frames.control(Frames.PING, 4));
      peer.next(Frames.PING);
      assertThat(peer.traffic.bytes(1)).hasSize(1_000);
      peer.write(Frames.control(Frames.WINDOW_UPDATE, 1, 200_000));
      peer.traffic.awaitData(1, 65_536, false); // the session's own window
      peer.write(Frames.control(Frames.PING, 6));
      peer.next(Frames.PING);
      assertThat(peer.traffic.bytes(1)).hasSize(65_536);
      peer.write(Frames.control(Frames.WINDOW_UPDATE, 0, 200_000));
      peer.traffic.awaitData(1, 100_005, true);
    }
  }

  @Test
  @Rule("SPDY-11")
  void aPeerWithWindowsGetsThemRenewed() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      peer.write(Frames.control(Frames.SETTINGS, 1, 7, 65_536), peer.top(1, 2));
      Receiver<Object> receiver = peer.session.accept(Object.class);
      peer.write(Frames.data(1, false, message(50_000)));
      assertThat((byte[]) receiver.receive()).hasSize(50_000);
      assertThat(peer.next(Frames.WINDOW_UPDATE).stream()).isEqualTo(1);
      assertThat(peer.next(Frames.WINDOW_UPDATE).stream()).isZero();
    }
  }

  private static byte[] message(int bytes) {
    byte[] message = new byte[bytes + 5];
    message[0] = (byte) 0xc6;
    message[3] = (byte) (bytes >> 8);
    message[4] = (byte) bytes;
    message[2] = (byte) (bytes >> 16);
    return message;
  }

  @Test
  @Rule("SPDY-11")
  void aStreamThatNobodyReadsIsResetAndTheOthersGoOn() throws Exception {
    Options options =
        limits(Limits.DEFAULTS.withMaxSessionBytes(200_000)).toBuilder()
            .with(SpdyOptions.builder().stallTimeout(Duration.ofMillis(200)).build())
            .build();
    try (RawPeer peer = RawPeer.connects(options)) {
      peer.write(peer.top(1, 2), peer.top(3, 3));
      Receiver<Object> unread = peer.session.accept(Object.class);
      Receiver<Object> read = peer.session.accept(Object.class);
      for (int i = 0; i < 5; i++) {
        peer.write(Frames.data(1, false, message(60_000)));
      }
      peer.write(Frames.data(3, false, hex("05")));
      assertThat(read.receive()).isEqualTo(5);
      assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(1);
      assertThatThrownBy(unread::receive)
          .isInstanceOf(LimitExceeded.class)
          .hasMessageContaining("session-memory");
    }
  }

  /** It holds the memory also when it has ended, and then it has not ended well. */
  @Test
  @Rule("SPDY-11")
  void anEndedStreamThatNobodyReadsIsLostAndTheOthersGoOn() throws Exception {
    Options options =
        limits(Limits.DEFAULTS.withMaxSessionBytes(200_000)).toBuilder()
            .with(SpdyOptions.builder().stallTimeout(Duration.ofMillis(200)).build())
            .build();
    try (RawPeer peer = RawPeer.connects(options)) {
      peer.write(peer.top(1, 2), peer.top(3, 3));
      Receiver<Object> unread = peer.session.accept(Object.class);
      Receiver<Object> read = peer.session.accept(Object.class);
      for (int i = 0; i < 4; i++) {
        peer.write(Frames.data(1, i == 3, message(60_000)));
      }
      peer.traffic.awaitData(1, 0, true); // answered: over on both sides
      peer.write(Frames.data(3, false, hex("05")));
      assertThat(read.receive()).isEqualTo(5);
      assertThatThrownBy(unread::receive).isInstanceOf(LimitExceeded.class);
    }
  }

  @Test
  @Rule("SPDY-11")
  void aSlowReaderStopsTheConnectionAndLosesNothing() throws Exception {
    try (RawPeer peer = RawPeer.connects(limits(Limits.DEFAULTS.withMaxSessionBytes(200_000)))) {
      peer.write(peer.top(1, 2));
      Receiver<Object> receiver = peer.session.accept(Object.class);
      CompletableFuture<Void> written =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < 400; i++) {
                    peer.write(Frames.data(1, i == 399, message(60_000)));
                  }
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      while (peer.session.snapshot().unreadBytes() < 200_000) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < 400; i++) {
        assertThat((byte[]) receiver.receive()).hasSize(60_000);
        assertThat(peer.session.snapshot().unreadBytes()).isLessThan(1_000_000);
      }
      assertThat(receiver.receive()).isNull();
      written.get();
    }
  }

  @Test
  @Rule("SPDY-4")
  void floodsEndTheSession() throws Exception {
    byte[][] floods = {
      Frames.control(Frames.SETTINGS, 0),
      Frames.control(Frames.RST_STREAM, 1, 5),
      Frames.control(Frames.PING, 1),
      Frames.control(Frames.WINDOW_UPDATE, 1, 1),
      Frames.data(77, false, new byte[0])
    };
    for (byte[] flood : floods) {
      try (RawPeer peer = RawPeer.connects(OPTIONS)) {
        byte[] many = new byte[flood.length * 1_100];
        for (int i = 0; i < 1_100; i++) {
          System.arraycopy(flood, 0, many, i * flood.length, flood.length);
        }
        peer.write(many);
        assertThat(ended(peer)).isEqualTo(ReasonCode.LIMIT);
      }
    }
  }

  @Test
  @Rule("SPDY-5")
  void tooManyStreamsAreRefused() throws Exception {
    try (RawPeer peer = RawPeer.connects(limits(Limits.DEFAULTS.withMaxStreams(2)))) {
      peer.write(peer.top(1, 2), peer.top(3, 3), peer.top(5, 4));
      assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(5);
    }
    try (RawPeer peer = RawPeer.connects(limits(Limits.DEFAULTS.withMaxBacklog(1)))) {
      peer.write(peer.top(1, 2), peer.top(3, 3));
      assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(3);
    }
    try (RawPeer peer = RawPeer.connects(limits(Limits.DEFAULTS.withMaxPendingReferences(1)))) {
      peer.write(peer.top(1, 2), peer.nested(3, 3, 2), peer.nested(5, 4, 2));
      assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(5);
    }
    try (RawPeer peer = RawPeer.listens(limits(Limits.DEFAULTS.withMaxStreams(1)))) {
      assertThat(peer.session.open(Object.class)).isNotNull();
      assertThatThrownBy(() -> peer.session.open(Object.class)).isInstanceOf(LimitExceeded.class);
    }
  }

  @Test
  @Rule("SPDY-10")
  void messagesOverALimitEndTheirChannel() throws Exception {
    Limits limits =
        Limits.DEFAULTS.withMaxMessageBytes(1_000).withMaxDepth(3).withMaxAttachments(1);
    String[] bad = {
      "dbffffffff", // text of 4 GiB
      "c603ffffff",
      "9191919191",
      "92d60300000003d60300000004",
      "c1"
    };
    try (RawPeer peer = RawPeer.connects(limits(limits))) {
      int stream = 1;
      for (String message : bad) {
        peer.write(peer.top(stream, stream + 1), Frames.data(stream, false, hex("01" + message)));
        Receiver<Object> receiver = peer.session.accept(Object.class);
        assertThat(receiver.receive()).as(message).isEqualTo(1);
        assertThatThrownBy(receiver::receive)
            .as(message)
            .isInstanceOf(io.libchan.ChannelException.class);
        assertThat(peer.next(Frames.RST_STREAM).stream()).isEqualTo(stream);
        stream += 2;
      }
    }
  }

  // ---- ends ----

  @Test
  @Rule({"SPDY-2", "SPDY-19"})
  void theEndOfTheConnectionIsNoEndOfAChannel() throws Exception {
    try (RawPeer peer = RawPeer.connects(OPTIONS)) {
      peer.write(peer.top(1, 2), peer.top(3, 3), Frames.data(3, true, hex("05")));
      Receiver<Object> open = peer.session.accept(Object.class);
      Receiver<Object> ended = peer.session.accept(Object.class);
      assertThat(ended.receive()).isEqualTo(5);
      assertThat(ended.receive()).isNull();
      peer.cut();
      assertThatThrownBy(open::receive).isInstanceOf(SessionLost.class);
      assertThat(ended(peer)).isEqualTo(ReasonCode.CONNECTION_LOST);
      assertThat(ended.receive()).isNull();
    }
  }

  @Test
  @Rule("SPDY-2")
  void afterGoAwayNothingIsOpenedAndTheConnectionEndsInTime() throws Exception {
    try (RawPeer peer = RawPeer.listens(OPTIONS)) {
      Sender<Object> open = peer.session.open(Object.class);
      open.send(1);
      peer.traffic.awaitData(1, 1, false);
      peer.write(Frames.control(Frames.GOAWAY, 0, 0), Frames.control(Frames.PING, 2));
      peer.next(Frames.PING);
      Sender<Object> late = peer.session.open(Object.class);
      assertThat(late.closed().toCompletableFuture().get().code()).isEqualTo(ReasonCode.DRAINING);
      peer.traffic.awaitData(1, 1, true); // ended for it
      peer.traffic.awaitGoAway();
      assertThat(ended(peer)).isEqualTo(ReasonCode.SESSION_CLOSED);
    }
  }

  @Test
  @Rule({"SPDY-3", "SPDY-19"})
  void aSilentPeerIsGivenUpUnlessItMayBeHeldBack() throws Exception {
    Options options =
        OPTIONS.toBuilder().keepAlive(Duration.ofMillis(100), Duration.ofMillis(100)).build();
    try (RawPeer peer = RawPeer.listens(options)) {
      assertThat(peer.next(Frames.PING).stream() & 1).isEqualTo(1);
      assertThat(ended(peer)).isEqualTo(ReasonCode.KEEPALIVE_TIMEOUT);
    }
    try (RawPeer peer = RawPeer.listens(options)) {
      peer.session.open(Object.class).send(1);
      for (int i = 0; i < 5; i++) {
        peer.next(Frames.PING);
      }
      assertThat(peer.session.closed().toCompletableFuture().isDone()).isFalse();
    }
  }

  @Test
  @Rule({"SPDY-1", "SPDY-23"})
  void whoIsNotAdmittedIsRefused() throws Exception {
    Options options =
        OPTIONS.toBuilder()
            .authenticator(
                attempt -> {
                  assertThat(attempt.credentials()).isEmpty();
                  return false;
                })
            .build();
    try (io.libchan.Listener listener =
            io.libchan.Libchan.listen("spdy://127.0.0.1:0", options, session -> {});
        java.net.Socket socket =
            new java.net.Socket(
                java.net.InetAddress.getLoopbackAddress(), listener.uri().getPort())) {
      byte[] said = socket.getInputStream().readAllBytes();
      assertThat(Traffic.of(said).goAway).isTrue();
      assertThat(Arrays.copyOf(said, 2)).isEqualTo(hex("8003")); // no preface
    }
  }

  // ---- between two of ours ----

  @Test
  @Rule({"SPDY-9", "SPDY-16", "SPDY-17"})
  void twoOfOursSpeakItToo() throws Exception {
    java.util.concurrent.LinkedBlockingQueue<io.libchan.Session> sessions =
        new java.util.concurrent.LinkedBlockingQueue<>();
    try (io.libchan.Listener listener =
            io.libchan.Libchan.listen("spdy://127.0.0.1:0", OPTIONS, sessions::add);
        io.libchan.Session near = io.libchan.Libchan.connect(listener.uri().toString(), OPTIONS);
        io.libchan.Session far = sessions.take()) {
      Sender<Object> sender = near.open(Object.class);
      byte[] bytes = new byte[3_000_000];
      Arrays.fill(bytes, (byte) 1);
      Channel<Object> items = Channel.of(Object.class);
      java.io.ByteArrayOutputStream unused = new java.io.ByteArrayOutputStream();
      sender.send(new Both(new ByteArrayInputStream(bytes), unused, items.receiver(), "x"));
      Both both = far.accept(Both.class).receive();
      assertThat(both.input().readAllBytes()).isEqualTo(bytes);
      CompletableFuture<Long> sum = new CompletableFuture<>();
      Thread reader =
          new Thread(
              () -> {
                try {
                  long total = 0;
                  for (Object item : both.items()) {
                    total += (Integer) item;
                  }
                  sum.complete(total);
                } catch (RuntimeException e) {
                  sum.completeExceptionally(e);
                }
              });
      reader.start();
      for (int i = 0; i < 5_000; i++) {
        items.sender().send(i);
      }
      items.sender().close();
      assertThat(sum.get()).isEqualTo(12_497_500);
      Sender<Object> back = far.open(Object.class);
      Receiver<Object> here = near.accept(Object.class);
      back.fail("given up");
      assertThatThrownBy(here::receive).isInstanceOf(ChannelReset.class);
    }
  }
}
