package io.libchan.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.FileHandle;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files inside messages: the same for user code whether the transport passes descriptors or carries
 * the bytes.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class FileContract extends SessionContract {
  private static final Duration SHORT = Duration.ofMillis(50);

  /** A file in a message. */
  public record FileBox(int number, FileHandle file) {}

  /** A message that has no place for the file that was sent. */
  public record NumberBox(int number) {}

  /** Streams of files in a message. */
  public record StreamsBox(InputStream input, OutputStream output) {}

  /** Whatever it is. */
  public record AnyBox(Object any) {}

  @TempDir
  @SuppressWarnings("NullAway.Init") // set by JUnit
  Path folder;

  /** For subclasses. */
  protected FileContract() {}

  private Path file(int bytes) throws Exception {
    byte[] content = new byte[bytes];
    new Random(bytes).nextBytes(content);
    return Files.write(folder.resolve("f" + bytes), content);
  }

  private FileHandle sent(FileHandle handle) throws Exception {
    ChannelPair<FileBox> channel = bed.open(FileBox.class, 4);
    channel.sender().send(new FileBox(1, handle));
    return channel.next().file();
  }

  @Test
  void bothSidesAgreeOnWhetherDescriptorsArePassed() throws Exception {
    assertThat(bed.near().passesDescriptors()).isEqualTo(bed.far().passesDescriptors());
  }

  @Test
  @Rule({"ATT-7", "CH-44"})
  void aFileArrivesWithItsSizeAndAllOfItsBytes() throws Exception {
    for (int bytes : new int[] {0, 1, 100_000, 3_000_000}) {
      Path path = file(bytes);
      try (FileHandle got = sent(FileHandle.open(path))) {
        assertThat(got.size()).isEqualTo(bytes);
        assertThat(got.position()).isZero();
        assertThat(got.channel().isPresent()).isEqualTo(bed.near().passesDescriptors());
        assertThat(got.input().readAllBytes()).isEqualTo(Files.readAllBytes(path));
        assertThat(got.position()).isEqualTo(bytes);
      }
    }
  }

  @Test
  @Rule({"ATT-7", "CH-44"})
  void aFileThatWasReadInPartGoesOnThere() throws Exception {
    Path path = file(100_000);
    FileHandle handle = FileHandle.open(path);
    byte[] first = handle.input().readNBytes(30_000);
    try (FileHandle got = sent(handle)) {
      assertThat(got.size()).isEqualTo(100_000);
      assertThat(got.position()).isEqualTo(30_000);
      byte[] rest = got.input().readAllBytes();
      assertThat(ScriptedPeer.join(first, rest)).isEqualTo(Files.readAllBytes(path));
    }
  }

  @Test
  @Rule("ATT-8")
  void aFileThatWasSentIsNotTheCallersAnyMore() throws Exception {
    FileHandle handle = FileHandle.open(file(10));
    try (FileHandle got = sent(handle)) {
      assertThatThrownBy(handle::channel).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> handle.input().read()).isInstanceOf(IllegalStateException.class);
      handle.close();
      assertThatThrownBy(() -> sent(handle)).isInstanceOf(IllegalStateException.class);
      assertThat(got.input().readAllBytes()).hasSize(10);
    }
  }

  @Test
  void aSendThatGivesUpLeavesTheFileWithTheCaller() throws Exception {
    ChannelPair<FileBox> full = bed.open(FileBox.class, 1);
    full.sender().send(new FileBox(1, FileHandle.open(file(20))));
    try (FileHandle handle = FileHandle.open(file(10))) {
      assertThatThrownBy(() -> full.sender().send(new FileBox(2, handle), SHORT))
          .isInstanceOf(TimeoutException.class);
      ChannelPair<FileBox> rendezvous = bed.open(FileBox.class, 0);
      assertThatThrownBy(() -> rendezvous.sender().send(new FileBox(3, handle), SHORT))
          .isInstanceOf(TimeoutException.class);
      assertThat(handle.input().readAllBytes()).hasSize(10);
    }
    full.next().file().close();
  }

  @Test
  @Rule("ATT-6")
  void filesThatNobodyTakesAreClosed() throws Exception {
    ChannelPair<FileBox> other = bed.open(FileBox.class, NumberBox.class, 4);
    other.sender().send(new FileBox(7, FileHandle.open(file(3_000_000))));
    Object got = ChannelPair.next((io.libchan.Receiver<?>) other.receiver());
    assertThat(got).isEqualTo(new NumberBox(7));
    ChannelPair<FileBox> dropped = bed.open(FileBox.class, 4);
    dropped.sender().send(new FileBox(1, FileHandle.open(file(3_000_000))));
    dropped.receiver().close();
    bed.expectAlive();
  }

  @Test
  void aReaderThatClosesAFileEarlyHurtsNothing() throws Exception {
    try (FileHandle got = sent(FileHandle.open(file(3_000_000)))) {
      assertThat(got.input().readNBytes(10)).hasSize(10);
    }
    bed.expectAlive();
  }

  @Test
  @Rule("ATT-7")
  void streamsOfFilesAreReadAndWrittenByTheOtherSide() throws Exception {
    Path in = file(400_000);
    Path out = folder.resolve("out");
    ChannelPair<StreamsBox> channel = bed.open(StreamsBox.class, 4);
    channel
        .sender()
        .send(new StreamsBox(new FileInputStream(in.toFile()), new FileOutputStream(out.toFile())));
    StreamsBox got = channel.next();
    try (InputStream input = got.input();
        OutputStream output = got.output()) {
      input.transferTo(output);
    }
    Waits.until("all to be written", () -> Files.size(out) == 400_000);
    assertThat(Files.mismatch(in, out)).isEqualTo(-1);
  }

  @Test
  void anOpenTypeGetsAFileOrStream() throws Exception {
    needsOpenTypes();
    Path path = Files.writeString(folder.resolve("text"), "hello");
    ChannelPair<AnyBox> channel = bed.open(AnyBox.class, 4);
    channel.sender().send(new AnyBox(FileHandle.open(path)));
    channel.sender().send(new AnyBox(new FileInputStream(path.toFile())));
    try (FileHandle handle = (FileHandle) channel.next().any();
        InputStream input = (InputStream) channel.next().any()) {
      assertThat(new String(handle.input().readAllBytes(), UTF_8)).isEqualTo("hello");
      assertThat(new String(input.readAllBytes(), UTF_8)).isEqualTo("hello");
    }
  }

  @Test
  void aFileIsNoTwoWayStream() throws Exception {
    needsOpenTypes();
    record StreamBox(int number, ByteStream file) {}
    ChannelPair<FileBox> channel = bed.open(FileBox.class, StreamBox.class, 4);
    channel.sender().send(new FileBox(1, FileHandle.open(file(10))));
    assertThatThrownBy(() -> channel.receiver().receive(Waits.BOUND))
        .isInstanceOf(io.libchan.MessageRejected.class);
    bed.expectAlive();
  }
}
