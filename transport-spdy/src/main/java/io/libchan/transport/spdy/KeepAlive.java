package io.libchan.transport.spdy;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;

/**
 * Finds a peer that fell silent, by PING. The reference answers pings behind data that its program
 * does not read: silence proves nothing while a stream is open that bytes were sent on. Then it is
 * left to TCP to find out. Rule SPDY-3.
 *
 * <p>Used on the event loop only.
 */
final class KeepAlive implements Runnable {
  private final EventLoop loop;
  private final long intervalNanos;
  private final long timeoutNanos;
  private final Session session;
  private long heardAt;
  private boolean asked;
  private boolean stopped;

  /** What it asks and tells. */
  interface Session {
    /** Sends a ping. */
    void ping();

    /** Whether nothing is read here for now, so that nothing can be heard. */
    boolean isPaused();

    /** Whether the peer may have bytes that its program does not read. */
    boolean mayBeHeldBack();

    /** The peer is gone. */
    void silent(long nanos);
  }

  KeepAlive(EventLoop loop, long intervalNanos, long timeoutNanos, Session session) {
    this.loop = loop;
    this.intervalNanos = intervalNanos;
    this.timeoutNanos = timeoutNanos;
    this.session = session;
  }

  void start() {
    heard();
    again(intervalNanos);
  }

  void heard() {
    heardAt = System.nanoTime();
    asked = false;
  }

  void stop() {
    stopped = true;
  }

  private void again(long nanos) {
    if (!stopped) {
      loop.schedule(this, Math.max(nanos, 1_000_000), TimeUnit.NANOSECONDS);
    }
  }

  @Override
  public void run() {
    long silence = System.nanoTime() - heardAt;
    if (stopped) {
      return;
    }
    if (session.isPaused()) {
      again(intervalNanos);
    } else if (silence < intervalNanos) {
      again(intervalNanos - silence);
    } else if (!asked) {
      asked = true;
      session.ping();
      again(timeoutNanos);
    } else if (silence < intervalNanos + timeoutNanos) {
      again(intervalNanos + timeoutNanos - silence);
    } else if (session.mayBeHeldBack()) {
      asked = false;
      again(intervalNanos);
    } else {
      session.silent(silence);
    }
  }
}
