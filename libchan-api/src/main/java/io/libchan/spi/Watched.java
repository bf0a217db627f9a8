package io.libchan.spi;

import io.libchan.LostEnds;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.lang.ref.Cleaner;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Looks after an end that the application may lose; see {@link LostEnds}. Thread-safe. */
final class Watched implements Runnable {
  private final String what;
  private final Ownership ownership;
  private final Predicate<Reason> close; // must not hold the end
  private final @Nullable Throwable made;

  private Watched(
      String what, Ownership ownership, Predicate<Reason> close, @Nullable Throwable made) {
    this.what = what;
    this.ownership = ownership;
    this.close = close;
    this.made = made;
  }

  /** The one thread that the collector's finds wait for; made with the first end. */
  private static final class Finds {
    static final Cleaner CLEANER =
        Cleaner.create(
            task -> {
              Thread thread = new Thread(task, "libchan-cleaner");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Whether ends are watched now; most processes do without. */
  static boolean isWanted() {
    return LostEnds.now() != LostEnds.OFF;
  }

  /**
   * Watches an end from now on, as the switch says.
   *
   * @param close closes the port with a reason unless it is over, and tells whether it was not;
   *     must not refer to the end
   */
  static void end(Object end, String what, Ownership ownership, Predicate<Reason> close) {
    LostEnds now = LostEnds.now();
    if (now != LostEnds.OFF) {
      Throwable made = now == LostEnds.REPORT ? new Throwable("it was made here") : null;
      var unused = Finds.CLEANER.register(end, new Watched(what, ownership, close, made));
    }
  }

  /** On the cleaner's thread: nobody holds the end any more. */
  @Override
  public void run() {
    if (!ownership.close()) {
      return;
    }
    boolean lost =
        close.test(
            Reason.of(ReasonCode.FAILED, what + " was lost by its application without a close"));
    if (lost && made != null) {
      System.getLogger("io.libchan")
          .log(System.Logger.Level.WARNING, what + " was lost: neither closed nor sent away", made);
    }
  }
}
