package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.async.AskedPort;
import io.libchan.async.Away;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What stays when one end of a channel has gone. */
final class MovedTwiceTest {
  private final Channel<Integer> channel = Channel.of(Integer.class);
  private final Channel<Integer> peer = Channel.of(Integer.class);

  @Test
  void aFlushThatWaitsAsksTheNewPortForWord() throws Exception {
    channel.sender().send(1);
    AtomicReference<Thread> flusher = new AtomicReference<>();
    CompletableFuture<Void> flushed =
        CompletableFuture.runAsync(
            () -> {
              try {
                channel.sender().flush();
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            },
            task -> {
              Thread thread = new Thread(task, "flusher");
              thread.setDaemon(true);
              flusher.set(thread);
              thread.start();
            });
    while (flusher.get().getState() != Thread.State.WAITING) {
      assertThat(flushed).isNotDone();
      LockSupport.parkNanos(100_000);
    }
    Away.send(channel.receiver(), new AskedPort<>(Ends.port(peer.sender())));
    assertThat(peer.receiver().receive()).isEqualTo(1);
    flushed.get(15, TimeUnit.SECONDS);
  }
}
