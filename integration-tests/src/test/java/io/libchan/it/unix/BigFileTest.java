package io.libchan.it.unix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ChannelReset;
import io.libchan.FileHandle;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** One piece of user code sends a file: as itself over Unix sockets, as its bytes elsewhere. */
@ExtendWith(Leaks.class)
final class BigFileTest {
  private static final long BIG_BYTES = 4L << 30;
  private static final int ROUNDS = 200;

  /** With {@code -Plong} the file that is streamed is as big as the one that is not. */
  private static final long STREAMED_BYTES = Long.getLong("libchan.file.bytes", 64L << 20);

  record Delivery(String name, FileHandle file) {}

  @TempDir Path folder;

  private Path sparse(String name, long bytes) throws Exception {
    Path path = folder.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(bytes);
      for (long at = 0; at < bytes; at += bytes / 7 + 1) {
        file.seek(at);
        file.writeLong(at + 1);
      }
    }
    return path;
  }

  private static long checksum(InputStream input) throws Exception {
    CRC32C sum = new CRC32C();
    byte[] buffer = new byte[64 * 1024];
    for (int count = input.read(buffer); count >= 0; count = input.read(buffer)) {
      sum.update(buffer, 0, count);
    }
    return sum.getValue();
  }

  private interface Body {
    void run(Sender<Delivery> sender, Receiver<Delivery> receiver) throws Exception;
  }

  private static void over(String address, Body body) throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    try (Listener listener = Libchan.listen(address, Options.DEFAULTS, accepted::put);
        Session near = Libchan.connect(listener.uri().toString());
        Session far = accepted.poll(10, TimeUnit.SECONDS);
        Sender<Delivery> sender = near.open(Delivery.class);
        Receiver<Delivery> receiver = far.accept(Delivery.class)) {
      body.run(sender, receiver);
    }
  }

  @Test
  @Rule("ATT-7")
  void overUnixTheSizeOfAFileDoesNotMatter() throws Exception {
    Path small = sparse("small", 4096);
    Path big = sparse("big", BIG_BYTES);
    over(
        "unix:@libchan-" + UUID.randomUUID(),
        (sender, receiver) -> {
          median(sender, receiver, small); // warms up
          long smallNanos = median(sender, receiver, small);
          long bigNanos = median(sender, receiver, big);
          double ratio = (double) bigNanos / smallNanos;
          System.out.printf(
              "a file as a handle over unix: 4 KiB %d us, 4 GiB %d us, ratio %.2f%n",
              smallNanos / 1000, bigNanos / 1000, ratio);
          assertThat(ratio).isLessThanOrEqualTo(2.0);
        });
  }

  /** Sends it, and reads its last bytes at the other side. */
  private static long median(Sender<Delivery> sender, Receiver<Delivery> receiver, Path path)
      throws Exception {
    long[] nanos = new long[ROUNDS];
    long size = Files.size(path);
    for (int i = 0; i < ROUNDS; i++) {
      long began = System.nanoTime();
      sender.send(new Delivery("f", FileHandle.open(path)));
      try (FileHandle got = receiver.receive(Waits.BOUND).file()) {
        assertThat(got.size()).isEqualTo(size);
        got.channel().orElseThrow().position(size - 1);
        assertThat(got.input().readAllBytes()).hasSize(1);
      }
      nanos[i] = System.nanoTime() - began;
    }
    Arrays.sort(nanos);
    return nanos[ROUNDS / 2];
  }

  @Test
  @Timeout(300)
  @Rule("CH-44")
  void overTcpTheSameCodeStreamsIt() throws Exception {
    Path path = sparse("streamed", STREAMED_BYTES);
    long expected;
    try (InputStream input = Files.newInputStream(path)) {
      expected = checksum(input);
    }
    for (String address :
        new String[] {"tcp://127.0.0.1:0", "unix:@libchan-" + UUID.randomUUID()}) {
      over(
          address,
          (sender, receiver) -> {
            long began = System.nanoTime();
            sender.send(new Delivery("f", FileHandle.open(path)));
            try (FileHandle got = receiver.receive(Waits.BOUND).file()) {
              assertThat(got.size()).isEqualTo(STREAMED_BYTES);
              assertThat(got.channel().isPresent()).isEqualTo(address.startsWith("unix"));
              assertThat(checksum(got.input())).isEqualTo(expected);
              assertThat(got.position()).isEqualTo(STREAMED_BYTES);
            }
            System.out.printf(
                "%d MiB of a file read at the other side over %s in %d ms, the checksum agrees%n",
                STREAMED_BYTES >> 20, address, (System.nanoTime() - began) / 1_000_000);
          });
    }
  }

  @Test
  @Rule("CH-44")
  void aFileThatBecomesShorterIsAFailureAndNoEnd() throws Exception {
    int size = 16 << 20; // far more than is under way while nobody reads
    Path path = sparse("shrinks", size);
    over(
        "tcp://127.0.0.1:0",
        (sender, receiver) -> {
          sender.send(new Delivery("f", FileHandle.open(path)));
          try (FileHandle got = receiver.receive(Waits.BOUND).file()) {
            try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
              file.setLength(size / 2);
            }
            assertThat(got.size()).isEqualTo(size);
            assertThatThrownBy(() -> got.input().readAllBytes()).isInstanceOf(ChannelReset.class);
            assertThat(got.position()).isLessThanOrEqualTo(size / 2);
          }
        });
  }
}
