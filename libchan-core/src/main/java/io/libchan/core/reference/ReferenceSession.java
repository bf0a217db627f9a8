package io.libchan.core.reference;

import io.libchan.Authenticator;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.ConnectFailed;
import io.libchan.LimitExceeded;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.SessionSnapshot;
import io.libchan.TypeRef;
import io.libchan.core.RunningSession;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Ends;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.ReferenceCodec;
import io.libchan.spi.ReferenceDialect;
import io.libchan.spi.Services;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A session on the Go reference's wire: spec/spdy.md. There is no hello, so it is open as soon as
 * the connection is; whatever the wire can't say is refused where it is asked for.
 *
 * <p>Thread-safe. A port's lock may be held while the session's is taken, never the reverse.
 */
public final class ReferenceSession implements RunningSession, MuxConnection.Handler {
  private static final Reason CLOSED_HERE =
      Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed here");
  private static final int MOST_BUFFERS = 16;

  private final MuxConnection mux;
  private final boolean connecting;
  private final Options options;
  private final Environment environment;
  private final ReferenceCodec codec;
  private final Map<FormatKey, Codec.Format> formats = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<EncodeBuffer> buffers = new ConcurrentLinkedQueue<>();
  private final PeerStreams streams = new PeerStreams(this);
  private final CompletableFuture<Session> started = new CompletableFuture<>();
  private final CompletableFuture<Reason> over = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final Set<Pipe> live = new LinkedHashSet<>();
  private final Map<Long, Pipe> peers = new HashMap<>(); // by the peer's own references
  private final ArrayDeque<Pipe> backlog = new ArrayDeque<>(2);
  private int nextReference; // 0: none was given yet
  private int openedHere;
  private boolean draining;
  private @Nullable Reason reason;

  private record FormatKey(Type type, ReferenceDialect dialect) {}

  /** A session that has not started. */
  public ReferenceSession(
      MuxConnection mux, boolean connecting, Options options, Environment environment) {
    this.mux = mux;
    this.connecting = connecting;
    this.options = options;
    this.environment = environment;
    codec = Services.referenceCodec();
  }

  // ---- what ports use ----

  Options options() {
    return options;
  }

  Environment environment() {
    return environment;
  }

  PeerStreams streams() {
    return streams;
  }

  ReferenceDialect dialect() {
    return Objects.requireNonNull(mux.dialect());
  }

  Reason stamp(Reason from) {
    return from.from(options.nodeName());
  }

  Codec.Format format(Type type) {
    return formats.computeIfAbsent(
        new FormatKey(type, dialect()),
        key -> codec.format(key.type, options.limits(), key.dialect));
  }

  EncodeBuffer borrowBuffer() {
    EncodeBuffer buffer = buffers.poll();
    return buffer == null ? new EncodeBuffer(options.limits().maxMessageBytes()) : buffer;
  }

  void giveBack(EncodeBuffer buffer) {
    buffer.clear();
    if (buffers.size() < MOST_BUFFERS) {
      buffers.add(buffer);
    }
  }

  static UnsupportedOperationException cannot(String what) {
    return new UnsupportedOperationException(what + "; see spec/spdy.md");
  }

  static void checkCapacity(int capacity) {
    if (capacity == 0) {
      throw cannot("SPDY-20: capacity 0, as the reference never says what it received");
    }
  }

  /** The next number of a stream of ours. Rule SPDY-8. */
  int nextReference() throws LimitExceeded {
    boolean head = dialect() == ReferenceDialect.HEAD;
    lock.lock();
    try {
      if (nextReference == 0) {
        nextReference = head || !connecting ? 2 : 1;
      }
      if (nextReference > ReferenceCodec.MAX_REFERENCE) {
        throw new LimitExceeded(Reason.limit("streams", "the session has used up its references"));
      }
      int reference = nextReference;
      nextReference += head ? 1 : 2;
      return reference;
    } finally {
      lock.unlock();
    }
  }

  /** Refuses to open so many more streams than may be open. */
  void checkStreams(int count) throws ChannelException {
    int most = options.limits().maxStreams();
    lock.lock();
    try {
      check();
      if (openedHere + count > most) {
        throw new LimitExceeded(
            Reason.limit("streams", openedHere + " of " + most + " are open, " + count + " more"));
      }
    } finally {
      lock.unlock();
    }
  }

  Pipe open(long reference, long parent, Kind kind) throws ChannelException {
    Pipe pipe = new Pipe(this, reference, parent, true);
    lock.lock();
    try {
      if (reason != null) {
        throw new SessionLost(reason);
      }
      live.add(pipe);
      openedHere++;
    } finally {
      lock.unlock();
    }
    mux.open(
        new StreamHeaders(reference, kind, "", null, 0, parent, Map.of()),
        stream -> {
          pipe.bind(stream);
          return pipe;
        });
    return pipe;
  }

