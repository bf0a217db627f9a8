package io.libchan.transport.http2.okhttp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.MediaType;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Buffer;
import okio.BufferedSink;
import okio.BufferedSource;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer as the engine sees them: bytes both ways. Its own thread makes the
 * call, reads the answer, and tells the handler all that it is told but {@code fill}; {@link
 * Outbound} writes.
 *
 * <p>Thread-safe.
 */
final class Body implements ByteConnection, Runnable, Outbound.Owner {
  private static final long REFUSED_MILLIS = 1000;
  private static final int MAX_RETRIES = 3;
  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1000;

  private final ClientSession session;
  private final long ref;
  private final Options options;
  private final Outbound outbound;
  private final AtomicBoolean closeAsked = new AtomicBoolean();
  private final AtomicBoolean told = new AtomicBoolean();

  /** Completed when the thread is done with it. */
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private @Nullable Handler handler;

  @GuardedBy("lock")
  private @Nullable Call call;

  @GuardedBy("lock")
  private boolean failed;

  @GuardedBy("lock")
  private @Nullable IOException cause;

  private volatile @Nullable Connection connection;

  Body(ClientSession session, long ref, Options options) {
    this.session = session;
    this.ref = ref;
    this.options = options;
    outbound = new Outbound(session.threads(), this);
  }

  // ---- The engine's side.

  @Override
  public PeerInfo peer() {
    return session.peer();
  }

