package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ChannelException;
import io.libchan.DescriptorPolicy;
import io.libchan.FileHandle;
import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.core.Lab.Fake;
import io.libchan.core.Lab.Parcel;
import io.libchan.spi.Ends;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import io.libchan.spi.StreamHeaders.Kind;
import io.libchan.testkit.Rule;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Descriptors at the edges of their lives, where nothing of the system is needed to see it. */
final class DescriptorEdgesTest {
  @TempDir Path folder;

  private static Options passing(Limits limits) {
    return Lab.options().limits(limits).descriptorPolicy(DescriptorPolicy.PREFER).build();
  }

  private static Lab passing() {
    return new Lab(passing(Limits.DEFAULTS), passing(Limits.DEFAULTS)).greeted();
  }

  private FileHandle file() throws Exception {
    return FileHandle.open(Files.writeString(folder.resolve("f"), "x"));
  }

  private static SendPort<Parcel> open(Lab lab, String name) throws ChannelException {
    Sender<Parcel> sender = Objects.requireNonNull(lab.connecting.tryOpen(name, Parcel.class, 4));
    lab.run();
    return Ends.port(sender);
  }

  private static ReceivePort<Parcel> accept(Lab lab, String name) {
    Receiver<Parcel> receiver = Objects.requireNonNull(lab.listening.tryAccept(name, Parcel.class));
    return Ends.port(receiver);
  }

  /** A slow receiver must not cost the descriptors of a message larger than the window. */
  @Test
  @Rule("FD-9")
  void whatAnArrivingMessageNamesIsNotLate() throws Exception {
    Lab lab = passing();
    SendPort<Parcel> sender = open(lab, "");
    ReceivePort<Parcel> receiver = accept(lab, "");
    sender.trySend(Parcel.of("y".repeat(200_000)));
    sender.trySend(Parcel.of("x".repeat(300_000), file()));
    lab.run();
    assertThat(lab.listening.descriptors().unnamed()).isEqualTo(1);
    for (int i = 0; i < 20; i++) {
      lab.clock.advance(Options.DEFAULTS.referenceTimeout().dividedBy(2));
      lab.run();
    }
    assertThat(lab.listening.descriptors().unnamed()).isEqualTo(1);
    assertThat(((Parcel) receiver.poll()).text()).hasSize(200_000);
    lab.run();
    assertThat(((Parcel) receiver.poll()).ends()).hasSize(1);
  }

  @Test
  @Rule("FD-9")
  void aMessageThatBeganLaterDoesNotKeepALateOne() throws Exception {
    Lab lab = passing();
    SendPort<Parcel> sender = open(lab, "");
    ReceivePort<Parcel> receiver = accept(lab, "");
    sender.trySend(Parcel.of("y".repeat(200_000)));
    sender.trySend(Parcel.of("x".repeat(300_000)));
    lab.run();
    Fake lost = new Fake();
    lab.right.take(lost);
    lab.clock.advance(Options.DEFAULTS.referenceTimeout().multipliedBy(2));
    assertThat(lost.closed).isFalse();
    receiver.poll();
    lab.run();
    receiver.poll();
    sender.trySend(Parcel.of("y".repeat(200_000)));
    sender.trySend(Parcel.of("x".repeat(300_000)));
    lab.run();
    lab.clock.advance(Options.DEFAULTS.referenceTimeout());
    assertThat(lost.closed).isTrue();
  }

  @Test
  @Rule("FD-7")
  void takenNeverGoesBackWhoeverLetsGo() throws Exception {
    Lab lab =
        new Lab(passing(Limits.DEFAULTS.withMaxDescriptors(4)), passing(Limits.DEFAULTS)).greeted();
    int each = 50_000;
    lab.left.written.reset();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 2; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < each; i++) {
                  lab.left.take(new Fake());
                  lab.connecting.descriptors().letGo(1); // always a quarter, so it is always told
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      thread.join();
    }
    while (lab.left.fill()) {}
    long last = 0;
    ByteBuffer written = ByteBuffer.wrap(lab.left.written.toByteArray());
    while (written.remaining() >= 13) {
      if (written.get(written.position()) == Frames.TAKEN
          && written.getInt(written.position() + 1) == 8) {
        long count = written.getLong(written.position() + 5);
        assertThat(count).isGreaterThan(last);
        last = count;
      }
      written.get();
    }
    assertThat(last).isEqualTo(2L * each);
  }

  @Test
  @Rule("FD-1")
  void anEntryWhoseDescriptorWasDroppedStays() {
    Lab lab = passing();
    DescriptorTable table = lab.connecting.descriptors();
    assertThat(table.reserve(2)).isTrue();
    Passing first = new Passing(table, Kind.BYTES, new Fake());
    Passing second = new Passing(table, Kind.BYTES, new Fake());
    PassingSet set = new PassingSet(List.of(first, second), new int[] {7, 16});
    byte[] frame = new byte[40];
    second.drop();
    assertThat(set.reach(table, frame, 40)).isEqualTo(16);
    assertThat(ByteBuffer.wrap(frame).getLong(8)).isEqualTo(1);
  }

  /** A peer that sends a pipe and says that it is a file. */
  @Test
  @Rule("ATT-9")
  void aFileThatIsNoneFailsItsAttachmentAndNotTheSession() throws Exception {
    Lab left = passing();
    Lab right = new Lab().greeted();
    SendPort<Parcel> sender = open(left, "");
    Receiver<Parcel> middle = Objects.requireNonNull(left.listening.tryAccept("", Parcel.class));
    SendPort<Parcel> onward = open(right, "");
    onward.trySend(Parcel.of("", middle));
    right.run();
    @SuppressWarnings("unchecked") // it carries parcels
    Receiver<Parcel> far = (Receiver<Parcel>) ((Parcel) accept(right, "").poll()).ends().get(0);
    sender.trySend(Parcel.of("1", file())); // the other side gets a descriptor of nothing
    left.run();
    right.run();
    assertThat(left.listening.isOver()).isFalse();
    assertThat(right.connecting.isOver()).isFalse();
    assertThatThrownBy(far::poll).isInstanceOf(MessageRejected.class);
    sender.trySend(Parcel.of("2"));
    left.run();
    right.run();
    assertThat(far.poll()).isEqualTo(Parcel.of("2"));
  }
}