  /** Nothing can happen on the stream any more. */
  void forget(Pipe pipe) {
    lock.lock();
    try {
      if (live.remove(pipe)) {
        if (pipe.ours) {
          openedHere--;
        } else {
          peers.remove(pipe.reference, pipe);
          backlog.remove(pipe);
        }
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the peer has a stream of this number open. */
  boolean isPeersStream(long reference) {
    lock.lock();
    try {
      return peers.containsKey(reference);
    } finally {
      lock.unlock();
    }
  }

  /** Whether a channel of this number may hold a message that nobody has received yet. */
  boolean mayName(long parent) {
    List<Pipe> found = new ArrayList<>(2);
    lock.lock();
    try {
      for (Pipe pipe : live) {
        if (pipe.reference == parent) {
          found.add(pipe);
        }
      }
    } finally {
      lock.unlock();
    }
    return found.stream().anyMatch(pipe -> pipe.unread() > 0 || streams.isWaiting(parent));
  }

  // ---- beginning ----

  @Override
  public CompletionStage<Session> start() {
    mux.limitStreams(options.limits().maxStreams());
    Authenticator authenticator = connecting ? null : options.authenticator();
    mux.start(this);
    if (authenticator == null) {
      started.complete(this);
    } else {
      environment.execute(() -> authenticate(authenticator));
    }
    return started;
  }

  /** The peer shows no credentials: only what the transport knows of it. Rule SPDY-23. */
  private void authenticate(Authenticator authenticator) {
    boolean admitted = false;
    try {
      admitted = authenticator.admit(new Authenticator.Attempt(mux.peer(), new byte[0]));
    } catch (Throwable e) {
      System.getLogger("io.libchan")
          .log(System.Logger.Level.INFO, "the authenticator failed; the peer is refused", e);
    }
    if (admitted) {
      started.complete(this);
    } else {
      abort(Reason.of(ReasonCode.REFUSED, "the peer was not admitted"));
    }
  }

  @Override
  public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
    Pipe pipe = new Pipe(this, headers.reference(), headers.parent(), false);
    pipe.bind(stream);
    boolean top = headers.kind() == Kind.SENDING && headers.parent() == 0;
    Reason refused = null;
    lock.lock();
    try {
      if (reason != null) {
        refused = reason;
      } else if (peers.putIfAbsent(headers.reference(), pipe) != null) {
        refused =
            Reason.of(
                ReasonCode.PROTOCOL_ERROR,
                "SPDY-8: a second stream with the reference " + headers.reference());
      } else {
        live.add(pipe);
        if (top && draining) {
          refused = Reason.of(ReasonCode.DRAINING, "the session is draining");
        } else if (top && backlog.size() >= options.limits().maxBacklog()) {
          refused = Reason.limit("backlog", backlog.size() + " channels are not accepted yet");
        } else if (top) {
          backlog.add(pipe);
          changed.signalAll();
        }
      }
    } finally {
      lock.unlock();
    }
    if (refused == null && !top && !streams.arrived(pipe)) {
      refused = Reason.limit("pending-references", "too many streams that no message named");
    }
    if (refused != null) {
      pipe.reset(refused);
    }
    return pipe;
  }

  // ---- opening and accepting ----

  @Override
  public <T> Sender<T> open(String name, Class<T> type, int capacity) throws ChannelException {
    return open(name, (Type) type, capacity);
  }

  @Override
  public <T> Sender<T> open(String name, TypeRef<T> type, int capacity) throws ChannelException {
    return open(name, type.type(), capacity);
  }

  private <T> Sender<T> open(String name, Type type, int capacity) throws ChannelException {
    checkName(name);
    checkCapacity(capacity);
    if (capacity < 0 || capacity > Channel.MAX_CAPACITY) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    format(type);
    lock.lock();
    try {
      check();
      if (draining) {
        throw new ChannelReset(Reason.of(ReasonCode.DRAINING, "the session is draining"));
      }
    } finally {
      lock.unlock();
    }
    checkStreams(1);
    Pipe pipe = open(nextReference(), 0, Kind.SENDING);
    pipe.becomeSending();
    return Ends.sender(new SendingPort<T>(this, pipe, type, capacity));
  }

  private static void checkName(String name) {
    if (!name.isEmpty()) {
      throw cannot("SPDY-22: a channel named \"" + name + "\", as the reference has no names");
    }
  }

  private void check() throws SessionLost {
    if (reason != null) {
      throw new SessionLost(reason);
    }
  }

  @Override
  public <T> Receiver<T> accept(String name, Class<T> type)
      throws ChannelException, InterruptedException {
    return acceptAny(name, type);
  }

  @Override
  public <T> Receiver<T> accept(String name, TypeRef<T> type)
      throws ChannelException, InterruptedException {
    return acceptAny(name, type.type());
  }

  private <T> Receiver<T> acceptAny(String name, Type type)
      throws ChannelException, InterruptedException {
    try {
      return accept(name, type, Long.MAX_VALUE);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public <T> Receiver<T> accept(String name, Class<T> type, Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException {
    return accept(name, type, timeout.toNanos());
  }

  private <T> Receiver<T> accept(String name, Type type, long nanos)
      throws ChannelException, InterruptedException, TimeoutException {
    checkName(name);
    format(type);
    long left = nanos;
    Pipe pipe;
    lock.lockInterruptibly();
    try {
      for (pipe = backlog.poll(); pipe == null; pipe = backlog.poll()) {
        check();
        if (left <= 0) {
          throw new TimeoutException();
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
    pipe.becomeReceiving();
    return Ends.receiver(new ReceivingPort<T>(this, pipe, type, Channel.DEFAULT_CAPACITY));
  }

  @Override
  public boolean passesDescriptors() {
    return false;
  }

  @Override
  public boolean carriesReasons() {
    return false;
  }

  @Override
  public PeerInfo peer() {
    return mux.peer();
  }

  @Override
  public SessionSnapshot snapshot() {
    List<Pipe> pipes;
    Reason why;
    boolean drains;
    int ours;
    lock.lock();
    try {
      pipes = new ArrayList<>(live);
      why = reason;
      drains = draining;
      ours = openedHere;
    } finally {
      lock.unlock();
    }
    List<SessionSnapshot.Stream> shown = new ArrayList<>();
    long unread = 0;
    for (Pipe pipe : pipes) {
      unread += pipe.unread();
      shown.add(snapshot(pipe));
    }
    return new SessionSnapshot(
        peer(),
        why,
        drains,
        ours,
        options.limits().maxStreams(),
        unread,
        streams.unnamed(),
        streams.awaited(),
        shown);
  }

  /** Only the message that names a stream says what it carries, and it may be unread. */
  private SessionSnapshot.Stream snapshot(Pipe pipe) {
    return new SessionSnapshot.Stream(
        pipe.reference,
        pipe.parent,
        SessionSnapshot.Role.BYTES,
        "",
        "",
        0,
        0,
        0,
        pipe.queuedBytes(),
        pipe.unread(),
        Duration.ofNanos(environment.nanoTime() - pipe.bornNanos),
        false,
        pipe.failure());
  }

  // ---- the end ----

  @Override
  public CompletionStage<Reason> closed() {
    if (over.isDone()) {
      return CompletableFuture.completedStage(over.join());
    }
    CompletableFuture<Reason> told = new CompletableFuture<>();
    whenOver(() -> environment.execute(() -> told.complete(over.join())));
    return told.minimalCompletionStage();
  }

  @Override
  public void whenOver(Runnable task) {
    CompletableFuture<?> unused = over.thenRun(task);
  }

  @Override
  public boolean isEnding() {
    lock.lock();
    try {
      return reason != null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isOver() {
    return over.isDone();
  }

  @Override
  public void startDraining() {
    lock.lock();
    try {
      draining = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    startDraining();
    long left = timeout.toNanos();
    boolean all;
    lock.lockInterruptibly();
    try {
      while (!live.isEmpty() && reason == null && left > 0) {
        left = changed.awaitNanos(left);
      }
      all = live.isEmpty();
    } finally {
      lock.unlock();
    }
    close();
    return all;
  }

  @Override
  public void close() {
    startClosing();
    awaitOver(options.closeTimeout().toNanos());
  }

  @Override
  public void awaitOver(long nanos) {
    try {
      over.get(nanos, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      mux.abort(CLOSED_HERE);
    } catch (TimeoutException e) {
      mux.abort(CLOSED_HERE);
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void startClosing() {
    if (end(stamp(CLOSED_HERE), false, true)) {
      mux.close();
    }
  }

  @Override
  public void abort(Reason why) {
    if (why.isEnd()) {
      throw new IllegalArgumentException("a session needs another reason than the clean end");
    }
    Reason stamped = stamp(why);
    end(stamped, false, false);
    mux.abort(stamped);
  }

  @Override
  public void lost(Reason why) {
    Reason first;
    end(why, true, false);
    lock.lock();
    try {
      first = reason == null ? why : reason;
      live.clear();
      peers.clear();
    } finally {
      lock.unlock();
    }
    streams.clear();
    over.complete(first);
  }

  /** Keeps the first reason and tells everybody; whether this was the first. */
  private boolean end(Reason why, boolean keepInput, boolean writeOut) {
    List<Pipe> all;
    lock.lock();
    try {
      if (reason != null) {
        return false;
      }
      reason = why;
      all = new ArrayList<>(live);
      backlog.clear();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    for (Pipe pipe : all) {
      if (writeOut) {
        pipe.sessionClosing(why);
      } else {
        pipe.sessionLost(why, keepInput);
      }
    }
    started.completeExceptionally(new ConnectFailed(why));
    return true;
  }

  @Override
  public String toString() {
    return "Session[" + peer().transport() + " " + peer().address() + "]";
  }
}
