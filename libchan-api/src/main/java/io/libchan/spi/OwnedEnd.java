package io.libchan.spi;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An end of a channel that an application holds. Ends are many, and most are open for all their
 * life: who may use an end is written down when that is first another than its application, or
 * somebody watches it. Thread-safe.
 */
abstract class OwnedEnd {
  private static final VarHandle OWNERSHIP;

  static {
    try {
      OWNERSHIP =
          MethodHandles.lookup().findVarHandle(OwnedEnd.class, "ownership", Ownership.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile @Nullable Ownership ownership; // null: open, and the application's

  /** Refuses use by anybody but the owner of an open end. */
  final void checkOwner() {
    Ownership known = ownership;
    if (known != null) {
      known.check();
    }
  }

  /** As {@link Ownership#isHere()}. */
  final boolean isHere() {
    Ownership known = ownership;
    return known == null || known.isHere();
  }

  /** As {@link Ownership#isClosed()}. */
  final boolean isClosed() {
    Ownership known = ownership;
    return known != null && known.isClosed();
  }

  /** It was sent away for good: what was noted before is needed by those only who keep it. */
  final void sentAway() {
    ownership = Ownership.SENT_AWAY;
  }

  /** Who may use it; to be kept by those who watch it or take it away. */
  final Ownership ownership() {
    Ownership known = ownership;
    if (known == null) {
      Ownership made = new Ownership();
      known =
          OWNERSHIP.compareAndSet(this, null, made) ? made : Objects.requireNonNull(ownership);
    }
    return known;
  }
}
