package io.libchan.it.spdy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.testkit.Rule;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** The table: what is asked of a live peer, whichever side connects, with TLS or without. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
abstract class GoCases {
  static final Options OPTIONS =
      Options.builder()
          .referenceTimeout(Duration.ofMillis(300))
          .closeTimeout(Duration.ofMillis(400))
          .build();

  /** What the peer is asked for. */
  record Ask(String op, Object value, Sender<?> reply, Receiver<?> items, Object bytes) {}

  /** What it answers with. */
  record Given(
      Sender<Object> sender,
      Receiver<Object> receiver,
      InputStream reader,
      OutputStream writer,
      ByteStream duplex,
      Object value) {}

  record Deep(Receiver<Deep> receiver, Object value) {}

  record Typed(Integer number, Byte small, String text, Instant at) {}

  record Named(String firstName, @JsonProperty("last_name") String lastName, Integer age) {}

  private Session session;
  private Sender<Object> asks;

  /** A session with a peer of its own. */
  abstract Session fresh() throws Exception;

  /** Ends all peers. */
  abstract void end() throws Exception;

  @BeforeAll
  void begin() throws Exception {
    session = fresh();
    asks = session.open(Object.class);
  }

  @AfterAll
  void finish() throws Exception {
    if (session != null) {
      session.abort(io.libchan.Reason.of(ReasonCode.CANCELLED, "the test is over"));
    }
    end();
  }

  private <T> Receiver<T> ask(String op, Object value, Class<T> type) throws Exception {
    Channel<T> reply = Channel.of(type);
    asks.send(new Ask(op, value, reply.sender(), null, null));
    return reply.receiver();
  }

  private Object echo(Object value) throws Exception {
    Receiver<Given> reply = ask("echo", value, Given.class);
    Object back = reply.receive().value();
    assertThat(reply.receive()).isNull();
    return back;
  }

  private String describe(Object value) throws Exception {
    return ask("describe", value, String.class).receive();
  }

  private <T> Receiver<T> raw(Class<T> type, String... parts) throws Exception {
    return ask("raw", List.of(parts), type);
  }

  // ---- values ----

  @Test
  @Rule("SPDY-12")
  void smallIntegers() throws Exception {
    for (int value : new int[] {0, 1, 127, 128, 255, 256, 32_767, 32_768, -1, -32, -33, -128}) {
      assertThat(echo(value)).isEqualTo(value);
    }
  }

