package io.libchan.transport.unix;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Options;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Descriptor;
import io.libchan.spi.DescriptorConnection;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.io.DataInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** Who writes to a connection: whoever wants it, or its thread; against a bare socket. */
@ExtendWith({Leaks.class, QuietLog.class})
final class WritingTest {
  /** Long enough that a message counts as a lone one. */
  private static final long PAUSE_NANOS = 2_000_000;

  @TempDir Path folder;

  private AFUNIXServerSocket server;
  private AFUNIXSocket peer;
  private DescriptorConnection connection;
  private long read; // numbers by the peer

  @BeforeEach
  void connect() throws Exception {
    Path path = folder.resolve("s");
    server = AFUNIXServerSocket.newInstance();
    server.bind(AFUNIXSocketAddress.of(path));
    connection = connectAgain();
  }

  private DescriptorConnection connectAgain() throws Exception {
    URI uri = URI.create("unix:" + folder.resolve("s"));
    var connected = (DescriptorConnection) new UnixTransport().connect(uri, Options.DEFAULTS);
    peer = server.accept();
    return connected;
  }

  @AfterEach
  void disconnect() throws Exception {
    connection.abort();
    peer.close();
    server.close();
  }

  /** Has numbers to write, which are wanted one by one. */
  private class Numbers implements ByteConnection.Handler {
    final Queue<Thread> fillers = new ConcurrentLinkedQueue<>();
    final AtomicLong wanted = new AtomicLong();
    final CountDownLatch closed = new CountDownLatch(1);
    final AtomicInteger inside = new AtomicInteger();
    volatile boolean overlapped;
    volatile @Nullable IOException cause;
    private final ByteBuffer number = ByteBuffer.allocate(Long.BYTES).limit(0);
    private long next;

    void send() {
      wanted.incrementAndGet();
      connection.wantWrite();
    }

    @Override
    public boolean fill(ByteBuffer target) {
      overlapped |= inside.getAndIncrement() != 0;
      fillers.add(Thread.currentThread());
      filling();
      while (target.hasRemaining() && (number.hasRemaining() || next < wanted.get())) {
        if (!number.hasRemaining()) {
          number.clear().putLong(next++).flip();
        }
        target.put(number.get());
      }
      inside.getAndDecrement();
      return number.hasRemaining() || next < wanted.get();
    }

    void filling() {}

    @Override
    public void received(ByteBuffer bytes) {
      bytes.position(bytes.limit());
    }

    @Override
    public void closed(@Nullable IOException why) {
      cause = why;
      closed.countDown();
    }
  }

  private void readNumbers(long from, long to) throws IOException {
    byte[] all = new byte[(int) (Long.BYTES * (to - from))];
    new DataInputStream(peer.getInputStream()).readFully(all);
    ByteBuffer numbers = ByteBuffer.wrap(all);
    for (long i = from; i < to; i++) {
      assertThat(numbers.getLong()).isEqualTo(i);
    }
  }

  private static void pause() {
    long start = System.nanoTime();
    while (System.nanoTime() - start < PAUSE_NANOS) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  @Test
  void aLoneMessageIsWrittenByWhoeverWantsIt() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    for (int i = 0; i < 10; i++) {
      pause();
      numbers.send();
      readNumbers(i, i + 1);
    }
    assertThat(numbers.fillers).contains(Thread.currentThread());
  }

