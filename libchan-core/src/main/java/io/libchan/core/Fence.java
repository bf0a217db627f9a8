package io.libchan.core;

import io.libchan.Reason;
import io.libchan.spi.Rejoined;
import io.libchan.spi.SendPort;
import io.libchan.spi.Waiter;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * How a channel goes on at a sending port whose messages come out in this process again: behind the
 * last of them CLOSE(RETURNED) is sent around the loop. Rules FWD-12, FWD-13.
 *
 * <p>Thread-safe. Its state is guarded by the port's lock.
 */
final class Fence<T> {
  private final RemoteSendPort<T> port;
  private final ReentrantLock lock;

  // Guarded by lock.
  private boolean started; // it follows what is under way
  private boolean going; // one thread at a time: the application may go on before it is done
  private boolean passed; // it was queued
  private @Nullable Rejoined<T> rejoined; // where an application's end goes on
  private @Nullable RemoteReceivePort<?> echo; // where the messages come out

  private volatile @Nullable SendPort<T> successor; // set under the lock; asked at each send

  Fence(RemoteSendPort<T> port) {
    this.port = port;
    lock = port.lock;
  }

  // ---- under the port's lock ----

  void start(@Nullable Rejoined<T> next) {
    started = true;
    rejoined = next;
  }

  boolean isStarted() {
    return started;
  }

  /** Whether an application's end goes on elsewhere, now or soon. */
  boolean goesOn() {
    return started && rejoined != null;
  }

  /** Whether an application's end has gone on. */
  boolean isPassed() {
    return passed && goesOn();
  }

  // ---- from elsewhere ----

  /** Remembers where messages come out, until somebody can make use of it. */
  void echo(@Nullable RemoteReceivePort<?> comesOut) {
    lock.lock();
    try {
      echo = comesOut;
    } finally {
      lock.unlock();
    }
  }

  @Nullable RemoteReceivePort<?> echo() {
    lock.lock();
    try {
      return echo;
    } finally {
      lock.unlock();
    }
  }

  /** Where an application's end goes on, now or soon. */
  @Nullable Rejoined<T> rejoined() {
    lock.lock();
    try {
      return goesOn() ? rejoined : null;
    } finally {
      lock.unlock();
    }
  }

  @Nullable SendPort<T> successor() {
    return successor;
  }

  /** Once the fence has been queued, the application's end goes on behind it. */
  void goOn() {
    Rejoined<T> next;
    RemoteReceivePort<?> comesOut;
    long last;
    long known;
    lock.lock();
    try {
      next = rejoined;
      comesOut = echo;
      last = port.sent();
      known = port.known();
      if (!started || going || passed || !port.isEnding()) {
        return;
      }
      going = true;
    } finally {
      lock.unlock();
    }
    if (next != null && comesOut != null) {
      next.resumeAfter(last, known - comesOut.unreceived());
    }
    Waiter woken;
    lock.lock();
    try {
      passed = true;
      successor = next == null ? null : next.sending();
      woken = port.everybodyAndEnds();
    } finally {
      lock.unlock();
    }
    port.stream().wantWrite();
    woken.signal();
  }

  /** The port failed: what goes on in this process does not, unless all has come around. */
  void failed(Reason reason) {
    Rejoined<T> next;
    RemoteReceivePort<?> comesOut;
    lock.lock();
    try {
      next = port.isComplete() ? null : rejoined;
      comesOut = echo;
    } finally {
      lock.unlock();
    }
    if (next != null && (comesOut == null || !comesOut.returning().hasReturned())) {
      next.fail(Relay.passed(reason, port.session)); // this node is one that the reason passes
    }
  }
}
