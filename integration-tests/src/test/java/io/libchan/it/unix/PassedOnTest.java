package io.libchan.it.unix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Descriptors;
import io.libchan.FileHandle;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import io.libchan.transport.unix.UnixDescriptors;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A node in the middle, which never looks at what it passes on. */
@ExtendWith({Leaks.class, QuietLog.class})
final class PassedOnTest {
  /** More than the window of descriptors, so that credit has to come back through the middle. */
  private static final int MESSAGES = 2_000;

  record Load(
      int number, FileHandle file, InputStream input, OutputStream output, ByteStream stream) {}

  record Box(Receiver<Load> loads) {}

  record OneFile(int number, FileHandle file) {}

  record FileBox(Receiver<OneFile> files) {}

  @TempDir Path folder;

  private static final class Hop implements AutoCloseable {
    private final LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    private final Listener listener;
    private final Session near;
    private final Session far;

    Hop(String scheme) throws Exception {
      String address =
          scheme.equals("unix") ? "unix:@libchan-" + UUID.randomUUID() : "tcp://127.0.0.1:0";
      listener = Libchan.listen(address, Options.DEFAULTS, accepted::put);
      near = Libchan.connect(listener.uri().toString());
      far = accepted.poll(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
      near.close();
      far.close();
      listener.close();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix unix", "unix tcp", "tcp unix"})
  @Rule("ATT-9")
  void whatHasADescriptorGoesOnAsOneWhereItCan(String path) throws Exception {
    String[] schemes = path.split(" ", -1);
    Path file = Files.writeString(folder.resolve("in"), "0123456789");
    Path out = folder.resolve("out");
    try (Hop first = new Hop(schemes[0]);
        Hop second = new Hop(schemes[1])) {
      Sender<Load> sender = first.near.open(Load.class);
      Sender<Box> boxes = second.near.open(Box.class);
      boxes.send(new Box(first.far.accept(Load.class)));
      Receiver<Load> receiver = second.far.accept(Box.class).receive(Waits.BOUND).loads();
      FileHandle handle = FileHandle.open(file);
      handle.input().readNBytes(3);
      UnixDescriptors.Pipe pipe = UnixDescriptors.pipe();
      ByteStream.Pair pair = UnixDescriptors.sockets();
      sender.send(
          new Load(1, handle, pipe.source(), new FileOutputStream(out.toFile()), pair.right()));
      Load load = receiver.receive(Waits.BOUND);
      assertThat(Descriptors.of(load.input()).isPresent()).isEqualTo(path.equals("unix unix"));
      try (FileHandle got = load.file()) {
        assertThat(got.size()).isEqualTo(10);
        assertThat(got.position()).isEqualTo(3);
        assertThat(got.input().readAllBytes()).asString(UTF_8).isEqualTo("3456789");
      }
      pipe.sink().write("piped".getBytes(UTF_8));
      pipe.sink().close();
      assertThat(load.input().readAllBytes()).asString(UTF_8).isEqualTo("piped");
      load.input().close();
      load.output().write("written".getBytes(UTF_8));
      load.output().close();
      Waits.until("the output to be there", () -> Files.readString(out).equals("written"));
      pair.left().output().write("ask".getBytes(UTF_8));
      pair.left().output().close();
      assertThat(load.stream().input().readAllBytes()).asString(UTF_8).isEqualTo("ask");
      load.stream().output().write("answer".getBytes(UTF_8));
      load.stream().close();
      assertThat(pair.left().input().readAllBytes()).asString(UTF_8).isEqualTo("answer");
      pair.left().close();
      sender.close();
      assertThat(receiver.receive(Waits.BOUND)).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix unix", "unix tcp", "tcp unix"})
  @Rule({"ATT-9", "FD-6"})
  void creditComesBackThroughTheMiddle(String path) throws Exception {
    String[] schemes = path.split(" ", -1);
    Path file = Files.writeString(folder.resolve("in"), "x");
    try (Hop first = new Hop(schemes[0]);
        Hop second = new Hop(schemes[1])) {
      Sender<OneFile> sender = first.near.open(OneFile.class);
      Sender<FileBox> boxes = second.near.open(FileBox.class);
      boxes.send(new FileBox(first.far.accept(OneFile.class)));
      Receiver<OneFile> receiver = second.far.accept(FileBox.class).receive(Waits.BOUND).files();
      io.libchan.testkit.Task<?> sending =
          io.libchan.testkit.Task.run(
              () -> {
                for (int i = 0; i < MESSAGES; i++) {
                  sender.send(new OneFile(i, FileHandle.open(file)));
                }
                sender.close();
              });
      for (int i = 0; i < MESSAGES; i++) {
        OneFile got = receiver.receive(Waits.BOUND);
        assertThat(got.number()).isEqualTo(i);
        try (FileHandle handle = got.file()) {
          assertThat(handle.input().readAllBytes()).hasSize(1);
        }
      }
      assertThat(receiver.receive(Waits.BOUND)).isNull();
      sending.result();
    }
  }
}
