package io.libchan.stress;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** Several steps in threads of their own, for a model checker. */
final class AtOnce {
  private AtOnce() {}

  interface Step {
    void run() throws Exception;
  }

  /** Does all of it at the same time. */
  static void atOnce(Step... steps) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (Step step : steps) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  step.run();
                } catch (Throwable e) {
                  failure.set(e);
                }
              });
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
  }

  static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}
