package io.libchan.core;

import io.libchan.Authenticator;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.ConnectFailed;
import io.libchan.Limits;
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
import io.libchan.core.table.Table;
import io.libchan.spi.Codec;
import io.libchan.spi.DescriptorConnection;
import io.libchan.spi.Ends;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.Spares;
import io.libchan.spi.StreamContext;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import io.libchan.spi.WaitList;
import io.libchan.spi.Waiter;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A session over a mux: it opens and accepts streams, gives each to a port, and tells all of them
 * when the connection is gone.
 *
 * <p>Life: <em>greeting</em>, until both HELLOs are there and the peer is admitted; <em>open</em>;
 * <em>draining</em>, by either side: no new top-level channels; <em>closing</em> here: local ends
 * have failed, what was sent is still written; <em>over</em>, once the mux is lost. The reason that
 * comes first is the session's.
 *
 * <p>Thread-safe. A port's lock may be held while the session's is taken, never the reverse; so
 * ports are called without it.
 */
final class CoreSession implements RunningSession, MuxConnection.Handler {
  private static final Reason CLOSED_HERE =
      Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed here");

  private static final int MAX_NAME_BYTES = 4096; // a preamble holds 8,192 bytes

  private final MuxConnection mux;
  private final boolean connecting;
  private final Options options;
  private final Environment environment;
  private final Formats formats;
  private final Memory memory = new Memory(this);
  private final References references = new References(this);
  private final DescriptorTable descriptors;
  private final Spares<Encoding> encodings = new Spares<>(8);
  private final Backlog backlog = new Backlog();
  private final CompletableFuture<Session> started = new CompletableFuture<>();
  private final CompletableFuture<Reason> over = new CompletableFuture<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  private volatile @Nullable Hello peerHello;

  // Guarded by lock.
  private final Table<StreamPort> live = new Table<>();
  private final WaitList slotWaiters = new WaitList();
  private @Nullable ControlPort control;
  private Environment.@Nullable Timer handshake;
  private long nextReference;
  private int openedHere;
  private final Map<Long, RemoteReceivePort<?>> echoes = new HashMap<>(0); // of what will come
  private final Map<Long, Long> joins = new LinkedHashMap<>(0); // of what will come, oldest first
  private boolean helloSent;
  private boolean draining;
  private boolean peerDraining;
  private @Nullable Reason reason;

  CoreSession(MuxConnection mux, boolean connecting, Options options, Environment environment) {
    this(mux, null, connecting, options, environment);
  }

  /**
   * A session.
   *
   * @param passing what passes descriptors below the mux; null where nothing does
   */
  CoreSession(
      MuxConnection mux,
      @Nullable DescriptorConnection passing,
      boolean connecting,
      Options options,
      Environment environment) {
    this.mux = mux;
    this.connecting = connecting;
    this.options = options;
    this.environment = environment;
    formats = new Formats(options);
    nextReference = connecting ? 1 : 2;
    descriptors = new DescriptorTable(this, passing);
  }

  // ---- what ports use ----

  Options options() {
    return options;
  }

  Limits limits() {
    return options.limits();
  }

  Environment environment() {
    return environment;
  }

  Memory memory() {
    return memory;
  }

  References references() {
    return references;
  }

  DescriptorTable descriptors() {
    return descriptors;
  }

  /** Something to encode one message with; to be given back. */
  Encoding takeEncoding() {
    Encoding spare = encodings.take();
    return spare == null ? new Encoding(this) : spare;
  }

  void giveBack(Encoding encoding) {
    encoding.clear();
    encodings.give(encoding);
  }

  Hello peerHello() {
    Hello hello = peerHello;
    if (hello == null) {
      throw new IllegalStateException("no hello yet");
    }
    return hello;
  }

  String peerName() {
    Hello hello = peerHello;
    return hello == null ? "" : hello.node();
  }

  /** A reason that begins here. */
  Reason stamp(Reason from) {
    return from.from(options.nodeName());
  }

  Codec.Format format(@Nullable String codec, Type type) {
    return formats.format(codec, type);
  }

  boolean isConnecting() {
    return connecting;
  }

