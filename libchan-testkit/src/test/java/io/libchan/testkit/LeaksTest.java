package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checker can fail: each planted leak turns it red. */
final class LeaksTest {
  private final Leaks leaks = new Leaks(Duration.ofMillis(500), true);

  @Test
  void aThreadThatStaysIsFoundWithItsNameAndStack() throws Exception {
    leaks.begin();
    CountDownLatch over = new CountDownLatch(1);
    Thread thread = new Thread(() -> awaitQuietly(over), "libchan-planted-1");
    thread.start();
    assertThatThrownBy(leaks::check)
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("libchan-planted-1")
        .hasMessageContaining("awaitQuietly");
    over.countDown();
    thread.join();
    assertThatCode(leaks::check).doesNotThrowAnyException();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aThreadThatIsAboutToEndIsWaitedFor() throws Exception {
    leaks.begin();
    CountDownLatch over = new CountDownLatch(1);
    Thread thread = new Thread(() -> awaitQuietly(over), "libchan-planted-2");
    thread.start();
    Task<Boolean> checking = Task.run(leaks::check).awaitBlocked();
    over.countDown();
    assertThat(checking.result()).isTrue();
  }

  @Test
  void anIdleWorkerOfAPoolIsNoLeak() throws Exception {
    leaks.begin();
    ExecutorService pool =
        Executors.newCachedThreadPool(task -> new Thread(task, "libchan-worker-1"));
    pool.submit(() -> {}).get();
    assertThatCode(leaks::check).doesNotThrowAnyException();
    pool.shutdown();
  }

  @Test
  void aSocketThatStaysIsFound() throws Exception {
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")));
    leaks.begin();
    try (ServerSocket planted = new ServerSocket(0)) {
      assertThat(planted.isBound()).isTrue();
      assertThatThrownBy(leaks::check).hasMessageContaining("sockets");
    }
    assertThatCode(leaks::check).doesNotThrowAnyException();
  }

  @Test
  void aFileThatStaysOpenIsFoundByItsName(@TempDir Path folder) throws Exception {
    Assumptions.assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")));
    Path file = Files.writeString(folder.resolve("planted.txt"), "x");
    leaks.begin();
    try (InputStream planted = Files.newInputStream(file)) {
      assertThat(planted.read()).isEqualTo('x');
      assertThatThrownBy(leaks::check).hasMessageContaining("planted.txt");
    }
  }
}