  @Test
  @Rule("SPDY-12")
  void wideIntegers() throws Exception {
    for (long value : new long[] {1L << 31, 1L << 40, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThat(echo(value)).isEqualTo(value);
    }
  }

  @Test
  @Rule("SPDY-12")
  void unsignedIntegers() throws Exception {
    BigInteger most = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
    assertThat(describe(most)).isEqualTo(most.toString());
    assertThat(echo(most)).isEqualTo(most);
  }

  @Test
  @Rule("SPDY-12")
  void integersAreWrittenAsGoWritesThem() throws Exception {
    assertThat(codes(255)).contains(" d1]");
    assertThat(codes(70_000)).contains(" d2]");
    assertThat(codes(1L << 40)).contains(" d3]");
  }

  /** How the value, which is the last field, was written. */
  private String codes(Object value) throws Exception {
    Channel<String> reply = Channel.of(String.class);
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("Op", "codes");
    fields.put("Reply", reply.sender());
    fields.put("Value", value);
    asks.send(fields);
    return reply.receiver().receive();
  }

  @Test
  @Rule("SPDY-12")
  void everyFloatIsADouble() throws Exception {
    assertThat(codes(1.0)).contains(" cb]");
    assertThat(codes(1.5f)).contains(" cb]");
    assertThat(echo(1.5f)).isEqualTo(1.5);
    assertThat(echo(-0.1)).isEqualTo(-0.1);
  }

  @Test
  void texts() throws Exception {
    for (String text : List.of("", "two", "ä€😀", "x".repeat(31), "y".repeat(70_000))) {
      assertThat(echo(text)).isEqualTo(text);
    }
  }

  @Test
  void binary() throws Exception {
    byte[] bytes = {3, -1, 0};
    assertThat((byte[]) echo(bytes)).isEqualTo(bytes);
    assertThat(describe(bytes)).isEqualTo("bin:03ff00");
  }

  @Test
  void truthValues() throws Exception {
    assertThat(echo(true)).isEqualTo(true);
    assertThat(echo(false)).isEqualTo(false);
  }

  @Test
  void mapsAndLists() throws Exception {
    Map<String, Object> map = Map.of("a", Arrays.asList(1, null, "x"), "b", Map.of("c", 2.5));
    assertThat(echo(map)).isEqualTo(map);
  }

  @Test
  @Rule("SPDY-24")
  void times() throws Exception {
    Instant time = Instant.ofEpochSecond(1_400_000_000, 123_456_789);
    assertThat(describe(time)).isEqualTo("time:1400000000.123456789");
    assertThat(echo(time)).isEqualTo(time);
    assertThat(echo(Instant.ofEpochSecond(-5, 1))).isEqualTo(Instant.ofEpochSecond(-5, 1));
  }

  @Test
  @Rule("SPDY-24")
  void durationsAreNanoseconds() throws Exception {
    assertThat(describe(Duration.ofMillis(1_500))).isEqualTo("1500000000");
  }

  @Test
  @Rule("SPDY-12")
  void namesHaveACapitalAndNullsAreLeftOut() throws Exception {
    assertThat(describe(new Named("Ada", "Lovelace", 36)))
        .isEqualTo("{Age=36 FirstName=Ada last_name=Lovelace}");
    assertThat(describe(new Named("Ada", null, null))).isEqualTo("{FirstName=Ada}");
  }

  @Test
  @Rule("SPDY-13")
  void attachmentsHaveTheirCodes() throws Exception {
    Channel<String> reply = Channel.of(String.class);
    asks.send(
        new Ask(
            "whole",
            null,
            reply.sender(),
            Channel.of(Object.class).receiver(),
            ByteStream.pair().right()));
    assertThat(reply.receiver().receive())
        .isEqualTo("{Bytes=ext1:4 Items=ext5:4 Op=whole Reply=ext4:4}");
  }

  @Test
  @Rule("SPDY-13")
  void oneWayStreamsHaveTheirCodes() throws Exception {
    Channel<String> reply = Channel.of(String.class);
    // Without bytes: the peer does not read them, and would stop reading every fifth stream.
    asks.send(new Ask("whole", null, reply.sender(), null, new ByteArrayInputStream(new byte[0])));
    assertThat(reply.receiver().receive()).contains("Bytes=ext3:4");
    Channel<String> again = Channel.of(String.class);
    asks.send(new Ask("whole", null, again.sender(), null, new ByteArrayOutputStream()));
    assertThat(again.receiver().receive()).contains("Bytes=ext2:4");
  }

  @Test
  @Rule("SPDY-12")
  void anyWidthOfAnIntegerIsRead() throws Exception {
    String head = "81a64e756d626572"; // {"Number":
    Receiver<Typed> typed =
        raw(
            Typed.class,
            head + "07" + head + "cc07" + head + "cd0007" + head + "ce00000007",
            head + "cf0000000000000007" + head + "d007" + head + "d10007",
            head + "d200000007" + head + "d30000000000000007");
    for (int i = 0; i < 9; i++) {
      assertThat(typed.receive().number()).isEqualTo(7);
    }
    assertThat(typed.receive()).isNull();
  }

  @Test
  @Rule("SPDY-12")
  void aNumberThatDoesNotFitIsRefused() throws Exception {
    String head = "81a5536d616c6c"; // {"Small":
    Receiver<Typed> typed = raw(Typed.class, head + "cd012c" + head + "d0ff");
    assertThatThrownBy(typed::receive).isInstanceOf(MessageRejected.class);
    assertThat(typed.receive().small()).isEqualTo((byte) -1);
  }

  @Test
  void anotherTypeIsRefusedAndTheChannelGoesOn() throws Exception {
    Receiver<Typed> typed = raw(Typed.class, "81a64e756d626572a17881a64e756d62657205");
    assertThatThrownBy(typed::receive).isInstanceOf(MessageRejected.class);
    assertThat(typed.receive().number()).isEqualTo(5);
  }

  @Test
  @Rule("SPDY-24")
  void aTimeThatGoCannotSayIsNull() throws Exception {
    assertThat(raw(Typed.class, "81a2417480").receive().at()).isNull();
  }

  // ---- messages and frames ----

  @Test
  @Rule("SPDY-10")
  void aMessageInFramesOfOneByte() throws Exception {
    String message = "82a64e756d626572cd012ca454657874d9026869";
    Receiver<Typed> typed = raw(Typed.class, message.split("(?<=\\G..)"));
    assertThat(typed.receive()).isEqualTo(new Typed(300, null, "hi", null));
    assertThat(typed.receive()).isNull();
  }

  @Test
  @Rule("SPDY-10")
  void manyMessagesInAFrame() throws Exception {
    Receiver<Object> values = raw(Object.class, "0102a3746f6fc3");
    assertThat(List.of(values.receive(), values.receive(), values.receive(), values.receive()))
        .containsExactly(1, 2, "too", true);
    assertThat(values.receive()).isNull();
  }

  @Test
  @Rule("SPDY-10")
  void aLargeMessage() throws Exception {
    byte[] large = new byte[1_000_000];
    Arrays.fill(large, (byte) 7);
    assertThat((byte[]) echo(large)).isEqualTo(large);
  }

  @Test
  @Rule("SPDY-19")
  void aMessageThatIsCutShort() throws Exception {
    Receiver<Object> values = raw(Object.class, "01", "d1");
    assertThat(values.receive()).isEqualTo(1);
    assertThatThrownBy(values::receive)
        .isInstanceOfSatisfying(
            ChannelReset.class, e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.TRUNCATED));
  }

