package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** One turn at a time for each thread. */
final class WriterTurnTest {
  @Test
  void aThreadHasOneAtATime() {
    assertThat(WriterTurn.begin()).isTrue();
    assertThat(WriterTurn.begin()).isFalse();
    WriterTurn.end();
    assertThat(WriterTurn.begin()).isTrue();
    WriterTurn.end();
  }

  @Test
  void anotherThreadHasItsOwn() {
    assertThat(WriterTurn.begin()).isTrue();
    try {
      boolean other =
          CompletableFuture.supplyAsync(
                  () -> {
                    boolean begun = WriterTurn.begin();
                    WriterTurn.end();
                    return begun;
                  },
                  task -> new Thread(task).start())
              .join();
      assertThat(other).isTrue();
    } finally {
      WriterTurn.end();
    }
  }
}
