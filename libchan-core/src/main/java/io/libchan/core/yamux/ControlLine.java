package io.libchan.core.yamux;

import io.libchan.spi.MuxStream;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The control stream, which goes on when its body is lost: each body carries a leg of it, and
 * begins with how many bytes either side has received. What the peer's credit does not cover is
 * kept, at most a window, and sent again from there. Rule BOD-9.
 *
 * <p>Thread-safe. Its lock may be held while the port's or the mux's is taken, never the reverse.
 */
final class ControlLine implements MuxStream {
  private static final int FIRST_BYTES = 1024;

  private final ReentrantLock lock = new ReentrantLock();
  private volatile @Nullable Leg current;
  private MuxStream.@Nullable Handler port; // set once, before anything is received

  // Guarded by lock.
  private byte[] kept = new byte[FIRST_BYTES];
  private int keptFrom;
  private int keptTo;
  private int again; // of what is kept, the last bytes that have to be sent again
  private int sent; // modulo 2^32

  private volatile boolean hasReceived;

  // Only in the mux's turn.
  private int received; // modulo 2^32

  void bind(MuxStream.Handler newPort) {
    port = newPort;
  }

  // ---- legs ----

  /** What the body of a leg calls. */
  MuxStream.Handler begin(BodyStream stream, boolean continued) {
    Leg leg = new Leg(stream, !continued);
    current = leg;
    return leg;
  }

  /** The body is gone, or counts no more. */
  void detach() {
    current = null;
  }

  boolean isOn(BodyStream stream) {
    Leg leg = current;
    return leg != null && leg.stream == stream;
  }

  boolean isAttached() {
    return current != null;
  }

  /** How many bytes came, modulo 2^32. */
  int received() {
    return received;
  }

  /** Whether the peer has said anything: the listening side does so to whom it admits. */
  boolean hasReceived() {
    return hasReceived;
  }

  /** The stream of the leg that is on now. */
  @Nullable BodyStream stream() {
    Leg leg = current;
    return leg == null ? null : leg.stream;
  }

  /** Whether nothing waits to be written, as far as is known. */
  boolean isQuiet() {
    Leg leg = current;
    return leg != null && leg.resumed && !leg.stream.scheduled;
  }

  /** Whether what the peer has not received is still here. */
  boolean canResume(int peerReceived) {
    lock.lock();
    try {
      int missing = sent - peerReceived;
      return missing >= 0 && missing <= keptTo - keptFrom;
    } finally {
      lock.unlock();
    }
  }

  /** The current leg goes on behind what the peer has; {@link #canResume} was asked. */
  void resume(int peerReceived) {
    Leg leg;
    lock.lock();
    try {
      again = sent - peerReceived;
      leg = current;
      if (leg != null) {
        leg.resumed = true;
      }
    } finally {
      lock.unlock();
    }
    if (leg != null) {
      leg.stream.wantWrite();
    }
  }

  // ---- the port's side ----

  @Override
  public void wantWrite() {
    Leg leg = current;
    if (leg != null) {
      leg.stream.wantWrite();
    }
  }

  @Override
  public void credit(int bytes) {
    Leg leg = current;
    if (leg != null) {
      leg.stream.credit(bytes);
    }
  }

  @Override
  public boolean announced() {
    return true;
  }

  @Override
  public void reset(int code) {
    Leg leg = current;
    if (leg != null) {
      leg.stream.reset(code);
    }
  }

  private Left fill(Leg leg, ByteBuffer target) {
    MuxStream.Handler from = port;
    lock.lock();
    try {
      if (leg != current || !leg.resumed || from == null) {
        return Left.NOTHING;
      }
      forget(leg.stream.uncredited() + again);
      if (again > 0) {
        int count = Math.min(again, target.remaining());
        target.put(kept, keptTo - again, count);
        again -= count;
        return Left.MORE;
      }
      int start = target.position();
      Left left = from.fill(target);
      keep(target, start);
      return left;
    } finally {
      lock.unlock();
    }
  }

  /** Keeps no more than this many bytes. Guarded by lock. */
  private void forget(int most) {
    keptFrom = Math.max(keptFrom, keptTo - most);
    if (keptFrom == keptTo) {
      keptFrom = 0;
      keptTo = 0;
    }
  }

  /** Guarded by lock. */
  private void keep(ByteBuffer written, int start) {
    int count = written.position() - start;
    if (keptTo + count > kept.length) {
      int size = keptTo - keptFrom;
      byte[] larger = new byte[Math.max(2 * size, size + count)];
      System.arraycopy(kept, keptFrom, larger, 0, size);
      kept = larger;
      keptFrom = 0;
      keptTo = size;
    }
    for (int i = 0; i < count; i++) {
      kept[keptTo++] = written.get(start + i);
    }
    sent += count;
  }

  /** The control stream on one body. */
  private final class Leg implements MuxStream.Handler {
    private final BodyStream stream;
    private volatile boolean resumed;

    Leg(BodyStream stream, boolean resumed) {
      this.stream = stream;
      this.resumed = resumed;
    }

    private MuxStream.@Nullable Handler above() {
      return this == current ? port : null;
    }

    @Override
    public Left fill(ByteBuffer target) {
      return ControlLine.this.fill(this, target);
    }

    @Override
    public void received(ByteBuffer bytes) {
      MuxStream.Handler told = above();
      if (told != null) {
        received += bytes.remaining();
        hasReceived = true;
        told.received(bytes);
      }
    }

    @Override
    public void peerEnded() {
      MuxStream.Handler told = above();
      if (told != null) {
        told.peerEnded();
      }
    }

    @Override
    public void reset(int code) {
      MuxStream.Handler told = above();
      if (told != null) {
        told.reset(code);
      }
    }

    @Override
    public void over() {}
  }
}
