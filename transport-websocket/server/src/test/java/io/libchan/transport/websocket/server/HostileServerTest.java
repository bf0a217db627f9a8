package io.libchan.transport.websocket.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.LimitExceeded;
import io.libchan.Options;
import io.libchan.ProtocolViolation;
import io.libchan.ReasonCode;
import io.libchan.spi.ByteConnection;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Probe;
import io.libchan.testkit.Rule;
import io.libchan.transport.websocket.client.WebSocketClientOptions;
import io.libchan.transport.websocket.client.WebSocketClientTransport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a server may do to a client: each has one typed outcome. */
@ExtendWith(Leaks.class)
final class HostileServerTest {
  private static final int LIMIT = 4096;
  private static final String PROTOCOL = "Sec-WebSocket-Protocol: libchan.v1";

  private final Options options =
      Options.builder()
          .connectTimeout(Duration.ofSeconds(5))
          .closeTimeout(Duration.ofSeconds(5))
          .with(WebSocketClientOptions.builder().maxMessageBytes(LIMIT).build())
          .build();
  private ServerSocket listening;
  private RawPeer peer;
  private Probe client;

  @BeforeEach
  void listen() throws Exception {
    listening = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    if (client != null) {
      client.connection.abort();
      client.awaitClosed();
    }
    if (peer != null) {
      peer.close();
    }
    listening.close();
  }

