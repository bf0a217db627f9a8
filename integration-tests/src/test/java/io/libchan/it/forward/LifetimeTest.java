package io.libchan.it.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.ChannelPair;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What becomes of very many attachments of which a receiver takes some. */
@ExtendWith({Leaks.class, QuietLog.class})
@Timeout(value = 3, unit = TimeUnit.MINUTES)
final class LifetimeTest {
  private static final int MESSAGES = 10_000;
  private static final int UNREAD = 100;
  private static final int REJECTED_EACH = 10;

  record Item(long number) {}

  /** What is sent. */
  record Full(
      long number,
      Sender<Item> taken,
      Sender<Item> ignored,
      Receiver<Item> alsoIgnored,
      ByteStream stream,
      Object value) {}

  /** What is received: half of the ends, and a value that must be a number. */
  record Half(long number, Sender<Item> taken, ByteStream stream, int value) {}

  /** The ends that stay. */
  private record Kept(
      Receiver<Item> taken, Receiver<Item> ignored, Sender<Item> alsoIgnored, ByteStream stream) {}

  private final LinkedBlockingQueue<Kept> kept = new LinkedBlockingQueue<>();
  private final Map<ReasonCode, Integer> told = new EnumMap<>(ReasonCode.class);

  private boolean sendAll(Sender<Full> sender) throws Exception {
    for (int i = 0; i < MESSAGES; i++) {
      Channel<Item> taken = Channel.of(Item.class, 2);
      Channel<Item> ignored = Channel.of(Item.class, 2);
      Channel<Item> alsoIgnored = Channel.of(Item.class, 2);
      ByteStream.Pair stream = ByteStream.pair();
      alsoIgnored.sender().send(new Item(i));
      sender.send(
          new Full(
              i,
              taken.sender(),
              ignored.sender(),
              alsoIgnored.receiver(),
              stream.left(),
              i % REJECTED_EACH == 0 ? "no number" : i));
      kept.add(
          new Kept(taken.receiver(), ignored.receiver(), alsoIgnored.sender(), stream.right()));
    }
    return true;
  }

  private static void receiveSome(Receiver<Half> receiver) throws Exception {
    for (int i = 0; i < MESSAGES - UNREAD; i++) {
      try {
        Half half = ChannelPair.next(receiver);
        assertThat(i % REJECTED_EACH).isNotZero();
        half.taken().send(new Item(half.number()));
        half.taken().close();
        half.stream().output().write(1);
        half.stream().close();
      } catch (MessageRejected e) {
        assertThat(i % REJECTED_EACH).isZero();
      }
    }
  }

  @Test
  @Rule({"ATT-6", "CH-25", "COD-11"})
  void whateverNobodyTakesIsReleasedWithAReason() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    Listener listener = Libchan.listen("tcp://127.0.0.1:0", Options.DEFAULTS, accepted::put);
    Session near = Libchan.connect(listener.uri().toString());
    Session far = accepted.take();
    Sender<Full> sender = near.open(Full.class);
    Receiver<Half> receiver = far.accept(Half.class);
    Task<Boolean> sending = Task.call(() -> sendAll(sender));
    Task<Boolean> looking = Task.run(() -> expectReasons(0, MESSAGES - UNREAD));
    receiveSome(receiver);
    sending.result();
    looking.result();
    // Four streams for each message that is unread, and their channel's own.
    Waits.until(
        "nothing but what is unread: " + near.snapshot().streams().size(),
        () -> near.snapshot().streams().size() == 4 * UNREAD + 1);
    near.close();
    listener.close();
    expectReasons(MESSAGES - UNREAD, MESSAGES);
    System.out.println("ends that were told: " + told);
    assertThat(near.snapshot().streams()).isEmpty();
    assertThat(far.snapshot().streams()).isEmpty();
    receiver.close(); // until then what had arrived could still be received
    assertThat(far.snapshot().unreadBytes()).isZero();
    assertThat(far.snapshot().unnamed() + far.snapshot().awaited()).isZero();
  }

  private void expectReasons(int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      Kept each = kept.take();
      boolean taken = i < MESSAGES - UNREAD && i % REJECTED_EACH != 0;
      ReasonCode released =
          i < MESSAGES - UNREAD ? ReasonCode.UNCLAIMED : ReasonCode.SESSION_CLOSED;
      if (taken) {
        assertThat(ChannelPair.next(each.taken()).number()).isEqualTo(i);
        ChannelPair.expectEnd(each.taken());
        assertThat(each.stream().input().read()).isEqualTo(1);
        assertThat(each.stream().input().read()).isEqualTo(-1);
        each.stream().close();
      } else {
        assertThat(ChannelPair.failure(each.taken(), ChannelException.class).reason().code())
            .isEqualTo(released);
        Task.call(() -> each.stream().input().read()).failure(IOException.class);
      }
      for (Reason reason :
          List.of(Waits.value(each.ignored().closed()), Waits.value(each.alsoIgnored().closed()))) {
        assertThat(reason.code()).as("message " + i).isEqualTo(released);
        told.merge(reason.code(), 1, Integer::sum);
      }
    }
  }
}
