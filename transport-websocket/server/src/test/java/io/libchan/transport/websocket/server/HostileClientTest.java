package io.libchan.transport.websocket.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.LimitExceeded;
import io.libchan.Options;
import io.libchan.ProtocolViolation;
import io.libchan.ReasonCode;
import io.libchan.testkit.Duo;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Probe;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client may do to a listener: each has one typed outcome, and the listener goes on. */
@ExtendWith(Leaks.class)
final class HostileClientTest {
  private static final int LIMIT = 4096;

  private Duo duo;
  private RawPeer peer;
  private Probe server;

  @BeforeEach
  void connect() throws Exception {
    Options options =
        Options.builder()
            .closeTimeout(Duration.ofSeconds(5))
            .with(WebSocketServerOptions.builder().maxMessageBytes(LIMIT).build())
            .build();
    duo = Duos.listen("ws://127.0.0.1:0", options);
    peer = RawPeer.connect(duo.bound.uri().getPort());
    server = new Probe(duo.accept()).start();
  }

  @AfterEach
  void theListenerGoesOn() throws Exception {
    server.connection.abort();
    server.awaitClosed();
    peer.close();
    try (RawPeer next = RawPeer.connect(duo.bound.uri().getPort())) {
      Probe fresh = new Probe(duo.accept()).start();
      next.send(RawPeer.FIN | RawPeer.BINARY, new byte[] {1});
      fresh.awaitBytes(1);
      next.close(1000);
      fresh.awaitOrderlyClose();
    }
    duo.close();
  }

  @Test
  @Rule({"WS-2", "WS-3"})
  void bytesAreOneStreamHoweverTheyAreCutIntoMessagesAndFrames() throws Exception {
    byte[] sent = Probe.random(3_000);
    for (int cut = 1; cut < 40; cut++) {
      for (int at = 0; at < sent.length; at += cut) {
        byte[] part = Arrays.copyOfRange(sent, at, Math.min(sent.length, at + cut));
        boolean first = at == 0;
        boolean last = at + cut >= sent.length;
        if (cut % 2 == 0) { // frames of one message, with control frames between them
          peer.send((last ? RawPeer.FIN : 0) | (first ? RawPeer.BINARY : 0), part);
          peer.send(RawPeer.FIN | (cut % 4 == 0 ? RawPeer.PING : RawPeer.PONG), new byte[0]);
        } else { // messages, with empty ones between them
          peer.send(RawPeer.FIN | RawPeer.BINARY, part);
          peer.send(RawPeer.FIN | RawPeer.BINARY, new byte[0]);
        }
      }
    }
    server.awaitBytes(39L * sent.length);
    byte[] received = server.bytes();
    for (int i = 0; i < 39; i++) {
      assertThat(Arrays.copyOfRange(received, i * sent.length, (i + 1) * sent.length))
          .isEqualTo(sent);
    }
  }

  @Test
  @Rule("WS-2")
  void aFrameMayArriveByteByByte() throws Exception {
    peer.socket.setTcpNoDelay(true);
    for (byte one : peer.frame(RawPeer.FIN | RawPeer.BINARY, "slowly".getBytes(UTF_8))) {
      peer.write(new byte[] {one});
    }
    server.awaitBytes(6);
    assertThat(server.text()).isEqualTo("slowly");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", ""})
  @Rule("WS-4")
  void aTextMessageIsAViolation(String text) throws Exception {
    peer.send(RawPeer.FIN | RawPeer.TEXT, text.getBytes(UTF_8));

    assertThat(failure()).isInstanceOf(ProtocolViolation.class).hasMessageContaining("WS-4");
    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(1003);
  }

  @Test
  @Rule("WS-5")
  void aMessageOfTheLimitIsTaken() throws Exception {
    peer.send(RawPeer.FIN | RawPeer.BINARY, new byte[LIMIT]);
    server.awaitBytes(LIMIT);
    peer.send(RawPeer.FIN | RawPeer.BINARY, new byte[LIMIT]);
    server.awaitBytes(2 * LIMIT);
  }

  @Test
  @Rule("WS-5")
  void aMessageAboveTheLimitIsRefused() throws Exception {
    peer.send(RawPeer.FIN | RawPeer.BINARY, new byte[LIMIT + 1]);
    expectTooBig();
  }

  @Test
  @Rule("WS-5")
  void framesOfAMessageAboveTheLimitAreRefused() throws Exception {
    peer.send(RawPeer.BINARY, new byte[LIMIT]);
    peer.send(RawPeer.CONTINUATION, new byte[1]);
    expectTooBig();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 0x40, 0x80}) // the last one is a number below zero
  @Rule("WS-5")
  void aFrameThatClaimsToBeHugeCostsNothing(int highByte) throws Exception {
    peer.write(new byte[] {(byte) 0x82, (byte) 0xff, (byte) highByte, 0, 0, 0, 0, 0, 0, 0});
    peer.write(new byte[4 + 2 * LIMIT]);
    expectTooBig();
  }

