package io.libchan.testkit;

import static io.libchan.testkit.Waits.BOUND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Services;
import io.libchan.testkit.Boxes.Loose;
import io.libchan.testkit.Boxes.ManySenders;
import io.libchan.testkit.Boxes.Payload;
import io.libchan.testkit.Boxes.Text;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Each limit that the API can reach, one below, at, and one above: what is allowed works, what is
 * not names the limit, and nothing else dies. The others are in {@code HostileContract}.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class LimitContract extends SessionContract {
  /** For subclasses. */
  protected LimitContract() {}

  private static UnaryOperator<Options.Builder> limits(UnaryOperator<Limits> change) {
    return options -> options.limits(change.apply(Limits.DEFAULTS));
  }

  private static void expectLimit(String name, Throwable thrown) {
    assertThat(thrown)
        .isInstanceOfSatisfying(LimitExceeded.class, e -> assertThat(e.limit()).isEqualTo(name));
  }

  // Size.

  @ParameterizedTest
  @ValueSource(ints = {4096, 70_000, 4 * 1024 * 1024})
  @Rule({"CH-2", "LIM-1"})
  void aMessageMayBeAsLongAsThePeerAllowsAndNoLonger(int limit) throws Exception {
    bed.with(plain(), limits(limits -> limits.withMaxMessageBytes(limit)));
    for (int size : new int[] {limit - 1, limit}) {
      ChannelPair<Text> channel = bed.open(Text.class, 2);
      Text message = textOf(size);
      Task<Boolean> sending = Task.run(() -> channel.sender().send(message));
      assertThat(channel.next()).isEqualTo(message);
      sending.result();
      channel.sender().close();
      channel.expectEnd();
    }
    ChannelPair<Note> other = bed.open(Note.class, 2);
    ChannelPair<Text> channel = bed.open(Text.class, 2);
    expectLimit(
        "message-bytes",
        Task.run(() -> channel.sender().send(textOf(limit + 1))).failure(Throwable.class));
    other.sender().send(Note.of(1));
    assertThat(other.next()).isEqualTo(Note.of(1));
    bed.expectAlive();
  }

  @Test
  @Rule("CH-2")
  void aMessageMayNotBeLongerThanTheOwnLimitEither() throws Exception {
    bed.with(limits(limits -> limits.withMaxMessageBytes(4096)), plain());
    ChannelPair<Text> channel = bed.open(Text.class, 2);
    expectLimit(
        "message-bytes",
        Task.run(() -> channel.sender().send(textOf(8 * 1024 * 1024))).failure(Throwable.class));
    bed.expectAlive();
  }

  /** A message whose encoded form has exactly this size. */
  private Text textOf(int size) throws ChannelException {
    Codec own = bed.connecting().codec();
    Codec codec =
        own != null
            ? own
            : Services.codecs().stream()
                .filter(one -> one.name().equals(subject().codec()))
                .findFirst()
                .orElseThrow();
    Codec.Format format = codec.format(Text.class, Limits.DEFAULTS);
    int length = size;
    for (int i = 0; i < 4; i++) {
      EncodeBuffer buffer = new EncodeBuffer(Integer.MAX_VALUE / 2);
      Text text = new Text("x".repeat(length));
      format.encode(text, end -> 0, buffer);
      if (buffer.length() == size) {
        return text;
      }
      length += size - buffer.length();
    }
    throw new AssertionError("no text encodes to " + size + " bytes");
  }

  // Content.

  @Test
  @Rule({"LIM-1", "CH-25"})
  void aStringMayBeAsLongAsTheReceiverAllowsAndNoLonger() throws Exception {
    bed.with(plain(), limits(limits -> limits.withMaxStringBytes(1000)));
    ChannelPair<Text> channel = bed.open(Text.class, 8);
    for (int size : new int[] {999, 1000, 1001, 10}) {
      channel.sender().send(new Text("x".repeat(size)));
    }
    assertThat(channel.next().text()).hasSize(999);
    assertThat(channel.next().text()).hasSize(1000);
    expectLimit("string-bytes", Task.call(channel::next).failure(Throwable.class));
    assertThat(channel.next().text()).hasSize(10);
    bed.expectAlive();
  }

  @Test
  @Rule({"LIM-1", "CH-25"})
  void aMessageMayBeAsDeepAsTheReceiverAllowsAndNoDeeper() throws Exception {
    needsOpenTypes();
    bed.with(
        limits(limits -> limits.withMaxDepth(1000)), limits(limits -> limits.withMaxDepth(10)));
    List<Object> messages = new ArrayList<>();
    Object nested = 1;
    for (int depth = 1; depth <= 14; depth++) {
      messages.add(new Loose(nested));
      nested = List.of(nested);
    }
    // The record is one level, each list one more: ten are in the tenth message.
    expectBorder(messages, 10, "depth");
  }

  @Test
  @Rule({"LIM-1", "CH-25"})
  void aMessageMayHaveAsManyElementsAsTheReceiverAllowsAndNoMore() throws Exception {
    needsOpenTypes();
    bed.with(plain(), limits(limits -> limits.withMaxElements(50)));
    List<Object> messages = new ArrayList<>();
    for (int count = 1; count <= 60; count++) {
      messages.add(new Loose(Collections.nCopies(count, 1)));
    }
    // The field of the record is an element too, and a codec may count the record itself.
    expectBorder(messages, 49, "elements");
  }

  private void expectBorder(List<Object> messages, int last, String limit) throws Exception {
    ChannelPair<Loose> channel = bed.open(Loose.class, messages.size());
    for (Object message : messages) {
      channel.sender().send((Loose) message);
    }
    int passed = 0;
    int refused = 0;
    for (int i = 0; i < messages.size(); i++) {
      try {
        Loose arrived = channel.receiver().receive(BOUND);
        assertThat(arrived).isNotNull();
        assertThat(refused).as("messages refused before number %d passed", i + 1).isZero();
        passed++;
      } catch (LimitExceeded e) {
        expectLimit(limit, e);
        refused++;
      }
    }
    assertThat(passed).as("the last message that passes").isBetween(last - 1, last);
    assertThat(passed + refused).isEqualTo(messages.size());
    channel.sender().close();
    channel.expectEnd();
    bed.expectAlive();
  }

  @Test
  @Rule({"ATT-4", "LIM-1"})
  void aMessageMayHaveAsManyAttachmentsAsThePeerAllowsAndNoMore() throws Exception {
    bed.with(plain(), limits(limits -> limits.withMaxAttachments(3)));
    ChannelPair<ManySenders> channel = bed.open(ManySenders.class, 4);
    for (int count : new int[] {2, 3}) {
      List<Sender<Note>> senders = senders(count);
      channel.sender().send(new ManySenders(senders));
      ManySenders arrived = channel.next();
      assertThat(arrived.senders()).hasSize(count);
      arrived.senders().forEach(Sender::close);
    }
    Channel<Note> kept = Channel.of(Note.class);
    List<Sender<Note>> tooMany = new ArrayList<>(senders(3));
    tooMany.add(kept.sender());
    expectLimit(
        "attachments",
        Task.run(() -> channel.sender().send(new ManySenders(tooMany))).failure(Throwable.class));
    kept.sender().send(Note.of(1));
    assertThat(ChannelPair.next(kept.receiver())).isEqualTo(Note.of(1));
    bed.expectAlive();
  }

  private static List<Sender<Note>> senders(int count) {
    List<Sender<Note>> senders = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      senders.add(Channel.of(Note.class).sender());
    }
    return senders;
  }

  // Numbers of streams.

  @Test
  @Rule({"CTL-7", "LIM-1"})
  void openWaitsWhileThePeersLimitOfStreamsIsReached() throws Exception {
    bed.with(plain(), limits(limits -> limits.withMaxStreams(6)));
    Session near = bed.near();
    List<Sender<Note>> open = new ArrayList<>();
    Task<Sender<Note>> waiting = null;
    for (int i = 0; i < 8 && waiting == null; i++) {
      Task<Sender<Note>> opening = Task.call(() -> near.open("many", Note.class, 1));
      if (opening.endsWithoutWaiting()) {
        open.add(opening.result());
      } else {
        waiting = opening;
      }
    }
    // The control stream is one of the connecting side's.
    assertThat(open.size()).isBetween(5, 6);
    if (waiting == null) {
      throw new AssertionError("opened " + open.size() + " streams of 6");
    }
    for (int i = 0; i < open.size(); i++) {
      open.get(i).send(Note.of(i));
    }
    // Which one arrives first is open: streams on bodies of their own overtake each other.
    Receiver<Note> first = bed.far().accept("many", Note.class, BOUND);
    int arrived = (int) ChannelPair.next(first).number();
    assertThat(waiting.isDone()).isFalse();
    open.get(arrived).close();
    ChannelPair.expectEnd(first);
    waiting.result().send(Note.of(99));
    List<Note> expected = new ArrayList<>(List.of(Note.of(99)));
    List<Note> others = new ArrayList<>();
    for (int i = 0; i < open.size(); i++) {
      if (i != arrived) {
        expected.add(Note.of(i));
      }
      Receiver<Note> receiver = bed.far().accept("many", Note.class, BOUND);
      others.add(ChannelPair.next(receiver));
    }
    assertThat(others).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  @Rule({"PRE-7", "LIM-1"})
  void channelsThatNobodyAcceptsAreRefusedAboveTheBacklog() throws Exception {
    bed.with(plain(), limits(limits -> limits.withMaxBacklog(3)));
    List<Sender<Note>> open = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      open.add(bed.near().open("unwanted", Note.class, 1));
    }
    // The last one, unless opened streams overtake each other.
    Sender<Note> refused =
        Waits.value(
            CompletableFuture.anyOf(
                    open.stream()
                        .map(one -> one.closed().toCompletableFuture().thenApply(why -> one))
                        .toArray(CompletableFuture[]::new))
                .thenApply(any -> open.stream().filter(any::equals).findFirst().orElseThrow()));
    assertThat(Waits.value(refused.closed()).message()).startsWith("backlog:");
    expectLimit("backlog", Task.run(() -> refused.send(Note.of(1))).failure(Throwable.class));
    open.remove(refused);
    List<Note> received = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      open.get(i).send(Note.of(i));
    }
    for (int i = 0; i < 3; i++) {
      Receiver<Note> receiver = bed.far().accept("unwanted", Note.class, BOUND);
      Note note = ChannelPair.next(receiver);
      received.add(note);
      open.get((int) note.number()).close();
      ChannelPair.expectEnd(receiver);
    }
    assertThat(received).containsExactlyInAnyOrder(Note.of(0), Note.of(1), Note.of(2));
    bed.expectAlive();
  }

  // Memory.

  @Test
  @Rule({"LIM-2", "LIM-1"})
  void theChannelThatHoldsMostEndsWhenTheSessionsMemoryIsFull() throws Exception {
    bed.with(plain(), limits(limits -> limits.withMaxSessionBytes(600_000)));
    ChannelPair<Payload> small = bed.open(Payload.class, 100);
    small.sender().send(new Payload(1, new byte[20_000]));
    List<ChannelPair<Payload>> large = new ArrayList<>();
    List<Task<Boolean>> sending = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ChannelPair<Payload> channel = bed.open(Payload.class, 100);
      large.add(channel);
      sending.add(Task.run(() -> sendUntilItFails(channel.sender())));
    }
    List<ChannelPair<Payload>> ended = new ArrayList<>();
    Waits.until(
        "two of the four to end, as two fit",
        () -> {
          ended.clear();
          for (ChannelPair<Payload> channel : large) {
            if (channel.receiver().closed().toCompletableFuture().isDone()) {
              ended.add(channel);
            }
          }
          return ended.size() >= 2;
        });
    for (ChannelPair<Payload> channel : ended) {
      LimitExceeded failure = ChannelPair.failure(channel.receiver(), LimitExceeded.class);
      assertThat(failure.limit()).isEqualTo("session-memory");
      assertThat(Waits.value(channel.sender().closed()).message()).startsWith("session-memory:");
    }
    assertThat(small.next().bytes()).hasSize(20_000);
    for (ChannelPair<Payload> channel : large) {
      channel.receiver().close();
    }
    for (Task<Boolean> one : sending) {
      one.result();
    }
    bed.expectAlive();
  }

  private static void sendUntilItFails(Sender<Payload> sender) throws Exception {
    byte[] chunk = new byte[30_000];
    try {
      for (int i = 0; i < 1000; i++) {
        sender.send(new Payload(i, chunk));
      }
    } catch (ChannelException e) {
      return;
    }
    throw new AssertionError("sent 30 MB that nobody received");
  }

  @Test
  void aLimitIsAtLeastOne() {
    assertThatThrownBy(() -> Limits.DEFAULTS.withMaxStreams(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("streams");
  }
}
