package io.libchan.testkit;

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

/**
 * Sessions over bodies inside this process, {@code bodies:name}: the engine's side of a transport
 * such as HTTP/2, for tests.
 *
 * <p>Thread-safe.
 */
public final class BodyTransport implements Transport {
  private final ConcurrentMap<String, Name> names = new ConcurrentHashMap<>();
  private final int capacity;
  private volatile BodyPair latest =
      new BodyPair(Runnable::run, 1, Options.DEFAULTS.closeTimeout());

  /**
   * A transport.
   *
   * @param capacity how many bodies a session may have open at once
   */
  public BodyTransport(int capacity) {
    this.capacity = capacity;
  }

  /** What is below the session that was connected last. */
  public BodyPair latest() {
    return latest;
  }

  @Override
  public Set<String> schemes() {
    return Set.of("bodies");
  }

  @Override
  public Connection connect(URI uri, Options options) throws ConnectFailed {
    Name name = names.get(uri.getSchemeSpecificPart());
    if (name == null) {
      throw new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, "nothing listens at " + uri));
    }
    BodyPair pair = new BodyPair(options.executor(), capacity, options.closeTimeout());
    latest = pair;
    name.acceptor.accepted(pair.listening());
    return pair.connecting();
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor) throws ConnectFailed {
    Name name = new Name(uri, acceptor, names);
    if (names.putIfAbsent(uri.getSchemeSpecificPart(), name) != null) {
      throw new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, uri + " is in use"));
    }
    return name;
  }

  /** A name that somebody listens at. */
  private static final class Name implements Bound {
    private final URI uri;
    private final Acceptor acceptor;
    private final ConcurrentMap<String, Name> names;

    Name(URI uri, Acceptor acceptor, ConcurrentMap<String, Name> names) {
      this.uri = uri;
      this.acceptor = acceptor;
      this.names = names;
    }

    @Override
    public URI uri() {
      return uri;
    }

    @Override
    public void close() {
      names.remove(uri.getSchemeSpecificPart(), this);
    }
  }
}