  private void expectTooBig() throws Exception {
    assertThat(failure())
        .isInstanceOfSatisfying(
            LimitExceeded.class, e -> assertThat(e.limit()).isEqualTo("websocket-message"));
    assertThat(server.receivedBytes.get()).isLessThanOrEqualTo(LIMIT);
    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(1009);
  }

  @ParameterizedTest
  @CsvSource({
    "unmasked, 82 01 61",
    "a bit of an extension, c2 81 00 00 00 00 61",
    "an unknown kind, 83 81 00 00 00 00 61",
    "an unknown control frame, 8b 80 00 00 00 00",
    "a continuation of nothing, 80 81 00 00 00 00 61",
    "a message within another, 02 81 00 00 00 00 61 82 81 00 00 00 00 61",
    "a control frame in parts, 09 80 00 00 00 00",
    "a large control frame, 89 fe 00 7e 00 00 00 00 +126",
    "half a close code, 88 81 00 00 00 00 03",
    "a close code that is never sent, 88 82 00 00 00 00 03 ed",
  })
  @Rule("WS-8")
  void whatRfc6455ForbidsIsAViolation(String what, String hex) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (String part : hex.split(" ", -1)) {
      bytes.writeBytes(
          part.startsWith("+")
              ? new byte[Integer.parseInt(part.substring(1))]
              : HexFormat.of().parseHex(part));
    }
    peer.write(bytes.toByteArray());

