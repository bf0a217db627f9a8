package io.libchan.benchmarks;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How often the system has taken the threads of this process from their processors since its
 * creation, as Linux tells of each thread that is alive. Not thread-safe.
 */
final class Switches {
  private static final Path TASKS = Path.of("/proc/self/task");
  private static final String LINE = "voluntary_ctxt_switches:"; // nonvoluntary ones end so, too

  private final @Nullable Map<Path, Long> before = now();

  /** For each of so many operations; {@link Cost#NOT_COUNTED} where the system does not tell. */
  double of(long operations) {
    Map<Path, Long> after = now();
    if (before == null || after == null) {
      return Cost.NOT_COUNTED;
    }
    long sum = 0;
    for (Map.Entry<Path, Long> thread : after.entrySet()) {
      sum += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    return sum / (double) operations;
  }

  private static @Nullable Map<Path, Long> now() {
    Map<Path, Long> all = new HashMap<>();
    try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
      for (Path task : tasks) {
        count(task, all);
      }
    } catch (IOException e) {
      return null;
    }
    return all;
  }

  private static void count(Path task, Map<Path, Long> all) {
    try {
      long sum = 0;
      for (String line : Files.readAllLines(task.resolve("status"))) {
        if (line.contains(LINE)) {
          sum += Long.parseLong(line.substring(line.indexOf(':') + 1).strip());
        }
      }
      all.put(task, sum);
    } catch (IOException e) {
      // The thread has just ended.
    }
  }
}
