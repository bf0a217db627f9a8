package io.libchan.core;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import java.lang.reflect.Type;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * What the simulator sees of a session that others do not: its tables, and calls that never wait.
 */
public final class Inside {
  private final CoreSession session;

  public Inside(MuxConnection mux, boolean connecting, Options options, Environment environment) {
    session = new CoreSession(mux, connecting, options, environment);
  }

  public CompletionStage<Session> start() {
    return session.start();
  }

  public CompletionStage<Reason> closed() {
    return session.closed();
  }

  public <T> @Nullable Sender<T> tryOpen(String name, Type type, int capacity)
      throws io.libchan.ChannelException {
    return session.tryOpen(name, type, capacity);
  }

  public <T> @Nullable Receiver<T> tryAccept(String name, Type type) {
    return session.tryAccept(name, type);
  }

  public void startDraining() {
    session.startDraining();
  }

  public void startClosing() {
    session.startClosing();
  }

  public void abort(Reason reason) {
    session.abort(reason);
  }

  /** Streams that are open. */
  public int streams() {
    return session.streams();
  }

  /** References that wait for a name, or names that wait for a stream. */
  public int waiting() {
    return session.references().waiting();
  }

  /** References that are known. */
  public int references() {
    return session.references().size();
  }

  /** Echoes of streams that have not come. */
  public int echoes() {
    return session.echoes();
  }

  /** Whether nothing is reserved under the peer's limit of streams. */
  public boolean hasAllPlaces() {
    return session.hasStreams(session.peerHello().streams(), () -> {});
  }

  /** What every live stream is like, for whoever looks for one too many. */
  public String table() {
    StringBuilder text = new StringBuilder();
    for (long reference = 1; reference < 10_000; reference++) {
      StreamPort port = session.live(reference);
      if (port != null) {
        text.append(' ').append(Streams.describe(port));
      }
    }
    return text.toString();
  }

  CoreSession session() {
    return session;
  }

  /** Bytes received and not read. */
  public long unreadBytes() {
    return session.memory().bytes();
  }
}