  @Test
  @Rule("SPDY-17")
  void dataBehindTheEndIsIgnored() throws Exception {
    Receiver<Object> values = ask("afterfin", null, Object.class);
    assertThat(values.receive()).isEqualTo(1);
    assertThat(values.receive()).isNull();
    assertThat(echo(3)).isEqualTo(3);
  }

  @Test
  @Rule("SPDY-18")
  void aResetIsNoEnd() throws Exception {
    Receiver<Object> values = ask("reset", null, Object.class);
    assertThat(values.receive()).isEqualTo(1);
    assertThatThrownBy(values::receive).isInstanceOf(ChannelReset.class);
  }

  @Test
  void manyMessagesIn() throws Exception {
    Receiver<Object> values = ask("produce", 10_000, Object.class);
    for (int i = 0; i < 10_000; i++) {
      assertThat(values.receive()).isEqualTo(i);
    }
    assertThat(values.receive()).isNull();
  }

  @Test
  @Rule("SPDY-9")
  void manyMessagesOut() throws Exception {
    Channel<Object> items = Channel.of(Object.class);
    Channel<Object> reply = Channel.of(Object.class);
    asks.send(new Ask("sum", null, reply.sender(), items.receiver(), null));
    for (int i = 0; i < 10_000; i++) {
      items.sender().send(i);
    }
    items.sender().close();
    assertThat(reply.receiver().receive()).isEqualTo(List.of(49_995_000, 10_000));
  }

  @Test
  @Rule("SPDY-11")
  void aReceiverThatClosesEarly() throws Exception {
    Receiver<Object> values = ask("produce", 50_000, Object.class);
    assertThat(values.receive()).isEqualTo(0);
    values.close();
    assertThat(echo("alive")).isEqualTo("alive");
  }

