package io.libchan.conformance.peer;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.SessionHandler;
import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * This library as a peer under test: the service of {@code spec/conformance.md}.
 *
 * <p>Thread-safe.
 */
public final class ConformancePeer implements SessionHandler {
  private static final String NAME = "conformance";
  private static final int BYTES = 1 << 20;

  private final Executor threads;

  /**
   * A peer whose command channels have a thread each.
   *
   * @param threads makes them; must not limit their number
   */
  public ConformancePeer(Executor threads) {
    this.threads = threads;
  }

  /**
   * The options of a quick test: short time-outs, small limits.
   *
   * @param threads what runs sessions
   */
  public static Options.Builder options(Executor threads) {
    return Options.builder()
        .executor(threads)
        .codec("msgpack")
        .handshakeTimeout(Duration.ofSeconds(2)) // a busy machine greets late
        .referenceTimeout(Duration.ofSeconds(1))
        .closeTimeout(Duration.ofSeconds(1))
        .keepAlive(Duration.ofSeconds(2), Duration.ofSeconds(1))
        .limits(
            Limits.DEFAULTS
                .withMaxMessageBytes(BYTES)
                .withMaxStringBytes(BYTES / 2)
                .withMaxAttachments(32)
                .withMaxStreams(64)
                .withMaxBacklog(16));
  }

  /**
   * Connects to a tester and serves, again and again, until nobody listens there any more.
   *
   * @param uri where the tester is
   * @param options such as {@link #options}
   * @throws ChannelException if the first connection fails
   * @throws InterruptedException if the thread is interrupted
   */
  public void connect(String uri, Options options) throws ChannelException, InterruptedException {
    Session first = Libchan.connect(uri, options);
    handle(first);
    while (true) {
      try (Session next = Libchan.connect(uri, options)) {
        handle(next);
      } catch (ChannelException e) {
        if (nobodyListens(e)) {
          return;
        }
        // Else the tester broke the handshake, as it does.
      }
    }
  }

  private static boolean nobodyListens(ChannelException failure) {
    Throwable cause = failure;
    while (cause != null && !(cause instanceof java.net.ConnectException)) {
      cause = cause.getCause();
    }
    return cause != null;
  }

  /** Serves a session to its end. */
  @Override
  public void handle(Session session) throws InterruptedException {
    try {
      while (true) {
        Receiver<Packet> commands = session.accept(NAME, Packet.class);
        threads.execute(() -> serve(session, commands));
      }
    } catch (ChannelException e) {
      // The session is over.
    }
  }

  private static void serve(Session session, Receiver<Packet> commands) {
    try (commands) {
      new Commands(session).serve(commands);
    } catch (ChannelException e) {
      // The tester ended it, or broke it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
