package io.libchan.testkit;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Fails a test that left something behind: a thread of the library, or a descriptor. Waits for them
 * to go, for no longer than five seconds.
 *
 * <p>Not a leak are idle workers of a thread pool, which are about to end, and the few threads that
 * all sessions share: those whose name differs in its digits alone, up to twice the processors.
 * Descriptors count where the system shows them in {@code /proc/self/fd}: sockets, pipes and files,
 * but not the class path nor what the event loops share.
 *
 * <p>Two sockets that tests of a process leave are forgiven, as the runtime keeps some for itself;
 * a leak of the library comes again with the next test.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public final class Leaks implements BeforeEachCallback, AfterEachCallback {
  private static final String PREFIX = "libchan-";
  private static final Path DESCRIPTORS = Path.of("/proc/self/fd");
  private static final int SHARED_THREADS =
      Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

  // What the JDK or a native library opens once for the process, whichever test comes first.
  private static final AtomicInteger ONCE_PER_PROCESS = new AtomicInteger(2);

  private final Duration patience;
  private final boolean strict;
  private Set<Thread> threads = Set.of();
  private Map<String, Integer> descriptors = Map.of();

  /** An extension; registered by the contracts. */
  public Leaks() {
    this(Duration.ofSeconds(5), false);
  }

  Leaks(Duration patience, boolean strict) {
    this.patience = patience;
    this.strict = strict;
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    begin();
  }

  @Override
  public void afterEach(ExtensionContext context) throws Exception {
    check();
  }

  /** Remembers what there is now. */
  public void begin() {
    threads = new HashSet<>(libraryThreads());
    descriptors = descriptors();
  }

  /**
   * Waits until nothing is left that was not there at {@link #begin}.
   *
   * @throws AssertionError with names and stacks of what stays
   */
  public void check() throws Exception {
    if (Waits.within(patience, () -> leaked().isEmpty())) {
      return;
    }
    List<String> leaked = leaked();
    if (!leaked.isEmpty() && !isOncePerProcess(leaked)) {
      throw new AssertionError("left behind: " + String.join("\n", leaked));
    }
  }

  /** A leak of ours comes again with the next test; these are forgiven a single time each. */
  private boolean isOncePerProcess(List<String> leaked) {
    int sockets = descriptors().getOrDefault("sockets", 0);
    return !strict
        && leaked.size() == 1
        && leaked.get(0).endsWith("of sockets")
        && ONCE_PER_PROCESS.addAndGet(descriptors.getOrDefault("sockets", 0) - sockets) >= 0;
  }

  private List<String> leaked() {
    List<String> leaked = new ArrayList<>();
    Map<String, Integer> family = new HashMap<>();
    for (Thread thread : libraryThreads()) {
      int members = family.merge(thread.getName().replaceAll("[0-9]+", "#"), 1, Integer::sum);
      if (threads.contains(thread)) {
        continue;
      }
      StackTraceElement[] stack = thread.getStackTrace();
      if (!isIdleWorker(stack) && !(isShared(stack) && members <= SHARED_THREADS)) {
        leaked.add("thread " + thread.getName() + " at " + List.of(stack));
      }
    }
    descriptors()
        .forEach(
            (target, count) -> {
              int before = descriptors.getOrDefault(target, 0);
              if (count > before) {
                leaked.add((count - before) + " of " + target);
              }
            });
    return leaked;
  }

  private static List<Thread> libraryThreads() {
    List<Thread> found = new ArrayList<>();
    for (Thread thread : allThreads()) {
      if (thread.getName().startsWith(PREFIX)) {
        found.add(thread);
      }
    }
    return found;
  }

  private static List<Thread> allThreads() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    Thread[] all = new Thread[group.activeCount() + 64];
    int count = group.enumerate(all);
    return Arrays.asList(all).subList(0, count);
  }

  /**
   * A worker that waits for its next task. One without frames is starting or ending: look again.
   */
  private static boolean isIdleWorker(StackTraceElement[] stack) {
    boolean pool = false;
    for (StackTraceElement frame : stack) {
      pool |=
          frame.getClassName().equals("java.util.concurrent.ThreadPoolExecutor")
              && (frame.getMethodName().equals("getTask")
                  || frame.getMethodName().equals("processWorkerExit"));
    }
    return pool;
  }

  /**
   * A thread that waits for whatever comes next, for everybody: an event loop, timer or cleaner.
   */
  private static boolean isShared(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      String type = frame.getClassName();
      if (type.startsWith("io.netty.")
          || type.contains("Timer")
          || type.contains("Clock")
          || type.contains("Cleaner")) {
        return true;
      }
    }
    return false;
  }

  /** How many descriptors there are of each kind; empty where the system does not tell. */
  private static Map<String, Integer> descriptors() {
    Map<String, Integer> found = new HashMap<>();
    if (!Files.isDirectory(DESCRIPTORS)) {
      return found;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(DESCRIPTORS)) {
      for (Path entry : entries) {
        count(entry, found);
      }
    } catch (IOException e) {
      throw new AssertionError("can't list " + DESCRIPTORS, e);
    }
    return found;
  }

  private static void count(Path entry, Map<String, Integer> found) {
    String target;
    try {
      target = Files.readSymbolicLink(entry).toString();
    } catch (IOException e) {
      return; // it closed meanwhile
    }
    if (target.startsWith("socket:")) {
      found.merge("sockets", 1, Integer::sum);
    } else if (target.startsWith("pipe:")) {
      found.merge("pipes", 1, Integer::sum);
    } else if (!isRuntime(target)) {
      found.merge(target, 1, Integer::sum);
    }
  }

  private static boolean isRuntime(String target) {
    return target.startsWith("anon_inode:")
        || target.startsWith("/proc/")
        || target.startsWith("/dev/")
        || target.startsWith("/sys/")
        || target.endsWith(".jar")
        || target.endsWith(".so")
        || target.endsWith(".class")
        || target.endsWith("/modules");
  }
}
