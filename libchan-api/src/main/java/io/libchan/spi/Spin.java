package io.libchan.spi;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.function.LongSupplier;

/**
 * How those who wait at one side of a {@link Passage} look again for a moment before they park,
 * which is quicker where somebody who runs right now is about to answer. What it keeps are guesses,
 * which threads may spoil for each other without harm.
 *
 * <p><em>Gathering:</em> two threads at the same spot of a ring pull its cache lines to and fro
 * with each message. So who comes to the spot while messages stream lets some gather first. As a
 * side where messages come one by one must not wait in vain, this is tried now and then, and kept
 * only as long as it finds more than a few.
 *
 * <p><em>Yielding:</em> a virtual thread may wait for one that waits for its carrier. It yields now
 * and then, and where that helps begins with it for some time.
 */
final class Spin extends Padding {
  /** About what it takes to park and to be woken. */
  private static final long MAX_NANOS = 20_000;

  /**
   * So long a wait with parking may have been short without: most of it is what the other side,
   * when it parks as well, takes to be woken. A lower bound would keep both parking for ever.
   */
  private static final long SHORT_NANOS = 100_000;

  /** How many looks between two at the clock. */
  private static final int LOOKS = 128;

  /** Enough that the spinning in vain after so many costs little. */
  private static final int YIELDS = 512;

  private static final int MIN_GATHER = 16; // pauses, of some 10 ns each
  private static final int MAX_GATHER = 256;
  private static final int FEW = 4; // found: it was in vain

  /** How often it does without gathering before it tries. */
  private static final int DOES_WITHOUT = 64;

  /** So many may spin at a side, as whom they wait for needs a processor, too. */
  private static final int MAX_SPINNERS = Runtime.getRuntime().availableProcessors() - 1;

  private static final MethodHandle IS_VIRTUAL = isVirtual();
  private static final VarHandle SPINNERS = spinners();

  private volatile int spinners;
  private boolean quick; // the last wait was short
  private long since; // of a wait with parking
  private int yields; // so often more it begins with one
  private int gather; // so many pauses before the first look; 0 for none
  private int without;

  private static MethodHandle isVirtual() {
    MethodType type = MethodType.methodType(boolean.class);
    try {
      return MethodHandles.publicLookup().findVirtual(Thread.class, "isVirtual", type);
    } catch (ReflectiveOperationException e) { // before Java 21
      return MethodHandles.dropArguments(
          MethodHandles.constant(boolean.class, false), 0, Thread.class);
    }
  }

  private static VarHandle spinners() {
    try {
      return MethodHandles.lookup().findVarHandle(Spin.class, "spinners", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private static boolean isVirtual(Thread thread) {
    try {
      return (boolean) IS_VIRTUAL.invokeExact(thread);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /** Whether there is time for it. */
  static boolean fits(long deadline) {
    return deadline == Blocking.NEVER || deadline - System.nanoTime() > MAX_NANOS;
  }

  /** Somebody parks from now on. */
  void parks() {
    since = System.nanoTime();
  }

  /** Somebody who parked is signalled. */
  void signals() {
    quick = System.nanoTime() - since < SHORT_NANOS;
  }

  /**
   * Looks until there is something, for a moment at most; not at all after a long wait, or where
   * enough others do.
   *
   * @param found what there is; 0 for nothing
   * @param enough how many it makes sense to gather, if any
   */
  boolean until(LongSupplier found, long enough) {
    if (!quick) {
      return false;
    }
    boolean virtual = isVirtual(Thread.currentThread());
    // A look first, by which who looks may say that it waits.
    if (virtual && yields > 0 && (found.getAsLong() > 0 || yieldFor(found) > 0)) {
      yields--;
      return true; // without being counted: who yields keeps no processor from anybody
    }
    if (spinners >= MAX_SPINNERS) {
      return false;
    }
    if ((int) SPINNERS.getAndAdd(this, 1) >= MAX_SPINNERS) {
      SPINNERS.getAndAdd(this, -1);
      return false;
    }
    try {
      return spin(found, enough, virtual);
    } finally {
      SPINNERS.getAndAdd(this, -1);
    }
  }

  @SuppressWarnings("ThreadPriorityCheck") // where it may help only
  private static long yieldFor(LongSupplier found) {
    Thread.yield();
    return found.getAsLong();
  }

  private boolean spin(LongSupplier found, long enough, boolean virtual) {
    int pauses = enough > 2 * FEW ? gather : 0;
    for (int i = 0; i < pauses; i++) {
      Thread.onSpinWait();
    }
    long count = found.getAsLong();
    if (count == 0) {
      count = look(found, virtual);
    }
    if (count > 0 && enough > 2 * FEW) {
      learn(pauses, count, enough);
    }
    return count > 0;
  }

  private long look(LongSupplier found, boolean virtual) {
    long begin = 0;
    for (int looks = 1; ; looks++) {
      Thread.onSpinWait();
      long count = found.getAsLong();
      if (count > 0) {
        yields = 0;
        return count;
      }
      if (looks % LOOKS == 0) {
        count = virtual ? yieldFor(found) : 0;
        if (count > 0) {
          yields = YIELDS;
          return count;
        }
        long now = System.nanoTime();
        if (begin == 0) {
          begin = now;
        } else if (now - begin > MAX_NANOS) {
          return 0;
        }
      }
    }
  }

  private void learn(int pauses, long count, long enough) {
    if (pauses == 0) {
      if (count < enough && --without < 0) {
        gather = MIN_GATHER;
      }
    } else if (count < Math.max(FEW, pauses / FEW)) {
      gather = 0;
      without = DOES_WITHOUT;
    } else if (count < enough && pauses < MAX_GATHER) {
      gather = 2 * pauses;
    }
  }
}
