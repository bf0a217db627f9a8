package io.libchan.transport.spdy;

import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One stream. Thread-safe; what is said to be the loop's is used on the event loop only. */
final class SpdyStream implements MuxStream {
  private final Streams streams;
  final StreamHeaders headers;
  final boolean ours;

  /** Whether it waits for its turn to write. */
  final AtomicBoolean ready = new AtomicBoolean();

  /** Bytes received that the application has not taken. */
  final AtomicLong unread = new AtomicLong();

  /** Bytes taken for which the peer was given no new window yet. */
  final AtomicLong owed = new AtomicLong();

  private volatile boolean announced;
  private volatile boolean inputIgnored;
  private MuxStream.@Nullable Handler handler;

  // The loop's.
  int id; // 0 before SYN_STREAM left
  long sendWindow;
  boolean blocked; // there is something to write, and no window
  boolean sent;
  boolean localEnded;
  boolean remoteEnded;
  boolean over;

  SpdyStream(Streams streams, StreamHeaders headers, boolean ours) {
    this.streams = streams;
    this.headers = headers;
    this.ours = ours;
  }

  void handledBy(MuxStream.Handler value) {
    handler = value;
  }

  MuxStream.Handler handler() {
    return Objects.requireNonNull(handler);
  }

  void announce() {
    announced = true;
  }

  @Override
  public void wantWrite() {
    if (ready.compareAndSet(false, true)) {
      streams.ready(this);
    }
  }

  @Override
  public void credit(int bytes) {
    unread.addAndGet(-bytes);
    streams.credited(this, bytes);
  }

  @Override
  public void ignoreInput() {
    inputIgnored = true;
    wantWrite(); // if this side has ended already, the stream is over
  }

  boolean inputIgnored() {
    return inputIgnored;
  }

  @Override
  public boolean announced() {
    return announced;
  }

  @Override
  public void reset(int code) {
    streams.reset(this);
  }
}
