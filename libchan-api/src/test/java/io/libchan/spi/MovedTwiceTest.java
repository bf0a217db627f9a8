package io.libchan.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.async.AskedPort;
import io.libchan.async.Away;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
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

  /** Two threads wait at an end; one is woken while that is on its way, and comes back. */
  private void expectNobodyIsLeftWaiting(Callable<?> waiting, Object end, Callable<?> wakesOne)
      throws Exception {
    List<FutureTask<?>> tasks = List.of(new FutureTask<>(waiting), new FutureTask<>(waiting));
    for (FutureTask<?> task : tasks) {
      Thread thread = new Thread(task, "waiter");
      thread.setDaemon(true);
      thread.start();
      while (thread.getState() != Thread.State.WAITING) {
        assertThat(task).isNotDone();
        LockSupport.parkNanos(100_000);
      }
    }
    Moving moving = Ends.move(end);
    wakesOne.call();
    for (FutureTask<?> task : tasks) {
      assertThatThrownBy(() -> task.get(15, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IllegalStateException.class);
    }
    moving.undo();
  }

  @Test
  void aReceiverThatIsWokenWhileItsEndMovesPassesItsTurnOn() throws Exception {
    expectNobodyIsLeftWaiting(
        channel.receiver()::receive, channel.receiver(), () -> channel.sender().trySend(1));
    assertThat(channel.receiver().receive()).isEqualTo(1);
  }

  @Test
  void aSenderThatIsWokenWhileItsEndMovesPassesItsTurnOn() throws Exception {
    for (int i = 0; i < channel.sender().capacity(); i++) {
      channel.sender().send(i);
    }
    expectNobodyIsLeftWaiting(
        () -> {
          channel.sender().send(-1);
          return null;
        },
        channel.sender(),
        channel.receiver()::receive);
    assertThat(channel.sender().trySend(1)).isTrue();
  }
}
