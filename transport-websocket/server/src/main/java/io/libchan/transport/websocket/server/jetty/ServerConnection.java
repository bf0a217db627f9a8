package io.libchan.transport.websocket.server.jetty;

import io.libchan.ChannelException;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.websocket.internal.Failures;
import io.libchan.transport.websocket.internal.Wire;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.api.exceptions.MessageTooLargeException;
import org.eclipse.jetty.websocket.api.exceptions.WebSocketException;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket of Jetty as the engine sees it. It has no thread: Jetty calls when bytes have come
 * or were written, and whoever wants to write has a task run.
 *
 * <p>Public, as Jetty finds its methods by reflection; not for applications.
 *
 * <p>Thread-safe.
 */
public final class ServerConnection implements ByteConnection, Session.Listener {
  private static final System.Logger LOG = System.getLogger(ServerConnection.class.getName());

  /** One message, one pong, one close frame; nothing else of ours is ever under way. */
  private static final int MAX_OUTGOING_FRAMES = 4;

  private final PeerInfo peer;
  private final Options options;
  private final long maxMessageBytes;
  private final Acceptor acceptor;
  private final Turns turns = new Turns(this::tellClosed);
  private final Pump pump = new Pump(this);
  private final AtomicReference<@Nullable IOException> cause = new AtomicReference<>();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

  private volatile @Nullable Session session;
  private volatile @Nullable Handler handler;
  private volatile boolean failing;

  // Only where messages come in, one after the other.
  private long messageBytes;

  /** A connection for Jetty to open; the acceptor gets it then. */
  public ServerConnection(PeerInfo peer, Options options, long maxMessageBytes, Acceptor acceptor) {
    this.peer = peer;
    this.options = options;
    this.maxMessageBytes = maxMessageBytes;
    this.acceptor = acceptor;
  }

  // ---- what the engine calls ----

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public void start(Handler value) {
    if (handler != null) {
      throw new IllegalStateException("started twice");
    }
    handler = value;
    turns.start();
    if (!turns.ended()) {
      demand();
      pump.wake();
    }
  }

  @Override
  public void wantWrite() {
    pump.wake();
  }

  @Override
  public void close() {
    if (!closing.compareAndSet(false, true) || turns.ended()) {
      return;
    }
    Duration patience = options.closeTimeout();
    // A copy, so that the time-out does not end the original.
    over.copy()
        .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(
            late -> {
              cut(new IOException("closing took longer than " + patience.toMillis() + " ms"));
              return null;
            });
    if (handler == null) {
      demand(); // or the peer's close frame is never read
      sendClose(Wire.NORMAL, "");
    } else {
      pump.wake();
    }
  }

  @Override
  public void abort() {
    cut(new IOException("aborted by this side"));
  }

  // ---- what Jetty calls ----

  @Override
  public void onWebSocketOpen(Session opened) {
    session = opened;
    opened.setIdleTimeout(Duration.ZERO); // the session's keep-alive finds who is gone
    opened.setMaxOutgoingFrames(MAX_OUTGOING_FRAMES);
    try {
      acceptor.accepted(this);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the acceptor failed", e);
      abort();
    }
  }

  @Override
  public void onWebSocketPartialBinary(ByteBuffer payload, boolean last, Callback callback) {
    messageBytes += payload.remaining();
    if (messageBytes > maxMessageBytes) {
      fail(Wire.TOO_BIG, Wire.messageTooBig(maxMessageBytes));
    } else if (payload.hasRemaining()) {
      deliver(payload);
    }
    if (last) {
      messageBytes = 0;
    }
    callback.succeed();
    demand();
  }

  private void deliver(ByteBuffer payload) {
    Handler to = handler;
    if (to == null || failing || !turns.beginReceiving()) {
      return;
    }
    try {
      to.received(payload);
    } catch (RuntimeException | Error e) {
      cut(new IOException("the handler failed: " + e, e));
    } finally {
      turns.endReceiving();
    }
  }

  @Override
  public void onWebSocketPartialText(String payload, boolean last) {
    fail(Wire.UNSUPPORTED_DATA, Wire.textMessage());
    demand();
  }

  /** Nothing more is read until the answer has left, so that a flood of pings fills no queue. */
  @Override
  public void onWebSocketPing(ByteBuffer payload) {
    Session to = session;
    if (to != null) {
      to.sendPong(payload, Callback.from(this::demand, failure -> demand()));
    }
  }

  @Override
  public void onWebSocketPong(ByteBuffer payload) {
    demand();
  }

  @Override
  public void onWebSocketError(Throwable error) {
    cause.compareAndSet(null, describe(error));
  }

  private IOException describe(Throwable error) {
    if (error instanceof MessageTooLargeException) {
      return Wire.messageTooBig(maxMessageBytes);
    }
    if (error instanceof WebSocketException) {
      return Wire.broken("" + error.getMessage());
    }
    boolean ended = error instanceof EOFException || error instanceof ClosedChannelException;
    return ended ? Wire.truncated() : Failures.broken(error);
  }

  @Override
  public void onWebSocketClose(int code, @Nullable String text, Callback callback) {
    if (code == Wire.ABNORMAL) {
      cause.compareAndSet(null, Wire.truncated());
    } else if (!closing.get() || code != Wire.NO_CODE) {
      cause.compareAndSet(null, Wire.closedBy(code, text == null ? "" : text));
    }
    callback.succeed();
    end();
  }

  // ---- both ----

  /** Also after our close frame has left: the peer's is still to come, behind what it had sent. */
  private void demand() {
    Session open = session;
    if (open != null) {
      open.demand();
    }
  }

  /** The peer broke a rule: it is told, and what it sends from now on is thrown away. */
  private void fail(int code, ChannelException why) {
    if (!failing) {
      failing = true;
      cause.compareAndSet(null, why);
      closing.set(true);
      sendClose(code, Wire.cut(why.reason().message()));
    }
  }

  void sendClose(int code, String text) {
    Session open = session;
    if (open != null) {
      open.close(code, text, Callback.NOOP);
    }
  }

  /** Ends the connection at once; the first cause wins. */
  void cut(IOException why) {
    if (turns.ended()) {
      return;
    }
    cause.compareAndSet(null, why);
    Session open = session;
    if (open != null) {
      open.disconnect();
    }
    end();
  }

  private void end() {
    over.complete(null);
    turns.end();
  }

  private void tellClosed() {
    Handler told = handler;
    if (told == null) {
      return;
    }
    try {
      told.closed(cause.get());
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the handler of a connection failed", e);
    }
  }

  /** Jetty's session; null before it is open. */
  public @Nullable Session session() {
    return session;
  }

  // ---- for the pump ----

  @Nullable Handler handler() {
    return handler;
  }

  Turns turns() {
    return turns;
  }

  boolean isClosing() {
    return closing.get();
  }

  boolean isFailing() {
    return failing;
  }

  void execute(Runnable task) {
    options.executor().execute(task);
  }
}