  /**
   * Ties a port to the one whose messages it gets, by that one's reference; whether both are there.
   * One that has still to come is waited for. Rule FWD-11.
   */
  boolean echo(RemoteReceivePort<?> arrives, long reference) {
    StreamPort port;
    Returning<?> returning = arrives.returning(); // it takes the port's lock
    lock.lock();
    try {
      port = live.get(reference);
      echoes.remove(returning.echoAwaited, arrives); // one at a time, whatever a peer says
      returning.echoAwaited = reference;
      boolean alive = reason == null && live.get(arrives.headers.reference()) == arrives;
      if (port == null && alive) {
        echoes.put(reference, arrives);
      }
    } finally {
      lock.unlock();
    }
    if (!(port instanceof RemoteSendPort<?> sent)) {
      return false;
    }
    Loops.pair(sent, arrives);
    return true;
  }

  /** Tells the peer of two byte streams that are one here. Rule FWD-15. */
  void sayJoined(long one, long other) {
    sayControl(Frames.joined(one, other));
  }

  void sayControl(byte[] frame) {
    ControlPort port;
    lock.lock();
    try {
      port = reason == null ? control : null;
    } finally {
      lock.unlock();
    }
    if (port != null) {
      port.send(frame);
    }
  }

  /** Two byte streams are one at the peer. One that has still to come is waited for. */
  void joined(long one, long other) {
    StreamPort left;
    StreamPort right;
    lock.lock();
    try {
      left = live.get(one);
      right = live.get(other);
      if (left == null) {
        awaitJoined(one, other);
      } else if (right == null) {
        awaitJoined(other, one);
      }
    } finally {
      lock.unlock();
    }
    join(left, right);
  }

  /** Guarded by lock. Of too many the oldest are forgotten: they may have come and gone. */
  private void awaitJoined(long missing, long other) {
    if (!isPeers(missing) || reason != null) {
      return;
    }
    joins.put(missing, other);
    if (joins.size() > limits().maxPendingReferences()) {
      joins.remove(joins.keySet().iterator().next());
    }
  }

  /** The one that a stream was said to be joined with before it came. Guarded by lock. */
  private @Nullable StreamPort takeJoined(long reference) {
    Long other = joins.remove(reference);
    if (other == null) {
      return null;
    }
    StreamPort port = live.get(other);
    if (port == null) {
      awaitJoined(other, reference);
    }
    return port;
  }

  private static void join(@Nullable StreamPort one, @Nullable StreamPort other) {
    if (one instanceof RemoteBytePort left && other instanceof RemoteBytePort right) {
      Loops.joined(left, right);
    }
  }

  /** How many streams are waited for that the peer named before they came. */
  int joins() {
    lock.lock();
    try {
      return joins.size();
    } finally {
      lock.unlock();
    }
  }

  /** Whether a reference is of the peer's side. Rule PRE-1. */
  boolean isPeers(long reference) {
    return (reference & 1) == (connecting ? 0 : 1);
  }

  long nextReference() {
    lock.lock();
    try {
      long reference = nextReference;
      nextReference += 2;
      return reference;
    } finally {
      lock.unlock();
    }
  }

  /** The number of live streams, the control stream not counted. */
  int streams() {
    lock.lock();
    try {
      return live.size();
    } finally {
      lock.unlock();
    }
  }

  /** The number of echoes whose stream has still to come, for leak checks. */
  int echoes() {
    lock.lock();
    try {
      return echoes.size();
    } finally {
      lock.unlock();
    }
  }

  /** The live stream of a reference. */
  @Nullable StreamPort live(long reference) {
    lock.lock();
    try {
      return live.get(reference);
    } finally {
      lock.unlock();
    }
  }

  // ---- beginning ----

  @Override
  public CompletionStage<Session> start() {
    lock.lock();
    try {
      handshake = environment.schedule(options.handshakeTimeout(), this::handshakeLate);
    } finally {
      lock.unlock();
    }
    mux.start(this);
    if (connecting) {
      StreamHeaders headers =
          new StreamHeaders(nextReference(), Kind.CONTROL, "", null, 0, 0, Map.of());
      ControlPort port = new ControlPort(this, headers);
      mux.limitStreams(limits().maxStreams());
      mux.open(
          headers,
          stream -> {
            port.bind(stream);
            setControl(port); // known only now: it may be used at once
            return port;
          });
      port.send(Hello.of(options, formats.names(), true, descriptors.allowed()).frame());
      helloSent();
    }
    return started;
  }

