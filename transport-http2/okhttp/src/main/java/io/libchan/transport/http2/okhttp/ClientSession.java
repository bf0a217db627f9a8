package io.libchan.transport.http2.okhttp;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BodyConnection;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.Answers;
import io.libchan.transport.http2.common.requests.RequestHeaders;
import io.libchan.transport.http2.common.requests.Target;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.Handshake;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * A session of a client: its requests, its threads, and a client of OkHttp's, which has the
 * connections and makes further ones by itself.
 *
 * <p>The first request is sent at once, as OkHttp connects for a request only.
 *
 * <p>Thread-safe.
 */
final class ClientSession implements BodyConnection {
  private static final Reason GIVEN_UP =
      Reason.of(ReasonCode.SESSION_CLOSED, "it was not connected in time");

  private static final long THREAD_IDLE_SECONDS = 2;

  /**
   * How many requests may be without an answer. OkHttp does not know a new connection's limit of
   * streams before its SETTINGS have come, and gives it whatever asks meanwhile: a server would
   * refuse so many that it takes them for an attack.
   */
  private static final int MAX_UNANSWERED = 16;

  private final Target target;
  private final Carrier carrier;
  private final Options options;
  private final OkHttpOptions own;
  private final HttpUrl url;
  private final String id = RequestHeaders.newSession();
  private final Calls calls;
  private final ThreadPoolExecutor threads;
  private final CompletableFuture<PeerInfo> connected = new CompletableFuture<>();
  private final Semaphore unanswered = new Semaphore(MAX_UNANSWERED, true);
  private final ReentrantLock lock = new ReentrantLock();

  private volatile PeerInfo peer;

  @GuardedBy("lock")
  private @Nullable Handler handler;

  /** The first request, until the engine has asked for it. */
  @GuardedBy("lock")
  private @Nullable Body first;

  @GuardedBy("lock")
  private long lastRef;

  @GuardedBy("lock")
  private int bodies;

  @GuardedBy("lock")
  private boolean accepted;

  @GuardedBy("lock")
  private @Nullable Reason lost;

  @GuardedBy("lock")
  private boolean closed;

  ClientSession(Target target, Carrier carrier, Options options) {
    this.target = target;
    this.carrier = carrier;
    this.options = options;
    own = OkHttpOptions.of(options);
    url = HttpUrl.get(target.scheme() + "://" + target.authority() + target.requestTarget());
    peer = PeerInfo.of(target.scheme(), target.hostAndPort());
    calls = new Calls(target, own.client(), options);
    threads = threads(target.hostAndPort());
  }

  private static ThreadPoolExecutor threads(String where) {
    AtomicInteger count = new AtomicInteger();
    return new ThreadPoolExecutor(
        0,
        Integer.MAX_VALUE, // two for each request, whose number is bounded
        THREAD_IDLE_SECONDS,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> {
          Thread thread =
              new Thread(task, "libchan-okhttp-" + where + "-" + count.incrementAndGet());
          thread.setDaemon(true);
          return thread;
        });
  }

  /** Makes the first connection; blocks. */
  void connect() throws ConnectFailed, InterruptedException {
    Body body = newBody();
    lock.lock();
    try {
      first = body;
    } finally {
      lock.unlock();
    }
    long millis = options.connectTimeout().toMillis();
    boolean done = false;
    try {
      peer = connected.get(millis, TimeUnit.MILLISECONDS);
      done = true;
    } catch (TimeoutException e) {
      throw Failures.connect(
          "no answer from " + target.hostAndPort() + " within " + millis + " ms", e);
    } catch (ExecutionException e) {
      throw Failures.notConnected(target, e.getCause() == null ? e : e.getCause());
    } finally {
      if (!done) {
        close(GIVEN_UP);
      }
    }
  }

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public void start(Handler value) {
    Reason why;
    boolean ready;
    lock.lock();
    try {
      handler = value;
      why = lost;
      ready = accepted;
    } finally {
      lock.unlock();
    }
    // What came before: not from inside a call of the engine.
    if (ready) {
      options.executor().execute(() -> value.capacity(own.maxRequests()));
    }
    if (why != null) {
      options.executor().execute(() -> value.lost(why));
    }
  }

