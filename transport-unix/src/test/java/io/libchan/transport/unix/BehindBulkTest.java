package io.libchan.transport.unix;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.FileHandle;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whoever writes bulk waits for what it reads in another way, and misses nothing. */
@ExtendWith(Leaks.class)
final class BehindBulkTest {
  private static final long WARM_BYTES = 16 << 20;

  record Bulk(ByteStream stream) {}

  record Passed(FileHandle file) {}

  @TempDir Path folder;

  private final AtomicLong arrived = new AtomicLong();
  private Listener listener;
  private Session near;
  private Session far;
  private ByteStream mine;
  private ByteStream theirs;
  private Task<Boolean> writer;
  private Task<Boolean> reader;

  @BeforeEach
  void writeBulk() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    listener = Libchan.listen(Addresses.path(), Options.DEFAULTS, accepted::put);
    near = Libchan.connect(listener.uri().toString(), Options.DEFAULTS);
    far = accepted.poll(10, TimeUnit.SECONDS);
    ByteStream.Pair pair = ByteStream.pair();
    mine = pair.left();
    Sender<Bulk> sender = near.open("bulk", Bulk.class);
    sender.send(new Bulk(pair.right()));
    sender.close();
    theirs = far.accept("bulk", Bulk.class).receive().stream();
    writer = Task.run(this::write);
    reader = Task.run(this::read);
    awaitMore();
  }

  private void write() throws Exception {
    byte[] bytes = new byte[64 * 1024];
    while (true) {
      mine.output().write(bytes);
    }
  }

  private void read() throws Exception {
    byte[] bytes = new byte[64 * 1024];
    for (int count = 0; count >= 0; count = theirs.input().read(bytes)) {
      arrived.addAndGet(count);
    }
  }

  private void awaitMore() throws Exception {
    long enough = arrived.get() + WARM_BYTES;
    Waits.until("bulk arrives", () -> arrived.get() > enough);
  }

  @AfterEach
  void close() throws Exception {
    near.close();
    far.close();
    listener.close();
    for (Task<Boolean> each : List.of(writer, reader)) {
      IOException unused = each.failure(IOException.class);
    }
  }

  @Test
  @Rule("FD-1")
  void descriptorsArrive() throws Exception {
    Sender<Passed> back = far.open("back", Passed.class);
    for (int i = 0; i < 20; i++) {
      Path file = Files.writeString(folder.resolve("f" + i), "file " + i);
      back.send(new Passed(FileHandle.open(file)));
    }
    Receiver<Passed> files = near.accept("back", Passed.class);
    for (int i = 0; i < 20; i++) {
      try (FileHandle got = files.receive().file();
          InputStream input = got.input()) {
        assertThat(new String(input.readAllBytes(), UTF_8)).isEqualTo("file " + i);
      }
    }
    awaitMore();
  }

  @Test
  void theOtherDirectionComesToItsEndWhileThisOneGoesOn() throws Exception {
    theirs.output().write("enough".getBytes(UTF_8));
    theirs.output().close();
    assertThat(mine.input().readAllBytes()).asString(UTF_8).isEqualTo("enough");
    awaitMore();
  }

  @Test
  @Rule("MUX-18")
  void aSessionThatThePeerClosesIsSeen() throws Exception {
    far.close();
    assertThat(Waits.value(near.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  void closingEndsItOnBothSides() throws Exception {
    near.close();
    assertThat(Waits.value(near.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
    assertThat(Waits.value(far.closed()).code()).isEqualTo(ReasonCode.SESSION_CLOSED);
  }

  @Test
  void aPeerThatIsGoneIsSeen() throws Exception {
    far.abort(Reason.of(ReasonCode.FAILED, "enough"));
    assertThat(Waits.value(near.closed()).code()).isEqualTo(ReasonCode.FAILED);
  }
}