  private void setControl(ControlPort port) {
    lock.lock();
    try {
      control = port;
    } finally {
      lock.unlock();
    }
  }

  private void handshakeLate() {
    if (!started.isDone()) {
      abort(
          Reason.of(
              ReasonCode.DEADLINE,
              "CTL-6: no hello within " + options.handshakeTimeout().toMillis() + " ms"));
    }
  }

  /** The peer's HELLO. Rules CTL-1 to CTL-3. */
  void greeted(Hello hello) {
    if (!hello.version().equals(Hello.VERSION)) {
      abort(
          Reason.of(
              ReasonCode.UNSUPPORTED,
              "CTL-3: wire version \"" + hello.version() + "\", not " + Hello.VERSION));
      return;
    }
    if (connecting) {
      peerHello = hello;
      begin();
    } else if (options.authenticator() == null) {
      admit(hello);
    } else {
      environment.execute(() -> authenticate(hello));
    }
  }

  private void authenticate(Hello hello) {
    boolean admitted = false;
    Authenticator authenticator = options.authenticator();
    try {
      admitted =
          authenticator != null
              && authenticator.admit(
                  new Authenticator.Attempt(mux.peer().named(hello.node()), hello.credentials()));
    } catch (Throwable e) {
      System.getLogger("io.libchan")
          .log(System.Logger.Level.INFO, "the authenticator failed; the peer is refused", e);
    }
    if (admitted) {
      admit(hello);
    } else {
      abort(Reason.of(ReasonCode.REFUSED, "the peer refused the credentials"));
    }
  }

  private void admit(Hello hello) {
    ControlPort port;
    lock.lock();
    try {
      port = control;
      peerHello = hello;
    } finally {
      lock.unlock();
    }
    mux.limitStreams(limits().maxStreams());
    if (port != null) {
      port.send(Hello.of(options, formats.names(), false, descriptors.allowed()).frame());
    }
    helloSent();
    begin();
  }

  /** From now on DRAIN may follow; it does if it was asked for before. */
  private void helloSent() {
    descriptors.open();
    ControlPort port;
    lock.lock();
    try {
      helloSent = true;
      port = draining ? control : null;
    } finally {
      lock.unlock();
    }
    if (port != null) {
      port.send(Frames.empty(Frames.DRAIN));
    }
  }

  private void begin() {
    lock.lock();
    try {
      if (handshake != null) {
        handshake.cancel();
      }
    } finally {
      lock.unlock();
    }
    started.complete(this);
  }

  // ---- streams ----

