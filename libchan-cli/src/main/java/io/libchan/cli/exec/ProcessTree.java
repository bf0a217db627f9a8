package io.libchan.cli.exec;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * A process and everything it started.
 *
 * <p>Thread-safe.
 */
final class ProcessTree {
  private final Process root;

  ProcessTree(Process root) {
    this.root = root;
  }

  /**
   * Asks every process of the tree to end, and ends by force what is left after the grace period.
   * Does nothing once the root has ended, as its children are then nobody's.
   */
  void kill(Duration grace) {
    if (!root.isAlive()) {
      return;
    }
    List<ProcessHandle> handles =
        Stream.concat(root.descendants(), Stream.of(root.toHandle())).toList();
    handles.forEach(ProcessHandle::destroy);
    if (!allEnded(handles, grace)) {
      List<ProcessHandle> late = Stream.concat(root.descendants(), handles.stream()).toList();
      late.forEach(ProcessHandle::destroyForcibly);
    }
  }

  private static boolean allEnded(List<ProcessHandle> handles, Duration grace) {
    CompletableFuture<?>[] ends =
        handles.stream().map(ProcessHandle::onExit).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(ends).get(grace.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