  @Test
  void manyChannelsAtOnce() throws Exception {
    List<Receiver<Object>> all = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      all.add(ask("produce", 20, Object.class));
    }
    for (Receiver<Object> one : all) {
      for (int i = 0; i < 20; i++) {
        assertThat(one.receive()).isEqualTo(i);
      }
      assertThat(one.receive()).isNull();
    }
  }

  // ---- byte streams ----

  @Test
  @Rule({"SPDY-11", "SPDY-16"})
  void bytesOut() throws Exception {
    byte[] bytes = new byte[1 << 20]; // far more than a window, of which the peer has none
    Arrays.fill(bytes, (byte) 5);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    Channel<Object> reply = Channel.of(Object.class);
    asks.send(new Ask("read", null, reply.sender(), null, new ByteArrayInputStream(bytes)));
    List<?> answer = (List<?>) reply.receiver().receive();
    assertThat(answer.get(0)).isEqualTo(bytes.length);
    assertThat(((Number) answer.get(1)).longValue()).isEqualTo(crc.getValue());
  }

  @Test
  @Rule("SPDY-16")
  void bytesIn() throws Exception {
    CompletableFuture<Integer> closed = new CompletableFuture<>();
    ByteArrayOutputStream output =
        new ByteArrayOutputStream() {
          @Override
          public void close() {
            closed.complete(size());
          }
        };
    asks.send(new Ask("write", 1 << 20, null, null, output));
    assertThat(closed.get()).isEqualTo(1 << 20);
  }

  @Test
  @Rule("SPDY-16")
  void bytesBothWays() throws Exception {
    ByteStream.Pair pair = ByteStream.pair();
    asks.send(new Ask("loop", null, null, null, pair.right()));
    pair.left().output().write("there and back".getBytes(UTF_8));
    pair.left().output().close(); // the other direction goes on
    assertThat(new String(pair.left().input().readAllBytes(), UTF_8)).isEqualTo("there and back");
  }

  // ---- what the peer gives ----

  @Test
  @Rule("SPDY-13")
  void aSenderFromThePeer() throws Exception {
    Receiver<Given> given = ask("giveSender", null, Given.class);
    try (Sender<Object> sender = given.receive().sender()) {
      for (int i = 1; i <= 4; i++) {
        sender.send(i);
      }
    }
    assertThat(given.receive().value()).isEqualTo(10);
  }

  @Test
  @Rule("SPDY-13")
  void aReceiverFromThePeer() throws Exception {
    Receiver<Object> values = ask("giveReceiver", 3, Given.class).receive().receiver();
    assertThat(List.of(values.receive(), values.receive(), values.receive()))
        .containsExactly(0, 1, 2);
    assertThat(values.receive()).isNull();
  }

  @Test
  @Rule({"SPDY-9", "SPDY-13"})
  void aReaderFromThePeer() throws Exception {
    InputStream reader = ask("giveReader", null, Given.class).receive().reader();
    assertThat(new String(reader.readAllBytes(), UTF_8)).isEqualTo("early late");
  }

  @Test
  @Rule("SPDY-13")
  void aWriterFromThePeer() throws Exception {
    Receiver<Given> given = ask("giveWriter", null, Given.class);
    try (OutputStream writer = given.receive().writer()) {
      writer.write("written".getBytes(UTF_8));
    }
    assertThat(given.receive().value()).isEqualTo("written");
  }

  @Test
  @Rule("SPDY-13")
  void aDuplexFromThePeer() throws Exception {
    ByteStream duplex = ask("giveDuplex", null, Given.class).receive().duplex();
    duplex.output().write("both".getBytes(UTF_8));
    duplex.output().close();
    assertThat(new String(duplex.input().readAllBytes(), UTF_8)).isEqualTo("both");
  }

  @Test
  @Rule("SPDY-13")
  void aReferenceOfEightBytes() throws Exception {
    InputStream reader = ask("giveWide", null, Given.class).receive().reader();
    assertThat(new String(reader.readAllBytes(), UTF_8)).isEqualTo("wide");
  }

  @Test
  @Rule("SPDY-15")
  void whatNobodyTakesIsReleased() throws Exception {
    for (int code = 1; code <= 5; code++) {
      Receiver<Given> given = ask("giveUnknown", code, Given.class);
      assertThat(given.receive().value()).isEqualTo(1);
      assertThat(given.receive().value()).isEqualTo(2);
    }
  }

  @Test
  @Rule("SPDY-13")
  void theWrongEndIsRefused() throws Exception {
    Receiver<Given> given = ask("giveWrong", null, Given.class);
    assertThatThrownBy(given::receive).isInstanceOf(MessageRejected.class);
    assertThat(given.receive().value()).isEqualTo(2);
  }

  @Test
  @Rule("SPDY-14")
  void anEndThatComesTwiceIsRefused() throws Exception {
    Receiver<Given> given = ask("giveTwice", null, Given.class);
    InputStream reader = given.receive().reader();
    assertThatThrownBy(given::receive)
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.REF_NOT_FOUND));
    assertThat(given.receive().value()).isEqualTo(3);
    assertThat(reader.readAllBytes()).isEmpty();
  }

  @Test
  @Rule("SPDY-14")
  void aReferenceThatNeverComesIsRefusedInTime() throws Exception {
    Receiver<Given> given = ask("giveNothing", null, Given.class);
    assertThatThrownBy(given::receive)
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.REF_NOT_FOUND));
    assertThat(given.receive().value()).isEqualTo(2);
  }

  @Test
  @Rule({"SPDY-9", "SPDY-14"})
  void anEndWithinAChannelWithinAMessage() throws Exception {
    Receiver<Deep> outer = ask("giveDeep", null, Deep.class).receive().receiver();
    Receiver<Deep> inner = outer.receive().receiver();
    assertThat(inner.receive().value()).isEqualTo(7);
    assertThat(inner.receive()).isNull();
  }

  /** What came from the peer goes back to it: messages are carried, in both directions. */
  @Test
  void anEndThatGoesBack() throws Exception {
    Receiver<Object> values = ask("giveReceiver", 100, Given.class).receive().receiver();
    Channel<Object> reply = Channel.of(Object.class);
    asks.send(new Ask("sum", null, reply.sender(), values, null));
    assertThat(reply.receiver().receive()).isEqualTo(List.of(4_950, 100));
    Receiver<Given> given = ask("giveSender", null, Given.class);
    asks.send(new Ask("produce", 5, given.receive().sender(), null, null));
    assertThat(given.receive().value()).isEqualTo(10);
  }

  @Test
  void aByteStreamThatGoesBack() throws Exception {
    ByteStream duplex = ask("giveDuplex", null, Given.class).receive().duplex();
    ByteStream.Pair pair = ByteStream.pair();
    asks.send(new Ask("loop", null, null, null, pair.right()));
    pair.left().output().write("once".getBytes(UTF_8));
    pair.left().output().close();
    byte[] once = pair.left().input().readAllBytes();
    duplex.output().write(once);
    duplex.output().close();
    assertThat(new String(duplex.input().readAllBytes(), UTF_8)).isEqualTo("once");
    InputStream reader = ask("giveReader", null, Given.class).receive().reader();
    Channel<Object> reply = Channel.of(Object.class);
    asks.send(new Ask("read", null, reply.sender(), null, reader));
    assertThat(((List<?>) reply.receiver().receive()).get(0)).isEqualTo(10);
  }

  // ---- sessions ----

  @Test
  @Rule("SPDY-7")
  void thePeerOpensAChannel() throws Exception {
    ask("open", "", Object.class);
    Receiver<Ask> top = session.accept(Ask.class);
    assertThat(top.receive()).isEqualTo(new Ask("hello", 42, null, null, null));
    assertThat(top.receive()).isNull();
    ask("open", "0", Object.class);
    assertThat(session.accept(Ask.class).receive().value()).isEqualTo(42);
  }

  @Test
  @Rule("SPDY-8")
  void aStreamWithoutAReferenceIsReset() throws Exception {
    ask("noref", null, Object.class);
    assertThat(echo("alive")).isEqualTo("alive");
  }

  @Test
  @Rule("SPDY-3")
  void aPingIsAnswered() throws Exception {
    assertThat(ask("ping", null, String.class).receive()).isEqualTo("<nil>");
  }

  @Test
  @Rule({"SPDY-20", "SPDY-21", "SPDY-22"})
  void whatTheWireCannotSayIsRefusedAtOnce() throws Exception {
    assertThatThrownBy(() -> session.open("name", Object.class))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("SPDY-22");
    assertThatThrownBy(() -> session.accept("name", Object.class))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> session.open("", Object.class, 0))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("SPDY-20");
    Channel<Object> rendezvous = Channel.of(Object.class, 0);
    assertThatThrownBy(() -> asks.send(new Ask("produce", 1, rendezvous.sender(), null, null)))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("SPDY-20");
    assertThatThrownBy(asks::flush)
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("SPDY-21");
    assertThat(echo("alive")).isEqualTo("alive");
  }

  @Test
  @Rule("SPDY-2")
  void thePeerClosesTheSession() throws Exception {
    Session other = fresh();
    other.open(Object.class).send(new Ask("close", null, null, null, null));
    assertThat(other.closed().toCompletableFuture().get().code())
        .isEqualTo(ReasonCode.SESSION_CLOSED);
    assertThatThrownBy(() -> other.accept(Object.class)).isInstanceOf(SessionLost.class);
  }

  @Test
  @Rule("SPDY-19")
  void thePeerDies() throws Exception {
    Session other = fresh();
    Channel<Object> reply = Channel.of(Object.class);
    Sender<Object> sender = other.open(Object.class);
    sender.send(new Ask("die", null, reply.sender(), null, null));
    assertThatThrownBy(reply.receiver()::receive).isInstanceOf(SessionLost.class);
    assertThat(other.closed().toCompletableFuture().get().code())
        .isEqualTo(ReasonCode.CONNECTION_LOST);
    assertThatThrownBy(() -> sender.send("more")).isInstanceOf(ChannelException.class);
  }

  @Test
  @Rule("SPDY-2")
  void closingWritesWhatWasSent() throws Exception {
    Session other = fresh();
    Channel<Object> items = Channel.of(Object.class);
    Channel<Object> reply = Channel.of(Object.class);
    Sender<Object> sender = other.open(Object.class);
    sender.send(new Ask("sum", null, reply.sender(), items.receiver(), null));
    for (int i = 0; i < 100; i++) {
      items.sender().send(i);
    }
    items.sender().close();
    assertThat(reply.receiver().receive()).isEqualTo(List.of(4_950, 100));
    other.close();
    assertThat(other.closed().toCompletableFuture().get().code())
        .isEqualTo(ReasonCode.SESSION_CLOSED);
  }
}