  @Override
  public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
    if (headers.kind() == Kind.CONTROL) {
      return openedControl(stream, headers);
    }
    // The listening side knows our HELLO when it opens streams; they may overtake its own.
    if (!connecting && peerHello == null) {
      return broken("CTL-1: a stream before both HELLOs");
    }
    if (!isPeers(headers.reference())) {
      return broken("PRE-3: reference " + headers.reference() + " is not the opener's");
    }
    StreamPort port = port(headers);
    port.bind(stream);
    boolean again;
    Reason gone;
    RemoteReceivePort<?> arrives;
    StreamPort twin;
    lock.lock();
    try {
      gone = reason;
      again = gone == null && live.putIfAbsent(port) != null;
      arrives = echoes.remove(headers.reference());
      twin = takeJoined(headers.reference());
    } finally {
      lock.unlock();
    }
    if (arrives != null) {
      Loops.echoed(arrives, headers.reference());
    }
    join(twin, again ? null : port);
    if (gone != null) {
      stream.reset(gone.number());
      return Refused.HANDLER;
    }
    if (again) {
      return broken("PRE-3: reference " + headers.reference() + " is used twice");
    }
    try {
      Reason refused = refusal(port);
      if (refused != null) {
        port.violated(stamp(refused));
      }
    } catch (Failure e) {
      return broken(e.reason().message());
    }
    return port;
  }

  private MuxStream.Handler openedControl(MuxStream stream, StreamHeaders headers) {
    ControlPort port = new ControlPort(this, headers);
    port.bind(stream);
    lock.lock();
    try {
      if (!connecting && control == null && headers.reference() == 1) {
        control = port;
        return port;
      }
    } finally {
      lock.unlock();
    }
    return broken("PRE-5: a second control stream, or reference " + headers.reference());
  }

  private MuxStream.Handler broken(String what) {
    abort(Reason.of(ReasonCode.PROTOCOL_ERROR, what));
    return Refused.HANDLER;
  }

  private StreamPort port(StreamHeaders headers) {
    return switch (headers.kind()) {
      case SENDING -> new RemoteReceivePort<>(this, headers);
      case RECEIVING -> new RemoteSendPort<>(this, headers);
      default -> new RemoteBytePort(this, headers, false);
    };
  }

  /** Why a stream is not taken; it is registered otherwise. */
  private @Nullable Reason refusal(StreamPort port) throws Failure {
    StreamHeaders headers = port.headers;
    if (headers.kind().isChannel() && !formats.has(headers.codec())) {
      return Reason.of(
          ReasonCode.UNSUPPORTED,
          "PRE-9: no codec \"" + headers.codec() + "\"; here are " + formats.names());
    }
    if (headers.parent() != 0) {
      return references.opened(port);
    }
    if (!(port instanceof RemoteReceivePort<?> channel)) {
      return Reason.of(
          ReasonCode.UNSUPPORTED, "PRE-6: a top-level stream of kind " + headers.kind());
    }
    references.topLevel(port);
    if (isDraining()) {
      return Reason.of(ReasonCode.DRAINING, "the session is draining");
    }
    return backlog.offer(channel, limits().maxBacklog())
        ? null
        : Reason.limit("backlog", limits().maxBacklog() + " channels that nobody accepted");
  }

  private boolean isDraining() {
    lock.lock();
    try {
      return draining;
    } finally {
      lock.unlock();
    }
  }

  /** Opens a stream of this side's; a place was reserved. */
  void open(StreamPort port) {
    mux.open(port.headers, stream -> begin(port, stream));
  }

  /** The same for a message, whose stream then wants to write. */
  void openNamed(StreamPort port) {
    mux.openNamed(port.headers, stream -> begin(port, stream));
  }

  private StreamPort begin(StreamPort port, MuxStream stream) {
    port.bind(stream); // first: once it is registered, the end of the session comes to it
    Reason gone = register(port);
    if (gone != null) {
      port.sessionLost(gone, false);
    }
    return port;
  }

  /** Adds a port to those that are told of the end; the reason if that has come already. */
  private @Nullable Reason register(StreamPort port) {
    lock.lock();
    try {
      if (reason == null) {
        live.put(port);
      }
      return reason;
    } finally {
      lock.unlock();
    }
  }

  /** Takes places for streams under the peer's limit, all or none. Rule CTL-7. */
  boolean reserveStreams(int count) {
    int most = peerHello().streams();
    lock.lock();
    try {
      if (openedHere + count > most) {
        return false;
      }
      openedHere += count;
      return true;
    } finally {
      lock.unlock();
    }
  }

  void releaseStreams(int count) {
    Waiter woken;
    lock.lock();
    try {
      openedHere -= count;
      woken = slotWaiters.takeAll();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
  }

  /** Whether there are places for streams now; if not, the waiter is signalled when one is free. */
  boolean hasStreams(int count, Waiter waiter) {
    int most = peerHello().streams();
    lock.lock();
    try {
      if (openedHere + count <= most || reason != null) {
        return true;
      }
      slotWaiters.add(waiter);
      return false;
    } finally {
      lock.unlock();
    }
  }

  void forgetStreamWaiter(Waiter waiter) {
    lock.lock();
    try {
      slotWaiters.remove(waiter);
    } finally {
      lock.unlock();
    }
  }

  /** A stream is over on both sides. */
  void over(StreamPort port) {
    boolean ours = !isPeers(port.headers.reference());
    Waiter woken = null;
    lock.lock();
    try {
      live.remove(port);
      if (!echoes.isEmpty()) {
        if (port instanceof RemoteReceivePort<?> arrives) {
          echoes.remove(arrives.echoAwaited(), arrives);
        }
      }
      if (!joins.isEmpty()) {
        joins.values().remove(port.headers.reference());
      }
      if (ours) {
        openedHere--;
        woken = slotWaiters.takeAll();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    WaitList.signal(woken);
    if (!ours) {
      references.over(port);
    }
  }

  /** Whether a channel holds something unread, or part of a message. */
  boolean isArriving(long reference) {
    StreamPort port = live(reference);
    return port != null && (port.unread() > 0 || port.isInsideFrame());
  }

  /** The channels with a message that has begun to arrive, and how many came there before it. */
  Map<RemoteReceivePort<?>, Long> arriving() {
    Map<RemoteReceivePort<?>, Long> found = new HashMap<>(0);
    for (StreamPort port : ports()) {
      if (port instanceof RemoteReceivePort<?> channel && channel.isArriving()) {
        found.put(channel, channel.arrivals());
      }
    }
    return found;
  }

  /** Releases the attachments that nobody took. Rule ATT-6. */
  void release(Incoming message) {
    message.letGo(this);
    for (Incoming.Named one : message.named()) {
      if (message.isTaken(one)) {
        continue;
      }
      one.closeDescriptor();
      one.missing = true; // first: a stream that comes now sees it, or is seen here
      StreamPort port = one.port;
      if (port != null) {
        port.abandon(stamp(Reason.of(ReasonCode.UNCLAIMED, "ATT-6: nobody took the attachment")));
      }
    }
  }

  /** The budget is full: the stream that holds most ends. Rule LIM-2. */
  void evict(StreamPort latest) {
    StreamPort largest = latest;
    long most = latest.unread();
    long all = 0;
    for (StreamPort port : ports()) {
      long unread = port.unread();
      all += unread;
      if (unread > most) {
        most = unread;
        largest = port;
      }
    }
    // Ports count what was taken now and then only: the budget may not be full after all.
    if (most > 0 && Math.max(all, most) > limits().maxSessionBytes()) {
      largest.violated(
          stamp(
              Reason.limit(
                  "session-memory",
                  "this stream held " + most + " of " + limits().maxSessionBytes() + " bytes")));
    }
  }

  private List<StreamPort> ports() {
    lock.lock();
    try {
      return live.values();
    } finally {
      lock.unlock();
    }
  }

  // ---- opening and accepting ----

  @Override
  public <T> Sender<T> open(String name, Class<T> type, int capacity)
      throws ChannelException, InterruptedException {
    return open(name, (Type) type, capacity);
  }

  @Override
  public <T> Sender<T> open(String name, TypeRef<T> type, int capacity)
      throws ChannelException, InterruptedException {
    return open(name, type.type(), capacity);
  }

  private <T> Sender<T> open(String name, Type type, int capacity)
      throws ChannelException, InterruptedException {
    String codec = codec();
    checkOpen(name, type, capacity, codec);
    awaitPlace();
    try {
      check();
    } catch (ChannelException e) {
      releaseStreams(1);
      throw e;
    }
    return tryOpen(name, type, capacity, codec);
  }

  /** Opens a channel for which a place was reserved. */
  private <T> Sender<T> tryOpen(String name, Type type, int capacity, String codec) {
    RemoteSendPort<T> port =
        new RemoteSendPort<>(
            this,
            new StreamHeaders(
                nextReference(),
                Kind.SENDING,
                name,
                codec,
                capacity,
                0,
                StreamContext.current().headers()));
    port.use(type);
    open(port);
    return Ends.sender(port);
  }

  /** Refuses what can't be opened, before a place is taken for it. */
  private void checkOpen(String name, Type type, int capacity, String codec) {
    if (capacity < 0 || capacity > io.libchan.Channel.MAX_CAPACITY) {
      throw new IllegalArgumentException("capacity " + capacity);
    }
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_NAME_BYTES) {
      throw new IllegalArgumentException("name of " + bytes + " bytes > " + MAX_NAME_BYTES);
    }
    format(codec, type);
  }

  /** Takes a place under the peer's limit of streams. */
  private void awaitPlace() throws ChannelException, InterruptedException {
    int most = peerHello().streams();
    lock.lockInterruptibly();
    try {
      while (openedHere >= most) {
        check();
        changed.await();
      }
      openedHere++;
    } finally {
      lock.unlock();
    }
  }

  private void check() throws ChannelException {
    lock.lock();
    try {
      if (reason != null) {
        throw new SessionLost(reason);
      }
      if (draining || peerDraining) {
        throw new ChannelReset(Reason.of(ReasonCode.DRAINING, "the session is draining"));
      }
    } finally {
      lock.unlock();
    }
  }

  private String codec() throws ChannelException {
    String name = formats.names().isEmpty() ? "" : formats.names().get(0);
    if (name.isEmpty()) {
      throw new IllegalStateException(
          "no codec: add the artifact io.libchan:libchan-codec-msgpack");
    }
    if (!peerHello().codecs().contains(name)) {
      throw new ChannelReset(
          Reason.of(
              ReasonCode.UNSUPPORTED,
              "the peer has no codec \"" + name + "\", only " + peerHello().codecs()));
    }
    return name;
  }

  @Override
  public <T> Receiver<T> accept(String name, Class<T> type)
      throws ChannelException, InterruptedException {
    return accept(name, (Type) type);
  }

  @Override
  public <T> Receiver<T> accept(String name, TypeRef<T> type)
      throws ChannelException, InterruptedException {
    return accept(name, type.type());
  }

  private <T> Receiver<T> accept(String name, Type type)
      throws ChannelException, InterruptedException {
    try {
      return accept(name, type, null);
    } catch (TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public <T> Receiver<T> accept(String name, Class<T> type, Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException {
    return accept(name, (Type) type, timeout);
  }

  private <T> Receiver<T> accept(String name, Type type, @Nullable Duration timeout)
      throws ChannelException, InterruptedException, TimeoutException {
    RemoteReceivePort<?> port = backlog.take(name, timeout);
    return claim(port, type);
  }

  @SuppressWarnings("unchecked") // the caller's type is the port's from here on
  private static <T> Receiver<T> claim(RemoteReceivePort<?> port, Type type) {
    RemoteReceivePort<T> typed = (RemoteReceivePort<T>) port;
    try {
      typed.use(type);
    } catch (RuntimeException e) {
      // Nobody else gets the channel: its sender is told.
      typed.close(Reason.of(ReasonCode.TYPE_MISMATCH, "accepted as a type that has no format"));
      throw e;
    }
    return Ends.receiver(typed);
  }

  /** Accepts without waiting. */
  <T> @Nullable Receiver<T> tryAccept(String name, Type type) {
    RemoteReceivePort<?> port = backlog.poll(name);
    return port == null ? null : claim(port, type);
  }

  /** Opens without waiting; null if the peer's limit of streams is reached. */
  <T> @Nullable Sender<T> tryOpen(String name, Type type, int capacity) throws ChannelException {
    check();
    String codec = codec();
    checkOpen(name, type, capacity, codec);
    return reserveStreams(1) ? tryOpen(name, type, capacity, codec) : null;
  }

  /** The peer is to be told how many of its descriptors are not held here any more. Rule FD-6. */
  void oweTaken() {
    ControlPort port;
    lock.lock();
    try {
      port = reason == null && helloSent ? control : null;
    } finally {
      lock.unlock();
    }
    if (port != null) {
      port.stream().wantWrite();
    }
  }

  @Override
  public boolean passesDescriptors() {
    return peerHello != null && descriptors.passes();
  }

  @Override
  public PeerInfo peer() {
    return mux.peer().named(peerName());
  }

  @Override
  public SessionSnapshot snapshot() {
    List<SessionSnapshot.Stream> streams = ports().stream().map(StreamPort::snapshot).toList();
    Hello hello = peerHello;
    PeerInfo other = peer();
    int unnamed = references.unnamed();
    int awaited = references.awaited();
    lock.lock();
    try {
      return new SessionSnapshot(
          other,
          reason,
          draining || peerDraining,
          openedHere,
          hello == null ? 0 : hello.streams(),
          memory.bytes(),
          unnamed,
          awaited,
          streams);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public CompletionStage<Reason> closed() {
    if (over.isDone()) {
      return CompletableFuture.completedStage(over.join());
    }
    CompletableFuture<Reason> told = new CompletableFuture<>();
    whenOver(() -> environment.execute(() -> told.complete(over.join())));
    return told.minimalCompletionStage();
  }

  /** Runs on the thread that ends the session; for the engine's own use. */
  @Override
  public void whenOver(Runnable task) {
    CompletableFuture<?> unused = over.thenRun(task);
  }

  // ---- the end ----

  void peerDrains() {
    lock.lock();
    try {
      peerDraining = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Says that no new channels are wanted. Rule CTL-4. */
  @Override
  public void startDraining() {
    ControlPort port;
    lock.lock();
    try {
      port = draining || !helloSent ? null : control;
      draining = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (port != null) {
      port.send(Frames.empty(Frames.DRAIN));
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

  /** Waits for what was sent to be written, for so long; then, or when interrupted, no longer. */
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

  /** Fails local ends and lets the mux write what was sent. */
  @Override
  public void startClosing() {
    if (end(stamp(CLOSED_HERE), false, false)) {
      mux.close();
    }
  }

  @Override
  public void abort(Reason why) {
    if (why.isEnd()) {
      throw new IllegalArgumentException("a session needs another reason than the clean end");
    }
    Reason stamped = stamp(why);
    end(stamped, false, true);
    mux.abort(stamped);
  }

  void endedByPeer(Reason why) {
    end(why, true, false);
    mux.abort(why);
  }

  @Override
  public void lost(Reason why) {
    Reason first;
    List<StreamPort> all;
    // What a mux finds wrong with the peer, the peer has not been told yet.
    boolean say = why.code() == ReasonCode.PROTOCOL_ERROR || why.code() == ReasonCode.LIMIT;
    end(say ? stamp(why) : why, true, say);
    lock.lock();
    try {
      first = reason == null ? why : reason;
      all = live.values();
      echoes.clear();
      joins.clear();
      live.clear(); // streams get no event of their own any more
    } finally {
      lock.unlock();
    }
    // Whoever ended the session may still be telling its ports; they know before it counts as over.
    all.forEach(port -> port.sessionLost(first, true));
    all.forEach(StreamPort::dropDescriptors);
    references.clear(first);
    descriptors.close();
    over.complete(first);
  }

  @Override
  public boolean isOver() {
    return over.isDone();
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

  /**
   * Keeps the first reason and tells everybody, the peer too if asked, rule CTL-5; whether this was
   * the first.
   */
  private boolean end(Reason why, boolean keepInput, boolean say) {
    Waiter woken;
    ControlPort port;
    List<StreamPort> all;
    lock.lock();
    try {
      if (reason != null) {
        return false;
      }
      reason = why;
      all = live.values();
      port = say ? control : null;
      woken = slotWaiters.takeAll();
      changed.signalAll();
      if (handshake != null) {
        handshake.cancel();
      }
    } finally {
      lock.unlock();
    }
    if (port != null) {
      port.send(Frames.reason(Frames.SESSION_END, why));
    }
    WaitList.signal(woken);
    backlog.end(why);
    all.forEach(each -> each.sessionLost(why, keepInput));
    started.completeExceptionally(new ConnectFailed(handshakeReason(why)));
    return true;
  }

  private static Reason handshakeReason(Reason why) {
    return switch (why.code()) {
      case CONNECTION_LOST, SESSION_CLOSED, KEEPALIVE_TIMEOUT, DEADLINE ->
          new Reason(
              ReasonCode.CONNECT_FAILED.number(),
              "no session: " + why.message(),
              why.origin(),
              why.hops());
      default -> why;
    };
  }

  @Override
  public String toString() {
    return "Session[" + peer().transport() + " " + peer().address() + "]";
  }
}