  @Override
  public void start(Handler value) {
    lock.lock();
    try {
      if (handler != null) {
        throw new IllegalStateException("started twice");
      }
      handler = value;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    outbound.start(value);
    if (over.isDone()) {
      options.executor().execute(this::tellClosed);
    }
  }

  @Override
  public void wantWrite() {
    outbound.wake();
  }

  @Override
  public void close() {
    if (!closeAsked.compareAndSet(false, true)) {
      return;
    }
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    outbound.finish();
    long millis = options.closeTimeout().toMillis();
    within(
        millis,
        () ->
            fail(
                new IOException(
                    outbound.isEnding()
                        ? "the peer did not end the request within " + millis + " ms"
                        : "closing took longer than "
                            + millis
                            + " ms: not everything was written")));
  }

  @Override
  public void abort() {
    fail(new IOException("aborted by this side"));
  }

  /** Does something unless the body is over by then. */
  private void within(long millis, Runnable late) {
    over.copy()
        .orTimeout(millis, TimeUnit.MILLISECONDS)
        .exceptionally(
            timeout -> {
              late.run();
              return null;
            });
  }

  /** Ends the body with this reason; its thread comes back from wherever it waits. */
  @Override
  public void fail(IOException why) {
    Call current;
    lock.lock();
    try {
      if (failed) {
        return;
      }
      failed = true;
      if (cause == null) {
        cause = why;
      }
      current = call;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (current != null) {
      current.cancel();
    }
  }

  @Override
  public void notWritten(IOException why) {
    if (!Failures.isUnprocessed(why)) { // the reading thread knows what to do about that
      fail(Failures.broken(why));
    }
  }

  /** The body never gets a thread. */
  void refuse(IOException why) {
    fail(why);
    over.complete(null);
  }

  // ---- The thread.

  @Override
  public void run() {
    try {
      exchange();
    } catch (IOException e) {
      failedBy(e);
    } catch (RuntimeException | Error e) {
      failedBy(new IOException("the handler failed: " + e, e));
    }
    over.complete(null);
    tellClosed();
    cutIfStuck();
    outbound.release(session::over);
  }

  private void failedBy(IOException why) {
    boolean first;
    lock.lock();
    try {
      first = !failed;
    } finally {
      lock.unlock();
    }
    fail(why);
    if (first) {
      session.failed(why);
    }
  }

  private void exchange() throws IOException {
    try (Response answer = ask()) {
      outbound.answered();
      BufferedSource source = answer.body().source();
      source.timeout().clearTimeout();
      ConnectFailed refused = session.judge(answer);
      if (refused != null) {
        giveUp(refused, source);
        return;
      }
      Handler to = awaitHandler();
      if (to != null) {
        read(source, to);
      }
      if (!outbound.isEnding()) {
        giveUp(
            new IOException("the peer, or a proxy, ended the answer before the request"), source);
      } else if (answer.trailers().size() > 0) {
        throw new IOException("trailers instead of more data");
      }
    }
  }

  /** Sends the request, again where the peer did not process it, and waits for the answer. */
  private Response ask() throws IOException {
    long deadline = System.nanoTime() + options.connectTimeout().toNanos();
    long pause = FIRST_PAUSE_MILLIS;
    int retries = 0;
    while (true) {
      Upload upload = new Upload(retries > 0);
      Call current = session.newCall(this, ref, upload);
      use(current);
      try {
        return session.ask(current);
      } catch (IOException e) {
        outbound.detach();
        if (upload.isSent()) {
          if (!Failures.isUnprocessed(e) || !outbound.canRepeat() || ++retries > MAX_RETRIES) {
            throw Failures.broken(e);
          }
        } else if (!session.isAccepted() || System.nanoTime() - deadline >= 0) {
          throw session.notConnected(e);
        } else {
          pause(pause);
          pause = Math.min(LONGEST_PAUSE_MILLIS, pause * 2);
        }
      }
    }
  }

  private void use(Call next) throws IOException {
    lock.lock();
    try {
      if (failed) {
        throw new IOException("over before it was sent", cause);
      }
      call = next;
    } finally {
      lock.unlock();
    }
  }

  private void pause(long millis) throws IOException {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (left > 0 && !failed) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted while connecting", e); // nobody of ours does this
    } finally {
      lock.unlock();
    }
  }

  /** The handler; null if there will be nothing to tell it but the end. */
  private @Nullable Handler awaitHandler() {
    lock.lock();
    try {
      while (handler == null && !failed && !closeAsked.get()) {
        changed.awaitUninterruptibly();
      }
      return handler;
    } finally {
      lock.unlock();
    }
  }

  private static void read(BufferedSource source, Handler to) throws IOException {
    Buffer buffer = source.getBuffer();
    Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();
    while (hasMore(source)) {
      buffer.readUnsafe(cursor);
      try {
        while (cursor.next() != -1) {
          to.received(ByteBuffer.wrap(cursor.data, cursor.start, cursor.end - cursor.start));
        }
      } finally {
        cursor.close();
      }
      buffer.clear();
    }
  }

  private static boolean hasMore(BufferedSource source) throws IOException {
    try {
      return !source.exhausted();
    } catch (IOException e) {
      throw Failures.broken(e);
    }
  }

  /** The answer is not what a body waits for: our own end of it, without a reset. */
  private void giveUp(IOException why, BufferedSource source) {
    lock.lock();
    try {
      if (cause == null) {
        cause = why;
      }
    } finally {
      lock.unlock();
    }
    outbound.farewell();
    tellClosed();
    within(REFUSED_MILLIS, () -> fail(why));
    try {
      while (!source.exhausted()) {
        source.getBuffer().clear();
      }
    } catch (IOException e) {
      // It is over, and everybody knows why.
    }
  }

  private void tellClosed() {
    Handler to;
    IOException why;
    lock.lock();
    try {
      to = handler;
      why = cause;
    } finally {
      lock.unlock();
    }
    if (to == null || !told.compareAndSet(false, true)) {
      return;
    }
    try {
      to.closed(why);
    } catch (RuntimeException e) {
      System.getLogger(Body.class.getName())
          .log(System.Logger.Level.WARNING, "the handler of a body failed", e);
    }
  }

  /** A thread that writes may be stuck in the socket, where no cancelling reaches it. */
  private void cutIfStuck() {
    Connection used = connection;
    if (used == null || !outbound.isBusy()) {
      return;
    }
    CompletableFuture.delayedExecutor(
            options.closeTimeout().toMillis(), TimeUnit.MILLISECONDS, options.executor())
        .execute(
            () -> {
              if (outbound.isBusy()) {
                Calls.cut(used);
              }
            });
  }

  /** The connection of the request that is about to be sent. */
  void goesOver(Connection used) {
    connection = used;
  }

  /** The body of one request: hands over where to write. */
  private final class Upload extends RequestBody {
    private final boolean again;
    private volatile boolean sent;

    Upload(boolean again) {
      this.again = again;
    }

    boolean isSent() {
      return sent;
    }

    @Override
    public MediaType contentType() {
      return MediaType.get(session.contentType());
    }

    @Override
    public boolean isDuplex() {
      return true;
    }

    @Override
    public boolean isOneShot() {
      return true;
    }

    @Override
    public void writeTo(BufferedSink sink) {
      sent = true;
      session.sent(connection);
      outbound.attach(sink, again);
    }
  }
}