    assertThat(failure()).isInstanceOf(ProtocolViolation.class).hasMessageContaining("WS-8");
    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(1002);
  }

  @Test
  @Rule("WS-8")
  void aCloseFrameWhoseTextIsNotUtf8IsAViolation() throws Exception {
    peer.send(RawPeer.FIN | RawPeer.CLOSE, new byte[] {3, (byte) 0xe8, (byte) 0xff, (byte) 0xfe});

    assertThat(failure()).isInstanceOf(ProtocolViolation.class);
  }

  @Test
  @Rule("WS-6")
  void anEndWithoutACloseFrameIsATruncation() throws Exception {
    peer.send(RawPeer.FIN | RawPeer.BINARY, new byte[] {1});
    server.awaitBytes(1);
    peer.socket.shutdownOutput();

    assertThat(failure()).hasMessageContaining("truncated");
  }

  @Test
  @Rule("WS-6")
  void anEndWithinAFrameIsATruncation() throws Exception {
    peer.write(Arrays.copyOf(peer.frame(RawPeer.FIN | RawPeer.BINARY, new byte[100]), 50));
    peer.close();

    assertThat(failure().getMessage()).containsAnyOf("truncated", "reset");
  }

  @Test
  @Rule("WS-7")
  void aCloseWithCode1000IsInOrder() throws Exception {
    peer.close(1000);
    server.awaitOrderlyClose();
    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(1000);
  }

  @ParameterizedTest
  @CsvSource({
    "1001, going away, CONNECTION_LOST",
    "1002, protocol error, PROTOCOL_ERROR",
    "1003, unsupported data, PROTOCOL_ERROR",
    "1008, policy violation, REFUSED",
    "1009, message too big, LIMIT",
    "1011, internal error, CONNECTION_LOST",
    "4321, of the application, CONNECTION_LOST",
  })
  @Rule("WS-7")
  void anyOtherCodeBreaksTheConnection(int code, String name, ReasonCode reason) throws Exception {
    peer.close(code);
    IOException failure = failure();
    assertThat(failure.getMessage()).contains(code + " (" + name + ")");
    assertThat(
            failure instanceof io.libchan.ChannelException known
                ? known.reason().code()
                : ReasonCode.CONNECTION_LOST)
        .isEqualTo(reason);
  }

  @Test
  @Rule("WS-7")
  void aCloseWithoutACodeBreaksTheConnection() throws Exception {
    peer.send(RawPeer.FIN | RawPeer.CLOSE, new byte[0]);
    assertThat(failure()).hasMessageContaining("1005 (no code)");
  }

  @Test
  @Rule("WS-9")
  void aPingIsAnswered() throws Exception {
    peer.send(RawPeer.FIN | RawPeer.PING, "carried".getBytes(UTF_8));
    assertThat(peer.read(RawPeer.PONG).payload()).isEqualTo("carried".getBytes(UTF_8));
  }

  @Test
  @Rule("WS-9")
  void aFloodOfPingsStopsWhereTheAnswersAreNotRead() throws Exception {
    try (Socket silent = new Socket()) {
      silent.setReceiveBufferSize(8 * 1024);
      silent.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), duo.bound.uri().getPort()));
      RawPeer flooding = RawPeer.ask(silent, "/", "Sec-WebSocket-Protocol: libchan.v1");
      Probe victim = new Probe(duo.accept()).start();
      byte[] pings = flood(flooding);
      Thread writer = new Thread(() -> writeForEver(flooding, pings));
      writer.start();
      Probe.eventually("the flood is stopped", () -> isStuck(writer));
      victim.connection.abort();
      victim.awaitClosed();
      writer.join(10_000);
      assertThat(writer.isAlive()).isFalse();
    }
  }

  private static byte[] flood(RawPeer peer) {
    ByteBuffer all = ByteBuffer.allocate(64 * 1024);
    byte[] one = peer.frame(RawPeer.FIN | RawPeer.PING, new byte[100]);
    while (all.remaining() >= one.length) {
      all.put(one);
    }
    return Arrays.copyOf(all.array(), all.position());
  }

  private long written;

  private void writeForEver(RawPeer to, byte[] bytes) {
    try {
      while (true) {
        to.write(bytes);
        written++;
      }
    } catch (IOException e) {
      // The victim has gone.
    }
  }

  /** Whether nothing was written for a while; far more than what buffers hold would be a queue. */
  private boolean isStuck(Thread writer) {
    long before = written;
    try {
      writer.join(300);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    return writer.isAlive() && written == before;
  }

  @Test
  void thereAreNoMoreConnectionsThanTheLimitAllows() throws Exception {
    Duo limited =
        Duos.listen(
            "ws://127.0.0.1:0",
            Options.builder()
                .with(WebSocketServerOptions.builder().maxConnections(2).build())
                .build());
    int port = limited.bound.uri().getPort();
    for (int round = 0; round < 5; round++) {
      RawPeer first = RawPeer.connect(port);
      Probe gone = new Probe(limited.accept()).start(); // before the second, which may overtake it
      try (RawPeer second = RawPeer.connect(port);
          Socket third = limited.socket()) {
        CompletableFuture<RawPeer> asking =
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return RawPeer.ask(third, "/", "Sec-WebSocket-Protocol: libchan.v1");
                  } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                  }
                });
        assertThat(Waits.within(Duration.ofMillis(150), asking::isDone)).isFalse();
        assertThat(second.head).startsWith("HTTP/1.1 101");
        Probe staying = new Probe(limited.accept()).start();
        first.close(1000);
        gone.awaitOrderlyClose();
        first.close();
        assertThat(asking.get(10, TimeUnit.SECONDS).head).startsWith("HTTP/1.1 101");
        Probe late = new Probe(limited.accept()).start();
        staying.connection.abort();
        late.connection.abort();
        staying.awaitClosed();
        late.awaitClosed();
      }
    }
    limited.close();
  }

  @Test
  void aConnectionWithoutARequestIsGivenUp() throws Exception {
    Duo quick =
        Duos.listen(
            "ws://127.0.0.1:0", Options.builder().handshakeTimeout(Duration.ofMillis(300)).build());
    try (Socket idle = quick.socket()) {
      idle.setSoTimeout(10_000);
      idle.getOutputStream().write("GET / HT".getBytes(UTF_8));
      assertThat(ended(idle)).isTrue();
    }
    quick.close();
  }

  private static boolean ended(Socket socket) throws IOException {
    try {
      while (socket.getInputStream().read() >= 0) {
        // An answer that says so may come first.
      }
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    }
  }

  private IOException failure() throws Exception {
    Optional<IOException> cause = server.awaitClosed();
    return cause.orElseThrow(() -> new AssertionError("closed in good order"));
  }
}
