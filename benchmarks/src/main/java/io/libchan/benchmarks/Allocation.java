package io.libchan.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/**
 * What the threads of this JVM have allocated so far. Before Java 21 only those that are alive
 * count, so a thread must not end between two looks.
 */
final class Allocation {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final @Nullable Method TOTAL = total();

  private Allocation() {}

  static long bytes() {
    if (TOTAL != null) {
      try {
        return (long) TOTAL.invoke(THREADS);
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
    long sum = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
      sum += Math.max(bytes, 0); // -1 for a thread that has just ended
    }
    return sum;
  }

  /** Of the calling thread alone. */
  static long ofThisThread() {
    return THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  private static @Nullable Method total() {
    try {
      return ThreadMXBean.class.getMethod("getTotalThreadAllocatedBytes"); // since Java 21
    } catch (NoSuchMethodException e) {
      return null;
    }
  }
}
