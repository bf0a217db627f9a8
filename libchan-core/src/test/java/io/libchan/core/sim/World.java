package io.libchan.core.sim;

import io.libchan.spi.Environment;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Time, chance and order of everything that happens in one simulated run. Everything runs on the
 * one thread that calls {@link #run}; the same seed gives the same run.
 *
 * <p>Not thread-safe.
 */
final class World implements Environment {
  static final long MICROSECOND = 1_000;
  static final long MILLISECOND = 1_000_000;
  static final long SECOND = 1_000_000_000;

  private static final int TRACE_LINES = 4000;
  private static final int MAX_AT_ONCE = 50_000;

  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final SplittableRandom random;
  private final long clockOffset;
  private final @Nullable ArrayDeque<String> trace;
  private final Map<Hit, Long> hits = new EnumMap<>(Hit.class);
  private final List<Runnable> onFinish = new ArrayList<>();
  private long time;
  private long sequence;
  private long hash = 0x9E3779B97F4A7C15L;
  private int timers;
  private int eventsAtOnce;
  private boolean settling;
  private boolean finishing;
  private @Nullable String violation;

  /** Something that happens at a time; what was planned first goes first. */
  private static final class Event implements Comparable<Event>, Timer {
    private final long time;
    private final long sequence;
    private final World world;
    private final boolean engines;
    private @Nullable Runnable task;

    Event(World world, long time, long sequence, boolean engines, Runnable task) {
      this.world = world;
      this.time = time;
      this.sequence = sequence;
      this.engines = engines;
      this.task = task;
    }

    @Override
    public int compareTo(Event other) {
      int order = Long.compare(time, other.time);
      return order != 0 ? order : Long.compare(sequence, other.sequence);
    }

    @Override
    public void cancel() {
      take();
    }

    private @Nullable Runnable take() {
      Runnable taken = task;
      task = null;
      if (taken != null && engines) {
        world.timers--;
      }
      return taken;
    }
  }

  World(long seed, boolean tracing) {
    random = new SplittableRandom(seed);
    // The clock overflows in some runs: its values mean nothing, only their differences do.
    clockOffset = below(2) == 0 ? Long.MAX_VALUE - between(0, 10 * SECOND) : random.nextLong();
    trace = tracing ? new ArrayDeque<>() : null;
  }

  // ---- chance ----

  int below(int bound) {
    return random.nextInt(bound);
  }

  long between(long least, long most) {
    return least >= most ? least : random.nextLong(least, most + 1);
  }

  boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  // ---- time ----

  /** Nanoseconds since the beginning. */
  long time() {
    return time;
  }

  @Override
  public long nanoTime() {
    return clockOffset + time;
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    timers++;
    return add(delay.toNanos() + between(0, 50 * MICROSECOND), true, task);
  }

  @Override
  public void execute(Runnable task) {
    add(between(0, MILLISECOND), false, task);
  }

  /** Plans something of the simulation's own. */
  Timer after(long delay, Runnable task) {
    return add(delay, false, task);
  }

  private Event add(long delay, boolean engines, Runnable task) {
    Event event = new Event(this, time + Math.max(0, delay), sequence++, engines, task);
    events.add(event);
    return event;
  }

  /** The engine's timers that are still to fire. */
  int timers() {
    return timers;
  }

  /** Whether nothing will happen any more. */
  boolean isStill() {
    return events.isEmpty();
  }

  /** Lets things happen until a condition holds, nothing is left, or it is too late. */
  void run(long until, java.util.function.BooleanSupplier enough) {
    while (violation == null && !enough.getAsBoolean()) {
      Event next = events.peek();
      if (next == null || next.time > until) {
        time = until;
        return;
      }
      events.remove();
      Runnable task = next.take();
      if (task != null) {
        eventsAtOnce = next.time == time ? eventsAtOnce + 1 : 0;
        if (eventsAtOnce > MAX_AT_ONCE) {
          violate("time stands still");
          return;
        }
        time = next.time;
        mix(time ^ (next.sequence << 1));
        task.run();
      }
    }
  }

  // ---- the last phases ----

  /** Whether faults are over and ends stay where they are. */
  boolean isSettling() {
    return settling;
  }

  void settle() {
    settling = true;
    note("settle", 0, 0, 0);
  }

  /** Whether faults are over and everybody is to come to an end. */
  boolean isFinishing() {
    return finishing;
  }

  /** Runs a task when the last phase begins; now if it has. */
  void onFinish(Runnable task) {
    if (finishing) {
      after(0, task);
    } else {
      onFinish.add(task);
    }
  }

  void finish() {
    finishing = true;
    note("finish", 0, 0, 0);
    onFinish.forEach(task -> after(between(0, MILLISECOND), task));
    onFinish.clear();
  }

  // ---- what happened ----

  /** One thing that happened: part of the hash, and of the trace if there is one. */
  void note(String what, long a, long b, long c) {
    mix(what.hashCode());
    mix(a);
    mix(b);
    mix(c);
    if (trace != null) {
      if (trace.size() == TRACE_LINES) {
        trace.removeFirst();
      }
      trace.add(String.format("%12d us %-12s %6d %8d %8d", time / MICROSECOND, what, a, b, c));
    }
  }

  private void mix(long value) {
    long mixed = (hash ^ value) * 0xBF58476D1CE4E5B9L;
    hash = mixed ^ (mixed >>> 29);
  }

  long hash() {
    return hash;
  }

  void hit(Hit what) {
    hits.merge(what, 1L, Long::sum);
  }

  Map<Hit, Long> hits() {
    return hits;
  }

  /** Something is wrong; the first thing counts, and the run stops. */
  void violate(String what) {
    if (violation == null) {
      violation = "at " + time / MICROSECOND + " us: " + what;
      note("VIOLATION", 0, 0, 0);
    }
  }

  @Nullable String violation() {
    return violation;
  }

  List<String> trace() {
    return trace == null ? List.of() : new ArrayList<>(trace);
  }
}
