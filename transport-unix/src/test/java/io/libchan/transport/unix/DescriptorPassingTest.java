package io.libchan.transport.unix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ChannelReset;
import io.libchan.DescriptorPolicy;
import io.libchan.Descriptors;
import io.libchan.FileHandle;
import io.libchan.Libchan;
import io.libchan.LimitExceeded;
import io.libchan.Limits;
import io.libchan.Listener;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What has a descriptor travels as one, where the policies let it. */
@ExtendWith({Leaks.class, QuietLog.class})
final class DescriptorPassingTest {
  private static final Duration BOUND = Duration.ofSeconds(10);

  record Reads(int number, InputStream input) {}

  record Writes(int number, OutputStream output) {}

  record Both(int number, ByteStream stream) {}

  record Files2(int number, FileHandle file) {}

  record Many(List<FileHandle> files) {}

  record Anything(Object what) {}

  @TempDir Path folder;

  private Listener listener;
  private Session near;
  private Session far;

  private void connect(Options.Builder one, Options.Builder other) throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    listener = Libchan.listen(Addresses.path(), other.build(), accepted::put);
    near = Libchan.connect(listener.uri().toString(), one.build());
    far = accepted.poll(10, TimeUnit.SECONDS);
  }

  @BeforeEach
  void connect() throws Exception {
    connect(options(), options());
  }

  private static Options.Builder options() {
    return Options.builder().referenceTimeout(Duration.ofSeconds(1));
  }

  private void reconnect(Options.Builder one, Options.Builder other) throws Exception {
    close();
    connect(one, other);
  }

  @AfterEach
  void close() {
    near.close();
    far.close();
    listener.close();
  }

  private <T> Receiver<T> send(Class<T> type, Object... messages) throws Exception {
    Sender<T> sender = near.open(type);
    for (Object message : messages) {
      sender.send(type.cast(message), BOUND);
    }
    sender.close();
    return far.accept("", type, BOUND);
  }

  private Path file(String name, String text) throws Exception {
    return Files.writeString(folder.resolve(name), text);
  }

  private static long inode(java.io.FileDescriptor open) throws Exception {
    Path link = Path.of("/proc/self/fd/" + UnixDescriptors.number(open));
    return ((Number) Files.getAttribute(link, "unix:ino")).longValue();
  }

  @Test
  @Rule({"FD-1", "ATT-7", "ATT-8"})
  void anInputFileArrivesAsTheSameFileAndIsGivenAway() throws Exception {
    Path path = file("a", "hello");
    FileInputStream sent = new FileInputStream(path.toFile());
    assertThat(near.passesDescriptors()).isTrue();
    Reads got = send(Reads.class, new Reads(1, sent)).receive(BOUND);
    assertThat(inode(Descriptors.of(got.input()).orElseThrow()))
        .isEqualTo(((Number) Files.getAttribute(path, "unix:ino")).longValue());
    assertThat(sent.getFD().valid()).isFalse();
    try (InputStream input = got.input()) {
      assertThat(new String(input.readAllBytes(), UTF_8)).isEqualTo("hello");
    }
  }

  @Test
  void anOutputFileIsWrittenByTheOtherSide() throws Exception {
    Path path = folder.resolve("out");
    Writes got =
        send(Writes.class, new Writes(1, new FileOutputStream(path.toFile()))).receive(BOUND);
    assertThat(Descriptors.of(got.output())).isPresent();
    try (OutputStream output = got.output()) {
      output.write("written".getBytes(UTF_8));
    }
    assertThat(path).hasContent("written");
  }

  @Test
  void aPipeTravelsAndItsEndIsSeen() throws Exception {
    UnixDescriptors.Pipe pipe = UnixDescriptors.pipe();
    Reads got = send(Reads.class, new Reads(1, pipe.source())).receive(BOUND);
    pipe.sink().write("through".getBytes(UTF_8));
    pipe.sink().close();
    try (InputStream input = got.input()) {
      assertThat(input.readAllBytes()).asString(UTF_8).isEqualTo("through");
    }
    assertThatThrownBy(() -> pipe.source().read()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSocketTravelsWithBothDirectionsAndHalfClose() throws Exception {
    ByteStream.Pair pair = UnixDescriptors.sockets();
    Both got = send(Both.class, new Both(1, pair.right())).receive(BOUND);
    assertThat(Descriptors.of(got.stream())).isPresent();
    pair.left().output().write("ask".getBytes(UTF_8));
    pair.left().output().close();
    assertThat(got.stream().input().readAllBytes()).asString(UTF_8).isEqualTo("ask");
    got.stream().output().write("answer".getBytes(UTF_8));
    got.stream().close();
    assertThat(pair.left().input().readAllBytes()).asString(UTF_8).isEqualTo("answer");
    pair.left().close();
  }

  @Test
  void aFileHandleKeepsPositionAndSize() throws Exception {
    FileHandle handle = FileHandle.open(file("a", "0123456789"));
    handle.input().readNBytes(4);
    try (FileHandle got = send(Files2.class, new Files2(1, handle)).receive(BOUND).file()) {
      assertThat(got.size()).isEqualTo(10);
      assertThat(got.position()).isEqualTo(4);
      assertThat(got.channel()).isPresent();
      assertThat(got.input().readAllBytes()).asString(UTF_8).isEqualTo("456789");
    }
    assertThatThrownBy(handle::channel).isInstanceOf(IllegalStateException.class);
  }

  @Test
  @Rule({"FD-4", "CH-44", "ATT-7"})
  void withoutDescriptorsTheSameCodeStreams() throws Exception {
    reconnect(options().descriptorPolicy(DescriptorPolicy.NEVER), options());
    assertThat(near.passesDescriptors()).isFalse();
    assertThat(far.passesDescriptors()).isFalse();
    FileHandle handle = FileHandle.open(file("a", "0123456789"));
    handle.input().readNBytes(4);
    try (FileHandle got = send(Files2.class, new Files2(1, handle)).receive(BOUND).file()) {
      assertThat(got.size()).isEqualTo(10);
      assertThat(got.position()).isEqualTo(4);
      assertThat(got.channel()).isEmpty();
      assertThat(Descriptors.of(got)).isEmpty();
      assertThat(got.input().readAllBytes()).asString(UTF_8).isEqualTo("456789");
      assertThat(got.position()).isEqualTo(10);
    }
    ByteStream.Pair pair = UnixDescriptors.sockets();
    Both both = send(Both.class, new Both(1, pair.right())).receive(BOUND);
    assertThat(Descriptors.of(both.stream())).isEmpty();
    pair.left().output().write("ask".getBytes(UTF_8));
    pair.left().output().close();
    assertThat(both.stream().input().readAllBytes()).asString(UTF_8).isEqualTo("ask");
    both.stream().output().write("answer".getBytes(UTF_8));
    both.stream().close();
    assertThat(pair.left().input().readAllBytes()).asString(UTF_8).isEqualTo("answer");
    pair.left().close();
  }

  @Test
  void whatIsRequiredAndCantBePassedIsRefusedAndStays() throws Exception {
    reconnect(
        options().descriptorPolicy(DescriptorPolicy.REQUIRE),
        options().descriptorPolicy(DescriptorPolicy.NEVER));
    FileHandle handle = FileHandle.open(file("a", "0123456789"));
    Sender<Files2> sender = near.open(Files2.class);
    assertThatThrownBy(() -> sender.send(new Files2(1, handle)))
        .isInstanceOfSatisfying(
            MessageRejected.class,
            e -> assertThat(e.reason().code()).isEqualTo(ReasonCode.UNSUPPORTED));
    assertThat(handle.input().readAllBytes()).hasSize(10);
    handle.close();
    reconnect(options().descriptorPolicy(DescriptorPolicy.REQUIRE), options());
    Sender<Reads> reads = near.open(Reads.class);
    assertThatThrownBy(() -> reads.send(new Reads(1, new ByteArrayInputStream(new byte[3]))))
        .isInstanceOf(MessageRejected.class)
        .hasMessageContaining("no descriptor");
    reads.close();
    FileHandle other = FileHandle.open(file("b", "x"));
    try (FileHandle got = send2(other)) {
      assertThat(got.channel()).isPresent();
    }
  }

  private FileHandle send2(FileHandle handle) throws Exception {
    Sender<Files2> sender = near.open("second", Files2.class);
    sender.send(new Files2(1, handle), BOUND);
    sender.close();
    return far.accept("second", Files2.class, BOUND).receive(BOUND).file();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 59, 60, 61, 120, 128})
  @Rule("FD-2")
  void oneMessageCarriesManyDescriptors(int count) throws Exception {
    List<FileHandle> handles = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      handles.add(FileHandle.open(file("f" + i, "file " + i)));
    }
    List<FileHandle> got = send(Many.class, new Many(handles)).receive(BOUND).files();
    for (int i = 0; i < count; i++) {
      try (FileHandle one = got.get(i)) {
        assertThat(one.channel()).isPresent();
        assertThat(one.input().readAllBytes()).asString(UTF_8).isEqualTo("file " + i);
      }
    }
  }

  @Test
  @Rule({"FD-5", "FD-6"})
  void aSendWaitsWhileThePeerHoldsAsManyAsItAllows() throws Exception {
    reconnect(options(), options().limits(Limits.DEFAULTS.withMaxDescriptors(4)));
    Path path = file("a", "x");
    Sender<Files2> sender = near.open(Files2.class);
    Receiver<Files2> receiver = far.accept("", Files2.class, BOUND);
    for (int i = 0; i < 4; i++) {
      sender.send(new Files2(i, FileHandle.open(path)), BOUND);
    }
    try (FileHandle fifth = FileHandle.open(path)) {
      assertThatThrownBy(() -> sender.send(new Files2(4, fifth), Duration.ofMillis(50)))
          .isInstanceOf(TimeoutException.class);
      assertThat(fifth.size()).isEqualTo(1);
      for (int i = 0; i < 4; i++) {
        receiver.receive(BOUND).file().close();
      }
      sender.send(new Files2(4, fifth), BOUND);
    }
    receiver.receive(BOUND).file().close();
    List<FileHandle> five = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      five.add(FileHandle.open(path));
    }
    Sender<Many> many = near.open("many", Many.class);
    assertThatThrownBy(() -> many.send(new Many(five)))
        .isInstanceOfSatisfying(
            LimitExceeded.class, e -> assertThat(e.limit()).isEqualTo("descriptors"));
    for (FileHandle one : five) {
      one.close();
    }
  }

  @Test
  @Rule({"FD-5", "CH-23"})
  void aSendThatWaitsForDescriptorsEndsWithItsChannel() throws Exception {
    reconnect(options(), options().limits(Limits.DEFAULTS.withMaxDescriptors(2)));
    Path path = file("a", "x");
    Sender<Files2> holding = near.open("holding", Files2.class);
    for (int i = 0; i < 2; i++) {
      holding.send(new Files2(i, FileHandle.open(path)), BOUND);
    }
    try (FileHandle third = FileHandle.open(path)) {
      Sender<Files2> cancelled = near.open("cancelled", Files2.class);
      Receiver<Files2> receiver = far.accept("cancelled", Files2.class, BOUND);
      Task<?> sending = Task.run(() -> cancelled.send(new Files2(3, third))).awaitBlocked();
      receiver.close();
      sending.failure(ChannelReset.class);
      Sender<Files2> closed = near.open("closed", Files2.class);
      sending = Task.run(() -> closed.send(new Files2(3, third))).awaitBlocked();
      closed.close();
      sending.failure(IllegalStateException.class);
      assertThat(third.size()).isEqualTo(1);
    }
    far.accept("holding", Files2.class, BOUND).close();
  }

  @Test
  void askingForADescriptorDisturbsNobodyWhoUsesIt() throws Exception {
    try (FileHandle handle = FileHandle.open(file("a", "x"))) {
      List<Task<?>> tasks = new ArrayList<>();
      for (int t = 0; t < 2; t++) {
        tasks.add(
            Task.run(
                () -> {
                  for (int i = 0; i < 20_000; i++) {
                    assertThat(Descriptors.of(handle)).isPresent();
                    assertThat(handle.channel()).isPresent();
                  }
                }));
      }
      for (Task<?> task : tasks) {
        task.result();
      }
    }
    FileHandle anothers =
        new FileHandle() {
          @Override
          public long size() {
            return 0;
          }

          @Override
          public long position() {
            return 0;
          }

          @Override
          public InputStream input() {
            return InputStream.nullInputStream();
          }

          @Override
          public Optional<FileChannel> channel() {
            return Optional.empty();
          }

          @Override
          public void close() {}
        };
    assertThat(Descriptors.of(anothers)).isEmpty();
  }

  @Test
  @Rule("ATT-6")
  void descriptorsThatNobodyTakesAreClosed() throws Exception {
    Path path = file("a", "x");
    Sender<Files2> sender = near.open(Files2.class);
    Receiver<Files2> receiver = far.accept("", Files2.class, BOUND);
    for (int i = 0; i < 20; i++) {
      sender.send(new Files2(i, FileHandle.open(path)), BOUND);
    }
    receiver.receive(BOUND).file().close();
    receiver.close();
    record OnlyNumber(int number) {}
    Sender<Files2> other = near.open("other", Files2.class);
    other.send(new Files2(7, FileHandle.open(path)), BOUND);
    assertThat(far.accept("other", OnlyNumber.class, BOUND).receive(BOUND))
        .isEqualTo(new OnlyNumber(7));
  }

  @Test
  @Rule("CH-15")
  void aRendezvousThatGivesUpLeavesTheFileWithTheCaller() throws Exception {
    Sender<Files2> sender = near.open("", Files2.class, 0);
    Receiver<Files2> receiver = far.accept("", Files2.class, BOUND);
    FileHandle handle = FileHandle.open(file("a", "0123456789"));
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> sender.send(new Files2(1, handle), Duration.ofMillis(30)))
          .isInstanceOf(TimeoutException.class);
      assertThat(handle.size()).isEqualTo(10);
    }
    Task<?> sending = Task.run(() -> sender.send(new Files2(2, handle)));
    try (FileHandle got = receiver.receive(BOUND).file()) {
      sending.result();
      assertThat(got.input().readAllBytes()).hasSize(10);
    }
    assertThatThrownBy(handle::channel).isInstanceOf(IllegalStateException.class);
  }

  /** As a gateway does: a connected TCP socket goes on without the process that accepted it. */
  @Test
  void aTcpSocketIsHandedOver() throws Exception {
    try (ServerSocketChannel server =
            ServerSocketChannel.open()
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SocketChannel client = SocketChannel.open(server.getLocalAddress())) {
      List<Integer> before = sockets();
      SocketChannel connected = server.accept();
      connected.configureBlocking(false); // as an event loop has it
      List<Integer> after = sockets();
      after.removeAll(before);
      assertThat(after).hasSize(1);
      ByteStream handed = UnixDescriptors.stream(UnixDescriptors.ofNumber(after.get(0)));
      connected.close();
      Both got = send(Both.class, new Both(1, handed)).receive(BOUND);
      Task<String> reading =
          Task.call(() -> new String(got.stream().input().readAllBytes(), UTF_8));
      client.write(ByteBuffer.wrap("ask".getBytes(UTF_8)));
      client.shutdownOutput();
      assertThat(reading.result()).isEqualTo("ask");
      got.stream().output().write("answer".getBytes(UTF_8));
      got.stream().close();
      assertThat(Channels.newInputStream(client).readAllBytes())
          .asString(UTF_8)
          .isEqualTo("answer");
    }
  }

  private static List<Integer> sockets() throws Exception {
    List<Integer> found = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : all) {
        if (Files.exists(one, LinkOption.NOFOLLOW_LINKS)
            && Files.readSymbolicLink(one).toString().startsWith("socket:")) {
          found.add(Integer.valueOf(one.getFileName().toString()));
        }
      }
    }
    return found;
  }

  @Test
  void anOpenTypeGetsWhateverItIs() throws Exception {
    Path path = file("a", "x");
    UnixDescriptors.Pipe pipe = UnixDescriptors.pipe();
    pipe.source().close();
    Receiver<Anything> got =
        send(
            Anything.class,
            new Anything(FileHandle.open(path)),
            new Anything(new FileInputStream(path.toFile())),
            new Anything(pipe.sink()));
    try (FileHandle handle = (FileHandle) got.receive(BOUND).what();
        InputStream input = (InputStream) got.receive(BOUND).what();
        OutputStream output = (OutputStream) got.receive(BOUND).what()) {
      assertThat(handle.size()).isEqualTo(input.available());
      assertThat(output).isNotNull();
    }
  }
}
