package io.libchan.transport.inmem;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Connection;
import io.libchan.spi.Transport;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Connections inside one process: {@code inmem:name}. The names are known in the whole process, or
 * more exactly to everybody who uses this class from the same class loader.
 *
 * <p>Bytes are moved on {@link Options#executor()}, on a thread that is there only while something
 * moves. Everything else is as on a network: a close lets what was written arrive, an abort does
 * not, and each side learns of the other's end.
 *
 * <p>Thread-safe.
 */
public final class InmemTransport implements Transport {
  private static final ConcurrentMap<String, Name> NAMES = new ConcurrentHashMap<>();

  /** Made by {@link java.util.ServiceLoader}. */
  public InmemTransport() {}

  @Override
  public Set<String> schemes() {
    return Set.of("inmem");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed, InterruptedException {
    String name = nameOf(uri);
    checkInterrupt();
    Name bound = NAMES.get(name);
    if (bound == null) {
      throw failed("nothing listens at inmem:" + name);
    }
    return bound.connect(options);
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ConnectFailed, InterruptedException {
    Name name = new Name(nameOf(uri), options, acceptor);
    checkInterrupt();
    if (NAMES.putIfAbsent(name.name, name) != null) {
      throw failed("inmem:" + name.name + " is in use");
    }
    return name;
  }

  private static String nameOf(URI uri) {
    String name = uri.getSchemeSpecificPart();
    if (name == null || name.startsWith("/")) {
      throw new IllegalArgumentException("write inmem:name, not " + uri);
    }
    return name;
  }

  private static void checkInterrupt() throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  private static ConnectFailed failed(String message) {
    return new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, message));
  }

  /** A name that somebody listens at. */
  private record Name(String name, Options options, Acceptor acceptor, AtomicLong count)
      implements Bound {
    Name(String name, Options options, Acceptor acceptor) {
      this(name, options, acceptor, new AtomicLong());
    }

    Connection connect(Options connecting) throws ConnectFailed {
      Pair pair = new Pair(name, count.incrementAndGet(), connecting, options);
      try {
        acceptor.accepted(pair.accepted());
      } catch (RuntimeException e) {
        pair.fail(new java.io.IOException("the listener failed", e));
        throw new ConnectFailed(
            Reason.of(ReasonCode.CONNECT_FAILED, "the listener at inmem:" + name + " failed"), e);
      }
      return pair.connected();
    }

    @Override
    public URI uri() {
      return URI.create("inmem:" + name);
    }

    @Override
    public void close() {
      NAMES.remove(name, this);
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(this);
    }
  }
}
