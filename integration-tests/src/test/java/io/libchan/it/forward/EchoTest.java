package io.libchan.it.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** An end that is sent back and forth a thousand times leaves no relay behind. */
@ExtendWith({Leaks.class, QuietLog.class})
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class EchoTest {
  private static final int BOUNCES = 1_000;
  private static final int MESSAGES = 100_000;
  private static final int BYTES = 4_000_000;

  private Listener listener;
  private Session connector;
  private Session listening;

  record Item(long number) {}

  record ReceiverBox(Receiver<Item> end) {}

  record BytesBox(ByteStream end) {}

  record SenderBox(Sender<Item> end) {}

  @BeforeEach
  void connect() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    listener = Libchan.listen("tcp://127.0.0.1:0", Options.DEFAULTS, accepted::put);
    connector = Libchan.connect(listener.uri().toString());
    listening = accepted.take();
  }

  @AfterEach
  void close() throws Exception {
    connector.close();
    listener.close();
  }

  /** One way for ends of one kind. */
  private static <T> ChannelPair<T> road(Session from, Session to, String name, Class<T> type)
      throws Exception {
    return new ChannelPair<>(from.open(name, type), to.accept(name, type));
  }

  private void expectNoRelays(Session session) throws Exception {
    try {
      Waits.until(
          "no stream but the roads",
          () -> session.snapshot().streams().stream().allMatch(stream -> stream.parent() == 0));
    } catch (AssertionError e) {
      throw new AssertionError(connector.snapshot() + "\n" + listening.snapshot(), e);
    }
  }

  private void bounceReceiver(Session home, Session away) throws Exception {
    ChannelPair<ReceiverBox> there = road(home, away, "there", ReceiverBox.class);
    ChannelPair<ReceiverBox> back = road(away, home, "back", ReceiverBox.class);
    Channel<Item> channel = Channel.of(Item.class);
    Task<Boolean> sending =
        Task.run(
            () -> {
              for (int i = 0; i < MESSAGES; i++) {
                channel.sender().send(new Item(i));
              }
              channel.sender().flush();
            });
    Receiver<Item> end = channel.receiver();
    long next = 0;
    for (int bounce = 0; bounce < BOUNCES; bounce++) {
      there.sender().send(new ReceiverBox(end));
      end = there.next().end();
      next = take(end, next, MESSAGES / BOUNCES / 2);
      back.sender().send(new ReceiverBox(end));
      end = back.next().end();
      next = take(end, next, MESSAGES / BOUNCES / 2);
    }
    assertThat(next).isEqualTo(MESSAGES);
    sending.result();
    expectNoRelays(home);
    expectNoRelays(away);
    channel.sender().close();
    ChannelPair.expectEnd(end);
  }

  private static long take(Receiver<Item> end, long from, int count) throws Exception {
    for (long i = from; i < from + count; i++) {
      assertThat(ChannelPair.next(end).number()).isEqualTo(i);
    }
    return from + count;
  }

  private void bounceSender(Session home, Session away) throws Exception {
    ChannelPair<SenderBox> there = road(home, away, "there", SenderBox.class);
    ChannelPair<SenderBox> back = road(away, home, "back", SenderBox.class);
    Channel<Item> channel = Channel.of(Item.class);
    Task<Boolean> receiving =
        Task.run(
            () -> {
              take(channel.receiver(), 0, MESSAGES);
              ChannelPair.expectEnd(channel.receiver());
            });
    Sender<Item> end = channel.sender();
    long next = 0;
    for (int bounce = 0; bounce < BOUNCES; bounce++) {
      there.sender().send(new SenderBox(end));
      end = there.next().end();
      next = give(end, next, MESSAGES / BOUNCES / 2);
      back.sender().send(new SenderBox(end));
      end = back.next().end();
      next = give(end, next, MESSAGES / BOUNCES / 2);
    }
    end.flush();
    expectNoRelays(home);
    expectNoRelays(away);
    end.close();
    receiving.result();
  }

  private static long give(Sender<Item> end, long from, int count) throws Exception {
    for (long i = from; i < from + count; i++) {
      end.send(new Item(i), Waits.BOUND);
    }
    return from + count;
  }

  @Test
  @Rule({"FWD-10", "FWD-12", "FWD-13"})
  void aReceiverOfTheConnectorsThatIsSentBackAndForth() throws Exception {
    bounceReceiver(connector, listening);
  }

  @Test
  @Rule({"FWD-10", "FWD-12", "FWD-13"})
  void aReceiverOfTheListenersThatIsSentBackAndForth() throws Exception {
    bounceReceiver(listening, connector);
  }

  @Test
  @Rule({"FWD-10", "FWD-12", "FWD-13"})
  void aSenderOfTheConnectorsThatIsSentBackAndForth() throws Exception {
    bounceSender(connector, listening);
  }

  @Test
  @Rule({"FWD-10", "FWD-12", "FWD-13"})
  void aSenderOfTheListenersThatIsSentBackAndForth() throws Exception {
    bounceSender(listening, connector);
  }

  private void bounceBytes(Session home, Session away) throws Exception {
    ChannelPair<BytesBox> there = road(home, away, "there", BytesBox.class);
    ChannelPair<BytesBox> back = road(away, home, "back", BytesBox.class);
    ByteStream.Pair pair = ByteStream.pair();
    Task<Boolean> sending = Task.run(() -> write(pair.left(), BYTES));
    Task<Boolean> receiving = Task.run(() -> read(pair.left(), 0, BYTES));
    ByteStream end = pair.right();
    int next = 0;
    for (int bounce = 0; bounce < BOUNCES; bounce++) {
      there.sender().send(new BytesBox(end));
      end = there.next().end();
      next = exchange(end, next);
      back.sender().send(new BytesBox(end));
      end = back.next().end();
      next = exchange(end, next);
    }
    assertThat(next).isEqualTo(BYTES);
    sending.result();
    receiving.result();
    expectNoRelays(home);
    expectNoRelays(away);
    end.close();
    assertThat(pair.left().input().read()).isEqualTo(-1);
  }

  private static int exchange(ByteStream end, int from) throws Exception {
    int count = BYTES / BOUNCES / 2;
    byte[] some = new byte[count];
    for (int i = 0; i < count; i++) {
      some[i] = value(from + i);
    }
    end.output().write(some);
    read(end, from, from + count);
    return from + count;
  }

  private static void write(ByteStream end, int count) throws Exception {
    byte[] part = new byte[1_000];
    for (int i = 0; i < count; i += part.length) {
      for (int j = 0; j < part.length; j++) {
        part[j] = value(i + j);
      }
      end.output().write(part);
    }
  }

  private static void read(ByteStream end, int from, int to) throws Exception {
    byte[] all = end.input().readNBytes(to - from);
    assertThat(all).hasSize(to - from);
    for (int i = from; i < to; i++) {
      if (all[i - from] != value(i)) {
        throw new AssertionError("byte " + i + " is " + all[i - from] + ", not " + value(i));
      }
    }
  }

  /** No short period, so that a lost or doubled piece shows. */
  private static byte value(int position) {
    return (byte) (position * 31 + position / 251);
  }

  @Test
  @Rule({"FWD-15", "FWD-16"})
  void aByteStreamOfTheConnectorsThatIsSentBackAndForth() throws Exception {
    bounceBytes(connector, listening);
  }

  @Test
  @Rule({"FWD-15", "FWD-16"})
  void aByteStreamOfTheListenersThatIsSentBackAndForth() throws Exception {
    bounceBytes(listening, connector);
  }
}
