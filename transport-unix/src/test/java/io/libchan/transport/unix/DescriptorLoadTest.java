package io.libchan.transport.unix;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.Descriptors;
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
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Many descriptors beside many bytes, and none is lost, mistaken or left open. */
@ExtendWith(Leaks.class)
final class DescriptorLoadTest {
  private static final int MESSAGES = 20_000;
  private static final int THREADS = 8;
  private static final int ABORTS = 200;
  private static final int FILES = 64;
  private static final int MOST_DESCRIPTORS = 5;
  private static final int MOST_BYTES = 100_000;

  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Load(int number, byte[] payload, List<Long> inodes, List<InputStream> inputs) {}

  @TempDir Path folder;
  private final List<Path> files = new ArrayList<>();
  private final List<Long> inodes = new ArrayList<>();

  @BeforeEach
  void makeFiles() throws Exception {
    for (int i = 0; i < FILES; i++) {
      files.add(Files.writeString(folder.resolve("f" + i), "file " + i));
      inodes.add(((Number) Files.getAttribute(files.get(i), "unix:ino")).longValue());
    }
  }

  private Load load(int number, Random random) throws Exception {
    byte[] payload = new byte[random.nextInt(MOST_BYTES + 1)];
    List<Long> expected = new ArrayList<>();
    List<InputStream> inputs = new ArrayList<>();
    for (int i = random.nextInt(MOST_DESCRIPTORS + 1); i > 0; i--) {
      int file = random.nextInt(FILES);
      expected.add(inodes.get(file));
      inputs.add(new FileInputStream(files.get(file).toFile()));
    }
    return new Load(number, payload, expected, inputs);
  }

  private static long inode(InputStream input) throws Exception {
    FileDescriptor open = Descriptors.of(input).orElseThrow();
    return ((Number)
            Files.getAttribute(
                Path.of("/proc/self/fd/" + UnixDescriptors.number(open)), "unix:ino"))
        .longValue();
  }

  @Test
  @Timeout(300)
  @Rule({"FD-1", "FD-2", "FD-3", "FD-5", "FD-6"})
  void eachDescriptorIsTheOneThatItsMessageNamed() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    AtomicLong descriptors = new AtomicLong();
    long began = System.nanoTime();
    long before;
    try (Listener listener = Libchan.listen(Addresses.path(), Options.DEFAULTS, accepted::put);
        Session near = Libchan.connect(listener.uri().toString());
        Session far = accepted.poll(10, TimeUnit.SECONDS)) {
      before = OpenFds.count();
      List<Task<?>> tasks = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        int thread = t;
        Sender<Load> sender = near.open("t" + t, Load.class);
        Receiver<Load> receiver = far.accept("t" + t, Load.class);
        tasks.add(
            Task.run(
                () -> {
                  Random random = new Random(thread);
                  for (int i = 0; i < MESSAGES / THREADS; i++) {
                    sender.send(load(i, random));
                  }
                  sender.close();
                }));
        tasks.add(
            Task.run(
                () -> {
                  int next = 0;
                  for (Load load : receiver) {
                    assertThat(load.number()).isEqualTo(next++);
                    assertThat(load.inputs()).hasSameSizeAs(load.inodes());
                    for (int i = 0; i < load.inputs().size(); i++) {
                      try (InputStream input = load.inputs().get(i)) {
                        assertThat(inode(input)).isEqualTo(load.inodes().get(i));
                      }
                      descriptors.incrementAndGet();
                    }
                  }
                  assertThat(next).isEqualTo(MESSAGES / THREADS);
                }));
      }
      for (Task<?> task : tasks) {
        task.result();
      }
      Waits.until("the descriptors to be closed", () -> OpenFds.count() <= before);
    }
    System.out.printf(
        "%d messages with %d descriptors in %d ms; open before %d, after no more%n",
        MESSAGES, descriptors.get(), (System.nanoTime() - began) / 1_000_000, before);
  }

  @Test
  @Timeout(300)
  @Rule("FD-9")
  void abortsInTheMiddleLeaveNothingOpen() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    Options options = Options.DEFAULTS;
    try (Listener listener = Libchan.listen(Addresses.path(), options, accepted::put)) {
      long before = OpenFds.count();
      long sent = 0;
      for (int i = 0; i < ABORTS; i++) {
        sent += abortOnce(listener, accepted, i);
      }
      Waits.until("the descriptors to be closed", () -> OpenFds.count() <= before);
      System.out.printf(
          "%d sessions aborted after %d messages; open before %d, after %d%n",
          ABORTS, sent, before, OpenFds.count());
    }
  }

  private long abortOnce(Listener listener, LinkedBlockingQueue<Session> accepted, int seed)
      throws Exception {
    AtomicLong sent = new AtomicLong();
    try (Session near = Libchan.connect(listener.uri().toString());
        Session far = accepted.poll(10, TimeUnit.SECONDS)) {
      Sender<Load> sender = near.open(Load.class);
      Receiver<Load> receiver = far.accept(Load.class);
      Task<?> sending = Task.run(() -> sendUntilItEnds(sender, seed, sent));
      for (int i = seed % 7; i >= 0; i--) {
        for (InputStream input : receiver.receive(Waits.BOUND).inputs()) {
          input.close();
        }
      }
      Session ending = seed % 2 == 0 ? near : far;
      ending.abort(Reason.of(ReasonCode.FAILED, "in the middle"));
      sending.result();
      receiver.close();
    }
    return sent.get();
  }

  private void sendUntilItEnds(Sender<Load> sender, int seed, AtomicLong sent) throws Exception {
    Random random = new Random(seed);
    while (true) {
      Load load = load((int) sent.get(), random);
      try {
        sender.send(load);
        sent.incrementAndGet();
      } catch (ChannelException e) {
        for (InputStream input : load.inputs()) {
          input.close(); // they stayed ours
        }
        return;
      }
    }
  }
}