  @Test
  void messagesInARowAreWrittenByTheThread() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    for (int i = 0; i < 10_000; i++) {
      numbers.send();
    }
    readNumbers(0, 10_000);
    assertThat(numbers.fillers).anyMatch(thread -> thread.getName().contains("unix-write"));
  }

  @Test
  void afterMessagesInARowTheThreadWritesLoneOnesToo() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    Waits.until(
        "the thread writes a lone one",
        () -> {
          for (int i = 0; i < 100; i++) {
            numbers.send();
          }
          return !isWrittenHere(numbers);
        });
    Waits.until("lone ones are written at once again", () -> isWrittenHere(numbers));
  }

  /** Whether a lone message is, that is sent now. */
  private boolean isWrittenHere(Numbers numbers) throws IOException {
    readNumbers(read, numbers.wanted.get());
    read = numbers.wanted.get();
    pause();
    numbers.fillers.clear();
    numbers.send();
    readNumbers(read, read + 1);
    read++;
    return numbers.fillers.contains(Thread.currentThread());
  }

  @Test
  void whoWritesAtOnceLeavesAnotherConnectionToItsThread() throws Exception {
    DescriptorConnection first = connection;
    AtomicInteger written = new AtomicInteger();
    AtomicInteger nested = new AtomicInteger();
    AtomicInteger here = new AtomicInteger();
    Thread sender = Thread.currentThread();
    AFUNIXSocket firstPeer = peer;
    try {
      connection = connectAgain();
      DescriptorConnection second = connection;
      second.start(
          new Numbers() {
            @Override
            void filling() {
              written.incrementAndGet();
              nested.addAndGet(Thread.currentThread() == sender ? 1 : 0);
            }
          });
      first.start(
          new Numbers() {
            @Override
            void filling() {
              here.addAndGet(Thread.currentThread() == sender ? 1 : 0);
              second.wantWrite();
            }
          });
      Waits.until(
          "both are written",
          () -> {
            pause();
            first.wantWrite();
            return here.get() >= 3 && written.get() >= 3;
          });
      assertThat(nested).hasValue(0);
    } finally {
      first.abort();
      firstPeer.close();
    }
  }

  @Test
  void manyThreadsNeverWriteAtATimeAndNothingIsLost() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    int each = 20_000;
    List<Task<Boolean>> senders = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      senders.add(
          Task.run(
              () -> {
                for (int i = 0; i < each; i++) {
                  numbers.send();
                  if (i % 64 == 0) {
                    LockSupport.parkNanos(20_000); // so that some are lone
                  }
                }
              }));
    }
    readNumbers(0, 4L * each);
    for (Task<Boolean> sender : senders) {
      assertThat(sender.result()).isTrue();
    }
    assertThat(numbers.overlapped).isFalse();
  }

  @Test
  void aPeerThatDoesNotReadBlocksNobodyAndGetsAllInTheEnd() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    int rounds = 300;
    int each = 500; // 1.2 MB, which no socket's buffer takes
    Task<Boolean> sender =
        Task.run(
            () -> {
              for (int i = 0; i < rounds; i++) {
                numbers.wanted.addAndGet(each);
                connection.wantWrite();
                LockSupport.parkNanos(50_000);
              }
            });
    assertThat(sender.result()).isTrue(); // though nobody has read
    readNumbers(0, (long) rounds * each);
  }

  @Test
  void moreThanIsWrittenAtOnceGoesOnInTheThread() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    pause();
    numbers.wanted.set(10_000);
    connection.wantWrite();
    readNumbers(0, 10_000);
  }

  @Test
  void wantingMoreWhileWritingDoesNotRecur() throws Exception {
    Numbers numbers =
        new Numbers() {
          @Override
          void filling() {
            if (wanted.get() < 5_000) {
              send();
            }
          }
        };
    connection.start(numbers);
    pause();
    numbers.send();
    readNumbers(0, 5_000);
    assertThat(numbers.overlapped).isFalse();
  }

  @Test
  void whatTheReaderWantsIsWrittenWhenItHasRead() throws Exception {
    AtomicInteger reading = new AtomicInteger();
    Numbers numbers =
        new Numbers() {
          @Override
          void filling() {
            if (Thread.currentThread().getName().contains("unix-read")) {
              overlapped |= reading.get() != 0;
            }
          }

          @Override
          public void received(ByteBuffer bytes) {
            reading.incrementAndGet();
            int count = bytes.remaining();
            bytes.position(bytes.limit());
            for (int i = 0; i < count; i++) {
              send();
            }
            reading.decrementAndGet();
          }
        };
    connection.start(numbers);
    for (int i = 0; i < 200; i++) {
      peer.getOutputStream().write(i);
      readNumbers(i, i + 1);
    }
    assertThat(numbers.overlapped).isFalse();
  }

  @Test
  void anInterruptedThreadWritesAsAnyOther() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    Task<Boolean> sender =
        Task.run(
            () -> {
              for (int i = 0; i < 20; i++) {
                pause();
                Thread.currentThread().interrupt();
                numbers.send();
                assertThat(Thread.interrupted()).isTrue();
              }
            });
    readNumbers(0, 20);
    assertThat(sender.result()).isTrue();
    numbers.send();
    readNumbers(20, 21);
  }

  @Test
  void closingWritesOutWhatOthersWantedBefore() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    Task<Boolean> sender =
        Task.run(
            () -> {
              for (int i = 0; i < 5_000; i++) {
                numbers.send();
              }
            });
    assertThat(sender.result()).isTrue();
    connection.close();
    readNumbers(0, 5_000);
    assertThat(peer.getInputStream().read()).isEqualTo(-1);
    peer.getOutputStream().close();
    assertThat(numbers.closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(numbers.cause).isNull();
  }

  @Test
  void aCutWhileOthersWriteEndsOnceAndLeavesNothingOpen() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    CountDownLatch begun = new CountDownLatch(4);
    List<Task<Boolean>> senders = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      senders.add(
          Task.run(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  numbers.send();
                  LockSupport.parkNanos(10_000);
                  begun.countDown();
                }
              }));
    }
    begun.await();
    connection.abort();
    for (Task<Boolean> sender : senders) {
      assertThat(sender.result()).isTrue();
    }
    assertThat(numbers.closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(numbers.overlapped).isFalse();
  }

  @Test
  void aPeerThatIsGoneIsToldByTheWriteOfWhoeverWantsIt() throws Exception {
    Numbers numbers = new Numbers();
    connection.start(numbers);
    peer.close();
    Waits.until(
        "the end is told",
        () -> {
          numbers.send();
          return numbers.closed.getCount() == 0;
        });
  }

  @Test
  void aHandlerThatThrowsInWhoeverWantsItEndsItsConnection() throws Exception {
    Numbers numbers =
        new Numbers() {
          @Override
          void filling() {
            throw new IllegalStateException("it breaks");
          }
        };
    connection.start(numbers);
    pause();
    numbers.send();
    assertThat(numbers.closed.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(numbers.cause).hasMessageContaining("it breaks");
  }

  @Test
  @Rule("FD-1")
  void aDescriptorOfALoneMessageArrivesWithItsBytes() throws Exception {
    peer.setAncillaryReceiveBufferSize(256);
    Path file = Files.writeString(folder.resolve("f"), "content");
    Queue<Descriptor> passing = new ConcurrentLinkedQueue<>();
    Numbers numbers =
        new Numbers() {
          @Override
          void filling() {
            for (Descriptor one = passing.poll(); one != null; one = passing.poll()) {
              assertThat(connection.pass(one)).isTrue();
            }
          }
        };
    connection.start(numbers);
    for (int i = 0; i < 20; i++) {
      pause();
      try (FileInputStream open = new FileInputStream(file.toFile())) {
        passing.add(connection.duplicate(open.getFD()));
      }
      numbers.send();
      readNumbers(i, i + 1);
      var received = peer.getReceivedFileDescriptors();
      assertThat(received).hasSize(1);
      try (FileInputStream in = new FileInputStream(received[0])) {
        assertThat(in.readAllBytes()).hasSize(7);
      }
    }
  }

  /** Counts what it is sent. */
  private final class Counting extends Numbers {
    final AtomicLong received = new AtomicLong();

    @Override
    public void received(ByteBuffer bytes) {
      received.addAndGet(bytes.remaining());
      super.received(bytes);
    }

    /** Writes bulk, all of which the peer reads. */
    void writeBulk(long count) throws IOException {
      wanted.addAndGet(count);
      connection.wantWrite();
      readNumbers(read, read + count);
      read += count;
    }

    /** The peer writes a byte; behind bulk the reader polls for the next one. */
    void hear() throws Exception {
      long before = received.get();
      peer.getOutputStream().write(1);
      Waits.until("a byte came", () -> received.get() == before + 1);
    }
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theReaderIsNotWokenByRoomForBulk() throws Exception {
    Counting counting = new Counting();
    connection.start(counting);
    counting.writeBulk(50_000);
    counting.hear();
    long before = switchesOfTheReader();
    assertThat(before).isPositive();
    counting.writeBulk(2_000_000); // 16 MB, for which there is room some hundred times
    assertThat(switchesOfTheReader() - before).isLessThan(30);
  }

  /** How often the system has put it to sleep. */
  private static long switchesOfTheReader() throws IOException {
    long sum = 0;
    try (var threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
      for (Path thread : threads) {
        sum += switchesIfItIsTheReader(thread.resolve("status"));
      }
    }
    return sum;
  }

  private static long switchesIfItIsTheReader(Path status) throws IOException {
    List<String> lines;
    try {
      lines = Files.readAllLines(status);
    } catch (NoSuchFileException e) {
      return 0; // it has ended meanwhile
    }
    if (!lines.get(0).contains("libchan-unix-re")) {
      return 0;
    }
    return lines.stream()
        .filter(line -> line.startsWith("voluntary_ctxt_switches"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  @Test
  void behindBulkTheReaderHearsWhatComesAndTheEnd() throws Exception {
    Counting counting = new Counting();
    connection.start(counting);
    for (int i = 0; i < 100; i++) {
      counting.writeBulk(20_000);
      counting.hear();
      counting.hear();
    }
    counting.writeBulk(20_000);
    counting.hear();
    peer.close();
    assertThat(counting.closed.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anAbortEndsTheWaitOfTheReaderBehindBulk() throws Exception {
    Counting counting = new Counting();
    connection.start(counting);
    counting.writeBulk(50_000);
    counting.hear();
    pause();
    connection.abort();
    assertThat(counting.closed.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
