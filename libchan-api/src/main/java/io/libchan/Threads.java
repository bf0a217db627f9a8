package io.libchan;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The default executors: a virtual thread per task from Java 21, and cached daemon threads. */
final class Threads {
  static final Executor PLATFORM = daemons();
  static final Executor SHARED = make();

  private Threads() {}

  private static Executor make() {
    try {
      MethodHandle virtual =
          MethodHandles.publicLookup()
              .findStatic(
                  Executors.class,
                  "newVirtualThreadPerTaskExecutor",
                  MethodType.methodType(ExecutorService.class));
      return (Executor) virtual.invoke();
    } catch (NoSuchMethodException e) {
      return PLATFORM;
    } catch (Throwable e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static Executor daemons() {
    AtomicInteger count = new AtomicInteger();
    // One second of idling: long enough to be used again under load, short enough to be gone after.
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE,
        1,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          Thread thread = new Thread(task, "libchan-task-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }
}