  @Override
  public Body open() {
    lock.lock();
    try {
      Body made = first;
      if (made != null) {
        first = null;
        return made;
      }
    } finally {
      lock.unlock();
    }
    return newBody();
  }

  private Body newBody() {
    Body body;
    boolean refused;
    lock.lock();
    try {
      refused = closed || lost != null;
      body = new Body(this, ++lastRef, options);
      if (!refused) {
        bodies++;
      }
    } finally {
      lock.unlock();
    }
    if (refused) {
      body.refuse(new IOException("the session is over"));
    } else {
      threads.execute(body);
    }
    return body;
  }

  @Override
  public void close(Reason reason) {
    Body unused;
    boolean last;
    lock.lock();
    try {
      unused = first;
      first = null;
      last = !closed && bodies == 0;
      closed = true;
    } finally {
      lock.unlock();
    }
    if (unused != null) {
      unused.abort();
    }
    if (last) {
      release();
    }
  }

  /** Nothing is open any more, and nothing will be. */
  private void release() {
    threads.shutdown();
    // Not on a thread of the engine: this closes sockets.
    options.executor().execute(calls::close);
  }

  // ---- For bodies.

  Executor threads() {
    return threads;
  }

  Call newCall(Body body, long ref, RequestBody bytes) {
    Request.Builder request = new Request.Builder().url(url).post(bytes).tag(Body.class, body);
    request.header("accept-encoding", "identity"); // or OkHttp would ask for gzip
    own.headers().write(target, carrier, id, ref, request::addHeader);
    request.removeHeader("content-type"); // that of the body
    return calls.newCall(request.build());
  }

  /** Makes a call and waits for its answer, when it is its turn. */
  Response ask(Call call) throws IOException {
    unanswered.acquireUninterruptibly(); // whoever has one gives it back when it is cancelled
    try {
      return call.execute();
    } finally {
      unanswered.release();
    }
  }

  String contentType() {
    return own.contentType();
  }

  /** A request has gone out over this connection. */
  void sent(@Nullable Connection over) {
    if (connected.isDone()) {
      return;
    }
    Handshake handshake = over == null ? null : over.handshake();
    PeerInfo known = peer;
    connected.complete(
        handshake == null
            ? known
            : new PeerInfo(
                known.transport(),
                known.address(),
                "",
                handshake.peerPrincipal(),
                handshake.peerCertificates()));
  }

  /** Whether a request that found no connection may try again: the first one may not. */
  boolean isAccepted() {
    lock.lock();
    try {
      return accepted;
    } finally {
      lock.unlock();
    }
  }

  ConnectFailed notConnected(IOException why) {
    return Failures.notConnected(target, why);
  }

  /** Judges an answer; returns why it is not the one awaited, or null. */
  @Nullable ConnectFailed judge(Response answer) {
    String status = Integer.toString(answer.code());
    if (!Answers.isTaken(carrier, status, answer::header)) {
      ConnectFailed refused = Answers.refused(target, status, answer::header);
      if (Answers.isFinal(status) || !isAccepted()) {
        lost(refused.reason());
      }
      return refused;
    }
    Handler to;
    lock.lock();
    try {
      to = accepted ? null : handler;
      accepted = true;
    } finally {
      lock.unlock();
    }
    if (to != null) {
      to.capacity(own.maxRequests());
    }
    return null;
  }

  /** A request failed; without an accepted one before it that is the session's failure. */
  void failed(IOException why) {
    if (!connected.completeExceptionally(why) && !isAccepted()) {
      lost(Failures.notConnected(target, why).reason());
    }
  }

  private void lost(Reason reason) {
    Handler to;
    lock.lock();
    try {
      if (lost != null || closed) {
        return;
      }
      lost = reason;
      to = handler;
    } finally {
      lock.unlock();
    }
    if (to != null) {
      to.lost(reason);
    }
  }

  /** A body is over, and its handler knows. */
  void over() {
    boolean last;
    lock.lock();
    try {
      bodies--;
      closed |= carrier == Carrier.SINGLE;
      last = closed && bodies == 0;
    } finally {
      lock.unlock();
    }
    if (last) {
      release();
    }
  }
}
