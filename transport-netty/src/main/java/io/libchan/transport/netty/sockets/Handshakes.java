package io.libchan.transport.netty.sockets;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.netty.channel.Channel;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The accepted sockets of a listener that are still shaking hands: bounded in number, and closed
 * with the listener. Thread-safe.
 */
public final class Handshakes {
  private final int max;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final Set<Channel> running = new HashSet<>();

  @GuardedBy("lock")
  private boolean closed;

  public Handshakes(int max) {
    this.max = max;
  }

  /** Whether this socket may shake hands. */
  public boolean begin(Channel channel) {
    lock.lock();
    try {
      if (closed || running.size() >= max) {
        return false;
      }
      running.add(channel);
    } finally {
      lock.unlock();
    }
    channel.closeFuture().addListener(done -> end(channel));
    return true;
  }

  /** A handshake succeeded; false if the listener was closed meanwhile. */
  public boolean succeeded(Channel channel) {
    return end(channel);
  }

  private boolean end(Channel channel) {
    lock.lock();
    try {
      return running.remove(channel);
    } finally {
      lock.unlock();
    }
  }

  /** Closes what is not done. */
  public void close() {
    List<Channel> open;
    lock.lock();
    try {
      closed = true;
      open = List.copyOf(running);
      running.clear();
    } finally {
      lock.unlock();
    }
    open.forEach(Linger::cut);
  }
}
