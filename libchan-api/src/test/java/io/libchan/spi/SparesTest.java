package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Objects that are used again. */
final class SparesTest {
  private static final int TURNS = 20_000;

  @Test
  void whatWasGivenBackIsTakenAgain() {
    Spares<Object> spares = new Spares<>(4);
    assertThat(spares.take()).isNull();
    Object one = new Object();
    spares.give(one);
    assertThat(spares.take()).isSameAs(one);
    assertThat(spares.take()).isNull();
  }

  @Test
  void noMoreAreKeptThanWereAskedFor() {
    Spares<Object> spares = new Spares<>(4);
    for (int i = 0; i < 10; i++) {
      spares.give(new Object());
    }
    int found = 0;
    while (spares.take() != null) {
      found++;
    }
    assertThat(found).isEqualTo(4);
  }

  @Test
  void anotherThreadFindsThemToo() throws Exception {
    Spares<Object> spares = new Spares<>(64);
    Object one = new Object();
    Thread thread = new Thread(() -> spares.give(one));
    thread.start();
    thread.join();
    assertThat(spares.take()).isSameAs(one);
  }

  @Test
  void anObjectIsOneThreadsAtATime() throws Exception {
    Spares<AtomicBoolean> spares = new Spares<>(2);
    Callable<Boolean> user =
        () -> {
          boolean alone = true;
          for (int i = 0; i < TURNS; i++) {
            AtomicBoolean taken = spares.take();
            AtomicBoolean mine = taken == null ? new AtomicBoolean() : taken;
            alone &= mine.compareAndSet(false, true);
            mine.set(false);
            spares.give(mine);
          }
          return alone;
        };
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Boolean>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(threads.submit(user));
      }
      for (Future<Boolean> each : all) {
        assertThat(each.get(30, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      threads.shutdown();
    }
  }

  @Test
  void theirNumberIsAPowerOfTwo() {
    assertThatThrownBy(() -> new Spares<>(3)).isInstanceOf(IllegalArgumentException.class);
  }
}