  private CompletableFuture<ByteConnection> connecting(String path) {
    URI uri = URI.create("ws://127.0.0.1:" + listening.getLocalPort() + path);
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return (ByteConnection) new WebSocketClientTransport().connect(uri, options);
          } catch (ChannelException | InterruptedException e) {
            throw new java.util.concurrent.CompletionException(e);
          }
        });
  }

  private void connect() throws Exception {
    CompletableFuture<ByteConnection> connecting = connecting("");
    peer = RawPeer.accept(listening, PROTOCOL);
    client = new Probe(connecting.get(10, TimeUnit.SECONDS)).start();
  }

  @Test
  @Rule({"WS-1", "WS-10"})
  void theRequestIsWhatTheRulesSay() throws Exception {
    CompletableFuture<ByteConnection> connecting = connecting("/a%20b?q=%2f");
    peer = RawPeer.accept(listening, PROTOCOL);
    client = new Probe(connecting.get(10, TimeUnit.SECONDS)).start();

    assertThat(peer.head).startsWith("GET /a%20b?q=%2f HTTP/1.1\r\n");
    assertThat(RawPeer.header(peer.head, "Sec-WebSocket-Protocol")).isEqualTo("libchan.v1");
    assertThat(RawPeer.header(peer.head, "Sec-WebSocket-Version")).isEqualTo("13");
    assertThat(RawPeer.header(peer.head, "Sec-WebSocket-Extensions")).isNull();
    assertThat(RawPeer.header(peer.head, "Origin")).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Sec-WebSocket-Protocol: other|speaks WebSocket but not libchan: subprotocol other",
        "X-Nothing: 1|speaks WebSocket but not libchan: subprotocol none",
        "Sec-WebSocket-Protocol: libchan.v1~Sec-WebSocket-Extensions: permessage-deflate"
            + "|an extension that was not asked for: permessage-deflate",
      })
  @Rule({"WS-1", "WS-10"})
  void anAnswerThatDoesNotFitIsRefused(String headers, String message) throws Exception {
    CompletableFuture<ByteConnection> connecting = connecting("/x");
    peer = RawPeer.accept(listening, headers.split("~", -1));

    assertThatThrownBy(() -> connecting.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ConnectFailed.class)
        .hasMessageContaining(message);
    assertThat(peer.isOver()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "HTTP/1.1 403 Forbidden~Content-Length: 0|answered 403 Forbidden instead of a WebSocket",
        "HTTP/1.1 200 OK~Content-Length: 2~~hi|answered 200 OK instead of a WebSocket",
        "HTTP/1.1 101 Switching Protocols~Upgrade: websocket~Connection: Upgrade"
            + "~Sec-WebSocket-Accept: wrong|upgraded, but not to WebSocket",
        "SSH-2.0-OpenSSH_9|Unexpected status line",
      })
  void anythingButAWebSocketIsRefused(String answer, String message) throws Exception {
    CompletableFuture<ByteConnection> connecting = connecting("/x");
    try (Socket socket = listening.accept()) {
      socket.setSoTimeout(10_000);
      socket.getInputStream().read(new byte[1000]);
      socket
          .getOutputStream()
          .write((answer.replace("~", "\r\n") + "\r\n\r\n").getBytes(ISO_8859_1));
      assertThatThrownBy(() -> connecting.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ConnectFailed.class)
          .hasMessageContaining(message);
    }
  }

  @Test
  @Rule({"WS-2", "WS-3"})
  void bytesAreOneStreamHoweverTheyAreCutIntoMessagesAndFrames() throws Exception {
    connect();
    byte[] sent = Probe.random(3_000);
    for (int cut = 1; cut < 40; cut++) {
      for (int at = 0; at < sent.length; at += cut) {
        byte[] part = Arrays.copyOfRange(sent, at, Math.min(sent.length, at + cut));
        boolean first = at == 0;
        boolean last = at + cut >= sent.length;
        if (cut % 2 == 0) {
          peer.send((last ? RawPeer.FIN : 0) | (first ? RawPeer.BINARY : 0), part);
          peer.send(RawPeer.FIN | (cut % 4 == 0 ? RawPeer.PING : RawPeer.PONG), new byte[0]);
        } else {
          peer.send(RawPeer.FIN | RawPeer.BINARY, part);
          peer.send(RawPeer.FIN | RawPeer.BINARY, new byte[0]);
        }
      }
    }
    client.awaitBytes(39L * sent.length);
    byte[] received = client.bytes();
    for (int i = 0; i < 39; i++) {
      assertThat(Arrays.copyOfRange(received, i * sent.length, (i + 1) * sent.length))
          .isEqualTo(sent);
    }
  }

  /** Wherever the network cuts them. */
  @Test
  @Rule("WS-2")
  void framesMayBeCutAtEveryByte() throws Exception {
    connect();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(peer.frame(RawPeer.BINARY, "slow".getBytes(UTF_8)));
    all.writeBytes(peer.frame(RawPeer.FIN | RawPeer.PING, "ping".getBytes(UTF_8)));
    all.writeBytes(peer.frame(RawPeer.FIN, Probe.random(130)));
    peer.socket.setTcpNoDelay(true);
    for (byte one : all.toByteArray()) {
      peer.write(new byte[] {one});
    }
    client.awaitBytes(134);
    assertThat(client.text()).startsWith("slow");
    assertThat(peer.read(RawPeer.PONG).payload()).isEqualTo("ping".getBytes(UTF_8));
  }

  @Test
  @Rule("WS-3")
  void whatIsWrittenComesInWholeMessagesOf64KibibytesAtMost() throws Exception {
    connect();
    byte[] sent = Probe.random(300_000);
    client.send(sent);
    int count = 0;
    while (count < sent.length) {
      RawPeer.Frame frame = peer.read();
      assertThat(frame.opcode()).isEqualTo(RawPeer.BINARY);
      assertThat(frame.last()).isTrue();
      assertThat(frame.payload().length).isBetween(1, 64 * 1024);
      assertThat(frame.payload())
          .isEqualTo(Arrays.copyOfRange(sent, count, count + frame.payload().length));
      count += frame.payload().length;
    }
  }

  @Test
  @Rule("WS-4")
  void aTextMessageIsAViolation() throws Exception {
    connect();
    peer.send(RawPeer.FIN | RawPeer.TEXT, "text".getBytes(UTF_8));

    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(1003);
    peer.close();
    assertThat(failure()).isInstanceOf(ProtocolViolation.class).hasMessageContaining("WS-4");
  }

  @ParameterizedTest
  @CsvSource({
    "one frame, 82 7e 10 01",
    "two frames, 02 7e 10 00 +4096 80 01",
    "a frame that claims to be huge, 82 7f 00 00 01 00 00 00 00 00",
  })
  @Rule("WS-5")
  void aMessageAboveTheLimitIsRefused(String what, String hex) throws Exception {
    connect();
    write(hex);

    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(1009);
    peer.close();
    assertThat(failure())
        .isInstanceOfSatisfying(
            LimitExceeded.class, e -> assertThat(e.limit()).isEqualTo("websocket-message"));
    assertThat(client.receivedBytes.get()).isLessThanOrEqualTo(LIMIT);
  }

  @ParameterizedTest
  @CsvSource({
    "masked, 82 81 00 00 00 00 61, 1002",
    "a bit of an extension, c2 01 61, 1002",
    "an unknown kind, 83 01 61, 1002",
    "an unknown control frame, 8b 00, 1002",
    "a continuation of nothing, 80 01 61, 1002",
    "a message within another, 02 01 61 82 01 61, 1002",
    "a control frame in parts, 09 00, 1002",
    "a large control frame, 89 7e 00 7e, 1002",
    "a length below zero, 82 7f 80 00 00 00 00 00 00 00, 1002",
    "half a close code, 88 01 03, 1002",
    "a close code that is never sent, 88 02 03 ed, 1002",
    "a close frame's text is not UTF-8, 88 04 03 e8 ff fe, 1007",
  })
  @Rule("WS-8")
  void whatRfc6455ForbidsIsAViolation(String what, String hex, int code) throws Exception {
    connect();
    write(hex);

    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(code);
    peer.close();
    assertThat(failure()).isInstanceOf(ProtocolViolation.class).hasMessageContaining("WS-8");
  }

  private void write(String hex) throws IOException {
    for (String part : hex.split(" ", -1)) {
      peer.write(
          part.startsWith("+")
              ? new byte[Integer.parseInt(part.substring(1))]
              : HexFormat.of().parseHex(part));
    }
  }

  @Test
  @Rule("WS-6")
  void anEndWithoutACloseFrameIsATruncation() throws Exception {
    connect();
    peer.send(RawPeer.FIN | RawPeer.BINARY, new byte[] {1});
    client.awaitBytes(1);
    peer.close();
    assertThat(failure()).hasMessageContaining("truncated");
  }

  @Test
  @Rule("WS-7")
  void aCloseWithCode1000IsInOrder() throws Exception {
    connect();
    peer.close(1000);
    assertThat(peer.read(RawPeer.CLOSE).code()).isEqualTo(1000);
    peer.close();
    client.awaitOrderlyClose();
  }

  @ParameterizedTest
  @CsvSource({
    "1001, going away, CONNECTION_LOST",
    "1002, protocol error, PROTOCOL_ERROR",
    "1008, policy violation, REFUSED",
    "1009, message too big, LIMIT",
    "1012, restarting, CONNECTION_LOST",
  })
  @Rule("WS-7")
  void anyOtherCodeBreaksTheConnection(int code, String name, ReasonCode reason) throws Exception {
    connect();
    peer.close(code);
    peer.read(RawPeer.CLOSE);
    peer.close();
    IOException failure = failure();
    assertThat(failure.getMessage()).contains(code + " (" + name + ")");
    assertThat(
            failure instanceof ChannelException known
                ? known.reason().code()
                : ReasonCode.CONNECTION_LOST)
        .isEqualTo(reason);
  }

  @Test
  @Rule("WS-7")
  void aServerThatNeverAnswersACloseFrameIsGivenUp() throws Exception {
    connect();
    Options impatient = options.toBuilder().closeTimeout(Duration.ofMillis(300)).build();
    CompletableFuture<ByteConnection> connecting =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                URI uri = URI.create("ws://127.0.0.1:" + listening.getLocalPort());
                return (ByteConnection) new WebSocketClientTransport().connect(uri, impatient);
              } catch (ChannelException | InterruptedException e) {
                throw new java.util.concurrent.CompletionException(e);
              }
            });
    try (RawPeer silent = RawPeer.accept(listening, PROTOCOL)) {
      Probe closing = new Probe(connecting.get(10, TimeUnit.SECONDS)).start();
      closing.connection.close();
      assertThat(silent.read(RawPeer.CLOSE).code()).isEqualTo(1000);
      assertThat(closing.awaitFailure()).isEqualTo("closing took longer than 300 ms");
    }
  }

  @Test
  @Rule("WS-9")
  void theLastOfManyPingsIsAnswered() throws Exception {
    connect();
    for (int i = 0; i < 10_000; i++) {
      peer.send(RawPeer.FIN | RawPeer.PING, new byte[] {(byte) (i >> 8), (byte) i});
    }
    int answers = 0;
    while (true) {
      byte[] carried = peer.read(RawPeer.PONG).payload();
      answers++;
      if ((carried[0] & 0xff) << 8 == (9_999 & 0xff00) && carried[1] == (byte) 9_999) {
        break;
      }
    }
    assertThat(answers).isBetween(1, 10_000);
  }

  /** The answers wait for the reader as one, and not in a queue (WS-9). */
  @Test
  @Rule("WS-9")
  void aFloodOfPingsWhoseAnswersAreNotReadIsKeptNowhere() throws Exception {
    connect();
    int floods = 200_000;
    byte[] carried = new byte[100];
    ByteArrayOutputStream many = new ByteArrayOutputStream();
    for (int i = 1; i <= floods; i++) {
      many.writeBytes(peer.frame(RawPeer.FIN | RawPeer.PING, carried));
      if (i % 1_000 == 0) {
        peer.write(many.toByteArray());
        many.reset();
      }
    }
    peer.send(RawPeer.FIN | RawPeer.PING, "last".getBytes(UTF_8));
    int answers = 0;
    while (!Arrays.equals(peer.read(RawPeer.PONG).payload(), "last".getBytes(UTF_8))) {
      answers++;
    }
    assertThat(answers).isLessThan(floods);
  }

  private IOException failure() throws Exception {
    return client.awaitClosed().orElseThrow(() -> new AssertionError("closed in good order"));
  }
}
