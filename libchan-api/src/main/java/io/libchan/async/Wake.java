package io.libchan.async;

import io.libchan.spi.Waiter;

/** Asks for a turn when signalled, and remembers it. Thread-safe. */
final class Wake implements Waiter {
  private final Serial work;
  private volatile boolean signalled;

  Wake(Serial work) {
    this.work = work;
  }

  @Override
  public void signal() {
    signalled = true;
    work.schedule();
  }

  /** Whether it is used up: a waiter is signalled once. */
  boolean isSignalled() {
    return signalled;
  }
}
