package io.libchan.core.yamux;

import io.libchan.BodyOptions;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.BodyConnection;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Environment;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Streams over bodies, one on each: section 3.1 of the specification.
 *
 * <p>Life: <em>open</em>; then <em>closing</em>, by {@link #close}: what streams have to write is
 * written, then GO_AWAY on each body, then the peer's GO_AWAY is awaited. Or <em>aborting</em>, by
 * {@link #abort} or a broken rule: the control stream may still say why, GO_AWAY follows on each
 * body, and what is left after a second is aborted. <em>Done</em>: bodies end, the connecting side
 * first. <em>Lost</em> is told to the session once, whatever came first. Meanwhile the control
 * stream may be without a body, for the grace time.
 *
 * <p>Bodies have threads of their own. What arrives is told to the session by one of them at a
 * time, which holds {@code turn}; applications never take it, so ports may be called under it.
 * {@code lock} guards all that is shared, and nothing is called under it.
 *
 * <p>Thread-safe.
 */
public final class BodyMux implements MuxConnection, BodyConnection.Handler, YamuxStream.Carrier {
  private static final Reason ENDED = Reason.of(ReasonCode.SESSION_CLOSED, "the session is over");
  private static final Duration FAREWELL = Duration.ofSeconds(1);
  private static final int NO_SUCH_SESSION = 3;
  private static final int MAX_ATTEMPTS = 3;
  private static final int LEAST_CAPACITY = 3; // control, one parked, one of this side's

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    DONE
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Preambles preambles = new Preambles();
  private final ReentrantLock turn = new ReentrantLock();

  private final BodyConnection connection;
  private final boolean connecting;
  private final Options options;
  private final BodyOptions own;
  private final Environment environment;
  private final KeepAlive keepAlive;
  private final Opening opening = new Opening();
  private final Retry retry;
  private volatile @Nullable Handler handler;

  // Guarded by lock.
  private final Set<Body> bodies = new LinkedHashSet<>();
  private final Set<BodyStream> streams = new LinkedHashSet<>(); // live ones, control not counted
  private final ArrayDeque<BodyStream> queue = new ArrayDeque<>(); // ours, without a body
  private final Set<BodyStream> awaiting = new LinkedHashSet<>(); // until others are announced
  private final Parked parked;
  private State state = State.OPEN;
  private int capacity = 1;
  private int wanted; // idle bodies, on the connecting side
  private int parkNumber;
  private int peerStreams;
  private int maxPeerStreams;
  private boolean admitted;
  private int opened; // but for lost ones, as the next
  private int accepted;
  private int blockedStreams;
  private boolean aborted;
  private boolean goodbyeSaid;
  private int goodbyeCode;
  private boolean peerLeaves;
  private int peerOpened;
  private boolean greetedOnce;
  private boolean controlSeen;
  private @Nullable Reason lossReason;
  private @Nullable Reason toldReason;
  private int ticks;
  private Environment.@Nullable Timer tick;
  private Environment.@Nullable Timer grace;
  private Environment.@Nullable Timer goodbye;

  private volatile boolean lostTold;
  private volatile boolean stirred; // something may have become possible
  private volatile boolean ending; // some side has begun to end the session
  private final AtomicLong openings = new AtomicLong();
  private volatile @Nullable ControlLine line;
  private byte @Nullable [] controlPreamble;

  /**
   * Streams over bodies.
   *
   * @param connecting whether this side opens the bodies
   */
  public BodyMux(
      BodyConnection connection, boolean connecting, Options options, Environment environment) {
    this.connection = connection;
    this.connecting = connecting;
    this.options = options;
    this.environment = environment;
    BodyOptions given = options.find(BodyOptions.class);
    own = given == null ? BodyOptions.DEFAULTS : given;
    parked = new Parked(own);
    wanted = own.minParked();
    maxPeerStreams = options.limits().maxUnauthenticatedStreams();
    retry = new Retry(environment, this::advance);
    keepAlive =
        new KeepAlive(
            this::pingPeer,
            this::silent,
            environment,
            options.keepAliveInterval(),
            options.keepAliveTimeout());
  }

  @Override
  public PeerInfo peer() {
    return connection.peer();
  }

  @Override
  public void start(Handler newHandler) {
    handler = newHandler;
    connection.start(this);
    keepAlive.start();
    tickLater();
  }

  @Override
  public void limitStreams(int count) {
    lock.lock();
    try {
      maxPeerStreams = count;
      admitted = true;
    } finally {
      lock.unlock();
    }
  }

  // ---- what bodies and streams use ----

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  /** Held by whoever tells the session what arrived. */
  ReentrantLock turn() {
    return turn;
  }

  @Override
  public Limits limits() {
    return options.limits();
  }

  Environment environment() {
    return environment;
  }

  boolean isConnecting() {
    return connecting;
  }

  long heartbeatNanos() {
    return own.heartbeat().toNanos();
  }

  /** Whether a body of this age should have begun. */
  boolean isLate(long ageNanos) {
    Duration most = options.handshakeTimeout();
    return ageNanos > (connecting ? most.plus(options.connectTimeout()) : most).toNanos();
  }

  boolean isLost() {
    return lostTold;
  }

  void heard() {
    keepAlive.heard();
  }

  @Override
  public Preambles preambles() {
    return preambles;
  }

  @Override
  public @Nullable Handler session() {
    return handler == null ? null : opening;
  }

  // ---- streams, from applications ----

  @Override
  public MuxStream open(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
    byte[] preamble = preambles.encode(headers);
    if (headers.kind() == StreamHeaders.Kind.CONTROL) {
      return openControl(preamble, owner);
    }
    BodyStream stream = new BodyStream(this, preamble, true, false);
    stream.id = connecting ? 1 : 2;
    stream.scheduled = true;
    stream.handler = owner.apply(stream);
    lock.lock();
    try {
      streams.add(stream);
      queue.add(stream);
      opened++;
    } finally {
      lock.unlock();
    }
    advance();
    return stream;
  }

  private MuxStream openControl(byte[] preamble, Function<MuxStream, MuxStream.Handler> owner) {
    ControlLine control = new ControlLine();
    line = control;
    control.bind(owner.apply(control));
    Body body;
    lock.lock();
    try {
      controlPreamble = preamble;
      body = controlBody(control, false);
    } finally {
      lock.unlock();
    }
    body.start(connection.open());
    return control;
  }

  /** A body for the control stream, which is to be started. Guarded by lock. */
  private Body controlBody(ControlLine control, boolean continued) {
    BodyStream stream = new BodyStream(this, controlPreamble, true, true);
    stream.id = 1;
    stream.scheduled = true;
    stream.handler = control.begin(stream, continued);
    Body body = new Body(this, continued ? Wire.CONTINUED : Wire.CONTROL);
    body.greet(control.received());
    body.carry(stream);
    if (goodbyeSaid) {
      body.sayGoodbye();
    }
    bodies.add(body);
    return body;
  }

  @Override
  public void schedule(YamuxStream stream) {
    stream.scheduled = true;
    Body body = ((BodyStream) stream).body();
    if (body != null) {
      body.wantWrite();
    }
  }

  @Override
  public void reset(YamuxStream stream, int code) {
    lock.lock();
    try {
      if (stream.dead || ((BodyStream) stream).done) {
        return;
      }
      stream.killed(code);
      forget(stream);
    } finally {
      lock.unlock();
    }
    stream.wantWrite();
  }

  /** Guarded by lock. */
  @Override
  public void forget(YamuxStream stream) {
    BodyStream over = (BodyStream) stream;
    over.unblock();
    over.done = true;
    stirred = true;
    awaiting.remove(over);
    streams.remove(over);
    if (over.counted) {
      over.counted = false;
      peerStreams--;
    }
  }

  boolean isDone(BodyStream stream) {
    lock.lock();
    try {
      return stream.done;
    } finally {
      lock.unlock();
    }
  }

  /** Guarded by lock. */
  @Override
  public void blocked(boolean isBlocked) {
    blockedStreams += isBlocked ? 1 : -1;
  }

  @Override
  public void finished(YamuxStream stream) {
    boolean over;
    lock.lock();
    try {
      stream.finished = true;
      stream.unblock();
      over = stream.peerEnded && !stream.dead;
      if (over) {
        forget(stream);
      }
    } finally {
      lock.unlock();
    }
    if (over) {
      stream.tellOver();
    }
  }

  @Override
  public void resetWritten(YamuxStream stream) {
    stream.tellOver();
  }

  // ---- streams that wait for others to leave ----

  /** Changes with each stream whose opening has left. */
  long openings() {
    return openings.get();
  }

  /** The opening of a stream has left, or never will. */
  void announced() {
    List<BodyStream> woken;
    lock.lock();
    try {
      openings.incrementAndGet();
      woken = new ArrayList<>(awaiting);
      awaiting.clear();
    } finally {
      lock.unlock();
    }
    woken.forEach(BodyStream::wantWrite);
  }

  /** A stream can't go on until others have left; false if some have since it looked. */
  boolean awaitOpenings(BodyStream stream, long seen) {
    lock.lock();
    try {
      if (openings.get() != seen) {
        return false;
      }
      if (!stream.done) {
        awaiting.add(stream);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  // ---- bodies for streams ----

  /** Gives bodies to whoever waits for one, as far as it may be. */
  private void advance() {
    for (; ; ) {
      Body next;
      boolean isNew;
      lock.lock();
      try {
        isNew = connecting;
        next = mayOpen() ? (connecting ? nextBody() : nextActivated()) : null;
      } finally {
        lock.unlock();
      }
      if (next == null) {
        break;
      }
      if (isNew) {
        next.start(connection.open());
      } else {
        next.wantWrite();
      }
    }
    askForParked();
  }

  /** Guarded by lock. */
  private boolean mayOpen() {
    return mayReplace() && !retry.isWaiting();
  }

  /** Whether the session goes on, so that what was lost is replaced. Guarded by lock. */
  private boolean mayReplace() {
    return (state == State.OPEN || state == State.CLOSING) && !lostTold && !peerLeaves;
  }

  /**
   * What the connecting side opens next: the control stream before all, then parked bodies, so that
   * streams of its own never take the place of the peer's. Rules BOD-8, BOD-10. Guarded by lock.
   */
  private @Nullable Body nextBody() {
    ControlLine control = line;
    if (control == null) {
      return null;
    }
    BodyStream leg = control.stream();
    if (leg == null) {
      return greetedOnce ? controlBody(control, true) : null;
    }
    Body under = leg.body();
    if (goodbyeSaid || under == null || !under.isGreeted() || !control.hasReceived()) {
      return null;
    }
    int idle = 0;
    int mine = 0;
    for (Body body : bodies) {
      idle += body.isIdle() ? 1 : 0;
      mine += body.isFor(Wire.FOR_STREAM) ? 1 : 0;
    }
    int room = Math.max(capacity, LEAST_CAPACITY);
    int keep = Math.min(wanted, Math.max(1, (room - 1) / 2));
    if (capacity <= 1 || bodies.size() >= room) {
      return null;
    }
    if (state == State.OPEN && idle < keep) {
      Body body = new Body(this, Wire.PARKED);
      bodies.add(body);
      return body;
    }
    if (queue.isEmpty() || mine >= room - 1 - Math.max(keep, room / 4)) {
      return null;
    }
    Body body = new Body(this, Wire.FOR_STREAM);
    body.carry(queue.remove());
    bodies.add(body);
    return body;
  }

  /** A parked body that one of the listening side's streams gets. Guarded by lock. */
  private @Nullable Body nextActivated() {
    if (queue.isEmpty() || goodbyeSaid) {
      return null;
    }
    Body body = parked.take();
    if (body != null) {
      body.carry(queue.remove());
    }
    return body;
  }

  /** Rule BOD-7. */
  private void askForParked() {
    Body body;
    lock.lock();
    try {
      if (connecting || queue.isEmpty() || !admitted || !parked.isShort(queue.size())) {
        return;
      }
      body = controlBody();
      if (body == null) {
        return; // it is said when there is one
      }
      body.park();
    } finally {
      lock.unlock();
    }
    body.wantWrite();
  }

  /** The body under the control stream now. */
  private @Nullable Body controlBody() {
    ControlLine control = line;
    BodyStream leg = control == null ? null : control.stream();
    return leg == null ? null : leg.body();
  }

  /** Guarded by lock. */
  int parkNumber() {
    return parked.number();
  }

  /** Guarded by lock. */
  int parkWanted() {
    return parked.wanted();
  }

  /** PARK: how many idle bodies the listening side wants. */
  void parkAsked(int number, int count) throws Broken {
    if (!connecting) {
      throw new Broken("BOD-7", "PARK from the connecting side");
    }
    stir();
    lock.lock();
    try {
      if (number - parkNumber > 0) {
        parkNumber = number;
        wanted = Math.max(1, Math.min(count, own.maxParked()));
      }
    } finally {
      lock.unlock();
    }
  }

  private void release(Body body) {
    lock.lock();
    try {
      body.park();
      body.sayGoodbye();
    } finally {
      lock.unlock();
    }
    body.wantWrite();
    body.close();
  }

  @Override
  public void opened(ByteConnection bytes) {
    Body body = new Body(this, 0);
    boolean late;
    int most;
    int count;
    lock.lock();
    try {
      late = lostTold || state == State.DONE;
      most = admitted ? own.maxBodies() : limits().maxUnauthenticatedStreams();
      bodies.add(body);
      count = bodies.size();
      if (goodbyeSaid) {
        body.sayGoodbye();
      }
    } finally {
      lock.unlock();
    }
    body.start(bytes);
    if (late) {
      body.lose(Reason.of(ReasonCode.SESSION_CLOSED, "the session is over"));
    } else if (count > most) {
      abort(Reason.limit("bodies", count + " bodies > " + most));
    }
  }

  @Override
  public void capacity(int count) {
    lock.lock();
    try {
      capacity = count;
    } finally {
      lock.unlock();
    }
    advance();
  }

  // ---- what arrives, in turn ----

  /** After each turn: something may have become possible. */
  void after() {
    if (!stirred && !ending) {
      return;
    }
    stirred = false;
    advance();
    if (isAllIn()) {
      endWith(Reason.of(ReasonCode.SESSION_CLOSED, "the peer closed the session"));
    }
    resting();
  }

  /** There is a reason to look after this turn. */
  void stir() {
    stirred = true;
  }

  /** The peer's BODY came; how many control bytes it has received goes with it. */
  void greeted(Body body, int count) throws Broken {
    stir();
    if (connecting) {
      retry.succeeded();
      if (body.isControl()) {
        controlGreeted(body, count);
      }
      return;
    }
    if (body.isFor(Wire.CONTROL)) {
      if (controlSeen) {
        throw new Broken("PRE-5", "a second control stream");
      }
      controlSeen = true;
    } else if (body.isFor(Wire.CONTINUED)) {
      takeOver(body, count);
    }
    boolean tooMany = false;
    lock.lock();
    try {
      ControlLine control = line;
      body.greet(body.isControl() && control != null ? control.received() : 0);
      tooMany = body.isFor(Wire.PARKED) && !parked.add(body);
    } finally {
      lock.unlock();
    }
    body.wantWrite();
    if (tooMany) {
      release(body);
    }
  }

  private void controlGreeted(Body body, int count) throws Broken {
    ControlLine control = line;
    BodyStream leg = body.stream();
    if (control == null || leg == null || !control.isOn(leg)) {
      return;
    }
    if (body.isFor(Wire.CONTINUED)) {
      if (!control.canResume(count)) {
        throw new Broken("BOD-9", "control bytes that were never sent, or not kept");
      }
      control.resume(count);
    }
    lock.lock();
    try {
      greetedOnce = true;
    } finally {
      lock.unlock();
    }
    graceIsOver();
  }

  /** The peer continues the control stream on another body. Rule BOD-9. */
  private void takeOver(Body body, int count) throws Broken {
    ControlLine control = line;
    if (control == null) {
      lock.lock();
      try {
        goodbyeCode = NO_SUCH_SESSION;
      } finally {
        lock.unlock();
      }
      abort(Reason.of(ReasonCode.CONNECTION_LOST, "BOD-10: the session is not known here"));
      return;
    }
    if (!control.canResume(count)) {
      throw new Broken("BOD-9", "control bytes that were never sent, or not kept");
    }
    BodyStream old = control.stream();
    control.detach();
    startGrace();
    Body under = old == null ? null : old.body();
    if (under != null) {
      under.close();
    }
    body.resumesAt(count);
  }

  /** SYN of the peer's. */
  void accept(Body body, int id) {
    stir();
    BodyStream stream = new BodyStream(this, null, false, body.isControl());
    stream.id = id;
    lock.lock();
    try {
      if (!stream.control) {
        accepted++;
      }
      if (goodbyeSaid) {
        body.sayGoodbye();
      }
      boolean takes = state == State.OPEN || (stream.control && state == State.CLOSING);
      // A lost body may be known to the opener first: its places are free there. Rule BOD-13.
      int most = admitted ? 2 * maxPeerStreams : maxPeerStreams;
      if (!takes) {
        stream.dead = true;
        stream.done = true;
      } else if (stream.control) {
        stream.ackOwed = true;
      } else if (peerStreams >= most) {
        stream.killed(ReasonCode.LIMIT.number());
        stream.done = true;
      } else {
        peerStreams++;
        stream.counted = true;
        stream.ackOwed = true;
        streams.add(stream);
      }
    } finally {
      lock.unlock();
    }
    body.carry(stream);
    stream.wantWrite();
  }

  /** What stands between the session and the preambles of the peer's streams. */
  private final class Opening implements Handler {
    @Override
    public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
      BodyStream taken = (BodyStream) stream;
      Handler session = Objects.requireNonNull(handler);
      boolean control = headers.kind() == StreamHeaders.Kind.CONTROL;
      if (taken.control != control) {
        abort(Reason.of(ReasonCode.PROTOCOL_ERROR, "PRE-5: a control stream, or none, on a body"));
        return YamuxStream.None.HANDLER;
      }
      return control ? openedControl(taken, headers, session) : session.opened(stream, headers);
    }

    @Override
    public void lost(Reason reason) {
      tellLost(reason);
    }
  }

  private MuxStream.Handler openedControl(
      BodyStream stream, StreamHeaders headers, Handler session) {
    Body body = Objects.requireNonNull(stream.body());
    ControlLine control = line;
    MuxStream.Handler leg;
    if (control == null) {
      control = new ControlLine();
      leg = control.begin(stream, false);
      line = control;
      control.bind(session.opened(control, headers));
    } else {
      leg = control.begin(stream, true);
      control.resume(body.resumesAt());
    }
    lock.lock();
    try {
      if (goodbyeSaid) {
        body.sayGoodbye();
      }
      if (parked.number() > 0) {
        body.park();
      }
    } finally {
      lock.unlock();
    }
    graceIsOver();
    return leg;
  }

  // ---- a body ends ----

  /** A body is closed, whoever closed it. */
  void closed(Body body, @Nullable IOException cause) {
    stir();
    BodyStream stream = body.stream();
    boolean last;
    boolean alone;
    lock.lock();
    try {
      bodies.remove(body);
      parked.remove(body);
      if (connecting && !body.isGreeted()) {
        retry.failed();
      }
      last = state == State.ABORTING && bodies.isEmpty();
      // The first body is the control stream's; nothing else would make a session of this.
      alone = !connecting && line == null && bodies.isEmpty() && mayReplace();
    } finally {
      lock.unlock();
    }
    if (stream != null) {
      bodyOf(stream, body, cause);
    }
    if (last) {
      finish();
    } else if (alone) {
      endWith(reason(body, cause));
    }
  }

  /** The body of a stream is closed. */
  private void bodyOf(BodyStream stream, Body body, @Nullable IOException cause) {
    ControlLine control = line;
    boolean done;
    lock.lock();
    try {
      done = stream.done;
      if (!done && mayTryAgain(body, stream)) {
        stream.ride(null);
        stream.attempts++;
        queue.addFirst(stream);
        return;
      }
    } finally {
      lock.unlock();
    }
    if (stream.control) {
      if (control != null && control.isOn(stream)) {
        controlLost(control, reason(body, cause));
      }
      return;
    }
    if (!stream.announced()) {
      stream.markAnnounced(); // it never will be
      announced();
    }
    if (done) {
      stream.tellOver();
    } else if (!body.peerSaidGoodbye()) {
      lost(stream, reason(body, cause)); // otherwise the session's end is told soon
    }
  }

  /** Nothing of the stream has left, so the peer can't have seen it. Guarded by lock. */
  private boolean mayTryAgain(Body body, BodyStream stream) {
    return stream.ours
        && !stream.control
        && !body.isFilled()
        && stream.attempts < MAX_ATTEMPTS
        && mayReplace();
  }

  private static Reason reason(Body body, @Nullable IOException cause) {
    Reason given = body.lostBy();
    if (given != null) {
      return given;
    }
    String detail = cause == null ? "its body ended before it" : YamuxConnection.describe(cause);
    return Reason.of(ReasonCode.CONNECTION_LOST, "the stream was lost: " + detail);
  }

  /** Rule BOD-3. */
  private void lost(BodyStream stream, Reason reason) {
    lock.lock();
    try {
      if (stream.done) {
        return;
      }
      stream.dead = true;
      forget(stream);
      if (stream.ours) {
        opened--;
      } else {
        accepted--;
      }
    } finally {
      lock.unlock();
    }
    MuxStream.Handler owner = stream.handler;
    if (owner != null && !lostTold) {
      owner.lost(reason);
    }
    stream.tellOver();
  }

  private void controlLost(ControlLine control, Reason reason) {
    boolean isFirst;
    boolean left;
    lock.lock();
    try {
      if (state == State.DONE || state == State.ABORTING || lostTold) {
        return;
      }
      isFirst = connecting && !greetedOnce;
      left = peerLeaves;
      if (lossReason == null || lossReason.code() != ReasonCode.KEEPALIVE_TIMEOUT) {
        lossReason = reason;
      }
    } finally {
      lock.unlock();
    }
    control.detach();
    if (left) {
      endWith(Reason.of(ReasonCode.SESSION_CLOSED, "the peer closed the session"));
    } else if (isFirst) {
      endWith(reason);
    } else {
      startGrace();
    }
  }

  /** Rule BOD-10. */
  private void startGrace() {
    lock.lock();
    try {
      if (grace == null && state != State.DONE) {
        grace = environment.schedule(own.grace(), this::graceRanOut);
      }
    } finally {
      lock.unlock();
    }
  }

  private void graceIsOver() {
    lock.lock();
    try {
      lossReason = null;
      if (grace != null) {
        grace.cancel();
        grace = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private void graceRanOut() {
    Reason reason;
    lock.lock();
    try {
      if (grace == null) {
        return; // cancelled too late
      }
      reason = lossReason;
    } finally {
      lock.unlock();
    }
    String late = "BOD-10: nothing took its place for " + own.grace().toMillis() + " ms";
    endWith(
        reason == null
            ? Reason.of(ReasonCode.CONNECTION_LOST, late)
            : Reason.of(reason.code(), reason.message() + "; " + late));
  }

  // ---- time ----

  private void tickLater() {
    Duration period = own.heartbeat().dividedBy(4);
    if (period.compareTo(options.handshakeTimeout()) > 0) {
      period = options.handshakeTimeout();
    }
    lock.lock();
    try {
      if (state != State.DONE) {
        tick = environment.schedule(period, this::tick);
      }
    } finally {
      lock.unlock();
    }
  }

  private void tick() {
    long now = environment.nanoTime();
    List<Body> all;
    List<Body> released;
    lock.lock();
    try {
      all = new ArrayList<>(bodies);
      released = ++ticks % 4 == 0 && !connecting ? parked.look() : List.of();
    } finally {
      lock.unlock();
    }
    released.forEach(this::release);
    all.forEach(body -> body.look(now));
    tickLater();
  }

  private void pingPeer() {
    Body body = controlBody();
    if (body == null) {
      return;
    }
    lock.lock();
    try {
      body.ping();
    } finally {
      lock.unlock();
    }
    body.wantWrite();
  }

  /** Nothing came on any body: all of them are lost, and the grace time decides. Rule BOD-12. */
  private void silent(Reason reason) {
    List<Body> all;
    lock.lock();
    try {
      if (grace == null) {
        lossReason = reason;
      }
      all = new ArrayList<>(bodies);
    } finally {
      lock.unlock();
    }
    for (Body body : all) {
      if (body.isGreeted()) {
        body.lose(reason);
      }
    }
  }

  // ---- the end ----

  /** How many streams this side opened, lost ones not counted. Guarded by lock. */
  int opened() {
    return opened;
  }

  /** Guarded by lock. */
  int goodbyeCode() {
    return goodbyeCode;
  }

  /** Whether the stream on a body may write: at the end only the control stream's last words. */
  boolean mayWrite(Body body) {
    lock.lock();
    try {
      return switch (state) {
        case OPEN, CLOSING -> !peerLeaves;
        case ABORTING -> body.isControl();
        case DONE -> false;
      };
    } finally {
      lock.unlock();
    }
  }

  /** Whether a stream that has nothing to write now will have. Guarded by lock. */
  boolean isHeldBack(@Nullable BodyStream stream) {
    if (state != State.CLOSING || peerLeaves || stream == null || stream.done) {
      return false;
    }
    return stream.scheduled || stream.blocked || awaiting.contains(stream);
  }

  /** Whether a session that is given up has words to say yet: they go first. Guarded by lock. */
  boolean hasLastWords(@Nullable BodyStream stream) {
    return state == State.ABORTING && stream != null && stream.control && stream.scheduled;
  }

  /** Some body has nothing to write: it may be time for a goodbye. */
  void resting() {
    if (!ending) {
      return;
    }
    List<Body> all;
    lock.lock();
    try {
      if (state != State.CLOSING || goodbyeSaid || !isQuiet()) {
        return;
      }
      goodbyeSaid = true;
      all = new ArrayList<>(bodies);
      for (Body body : all) {
        if (!body.isIdle()) {
          body.sayGoodbye();
        }
      }
    } finally {
      lock.unlock();
    }
    all.forEach(Body::wantWrite);
  }

  /** Guarded by lock. */
  private boolean isQuiet() {
    ControlLine control = line;
    if (!queue.isEmpty() || !awaiting.isEmpty() || blockedStreams > 0) {
      return false;
    }
    if (control == null || !control.isQuiet()) {
      return false;
    }
    for (BodyStream stream : streams) {
      if (stream.scheduled) {
        return false;
      }
    }
    return true;
  }

  /** GO_AWAY. Rules BOD-15, BOD-16. */
  void goodbye(Body body, int count, int code) {
    if (body.isIdle()) {
      body.close();
      return;
    }
    BodyStream stream = body.stream();
    ControlLine control = line;
    if (stream == null || control == null || !control.isOn(stream)) {
      boundGoodbye();
      return;
    }
    boolean closing;
    lock.lock();
    try {
      closing = state != State.OPEN;
      peerLeaves = true;
      ending = true;
      peerOpened = count;
    } finally {
      lock.unlock();
    }
    if (code == NO_SUCH_SESSION) {
      endWith(Reason.of(ReasonCode.CONNECTION_LOST, "BOD-10: the peer has no such session"));
    } else if (code != 0) {
      endWith(Reason.of(ReasonCode.CONNECTION_LOST, "the peer gave the session up, code " + code));
    } else if (closing) {
      endWith(Reason.of(ReasonCode.SESSION_CLOSED, "the session was closed"));
    } else {
      boundGoodbye();
    }
  }

  /** The session ends soon, even if not all comes that was announced. */
  private void boundGoodbye() {
    lock.lock();
    try {
      if (goodbye == null && state != State.DONE) {
        goodbye = environment.schedule(options.closeTimeout(), this::goodbyeRanOut);
      }
    } finally {
      lock.unlock();
    }
  }

  private void goodbyeRanOut() {
    boolean said;
    lock.lock();
    try {
      said = peerLeaves;
    } finally {
      lock.unlock();
    }
    endWith(
        said
            ? Reason.of(ReasonCode.SESSION_CLOSED, "the peer closed the session")
            : Reason.of(ReasonCode.CONNECTION_LOST, "the peer gave the session up"));
  }

  /** Whether the peer closed the session and all that it wrote before has come. Rule BOD-16. */
  private boolean isAllIn() {
    if (!isAllOpened()) {
      return false;
    }
    turn.lock(); // so that what has come has been told too
    lock.lock();
    try {
      for (BodyStream stream : streams) {
        Body body = stream.body();
        if (!stream.peerEnded && body != null && !body.peerSaidGoodbye()) {
          return false;
        }
      }
      return true;
    } finally {
      lock.unlock();
      turn.unlock();
    }
  }

  private boolean isAllOpened() {
    lock.lock();
    try {
      return peerLeaves && !lostTold && accepted - peerOpened >= 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (state != State.OPEN) {
        return;
      }
      state = State.CLOSING;
      ending = true;
    } finally {
      lock.unlock();
    }
    resting();
  }

  @Override
  public void abort(Reason reason) {
    lock.lock();
    try {
      if (aborted || state == State.DONE) {
        return;
      }
      aborted = true;
    } finally {
      lock.unlock();
    }
    // First, so that the control stream has its last words queued before only those are written.
    tellLost(reason);
    List<Body> all;
    lock.lock();
    try {
      if (state == State.DONE) {
        return;
      }
      state = State.ABORTING;
      because(reason);
      all = new ArrayList<>(bodies);
      for (Body body : all) {
        if (!body.isIdle()) {
          body.sayGoodbye();
        }
      }
      if (goodbye != null) {
        goodbye.cancel();
      }
      goodbye = environment.schedule(FAREWELL, this::abortBodies);
    } finally {
      lock.unlock();
    }
    all.forEach(Body::wantWrite);
    all.forEach(Body::close);
    connection.close(reason); // nobody joins what is ending
    if (all.isEmpty()) {
      finish();
    }
  }

  private void abortBodies() {
    List<Body> all;
    lock.lock();
    try {
      all = new ArrayList<>(bodies);
    } finally {
      lock.unlock();
    }
    Reason reason = Reason.of(ReasonCode.CONNECTION_LOST, "the peer did not end it");
    all.forEach(body -> body.lose(reason));
    finish();
  }

  @Override
  public void lost(Reason reason) {
    endWith(reason);
  }

  private void endWith(Reason reason) {
    tellLost(reason);
    lock.lock();
    try {
      because(reason);
    } finally {
      lock.unlock();
    }
    finish();
  }

  /** What GO_AWAY will say. Guarded by lock. */
  private void because(Reason reason) {
    if (goodbyeCode == 0) {
      goodbyeCode =
          switch (reason.code()) {
            case SESSION_CLOSED -> 0;
            case PROTOCOL_ERROR, LIMIT -> 1;
            default -> 2;
          };
    }
  }

  /** The session is over and told so: all bodies end, and nothing happens any more. */
  private void finish() {
    List<Body> all;
    Reason told;
    lock.lock();
    try {
      if (state == State.DONE) {
        return;
      }
      state = State.DONE;
      told = toldReason == null ? ENDED : toldReason;
      all = new ArrayList<>(bodies);
      for (Environment.Timer timer : timers()) {
        timer.cancel();
      }
      queue.clear();
      awaiting.clear();
      for (Body body : all) {
        if (!body.isIdle()) {
          body.sayGoodbye();
        }
      }
    } finally {
      lock.unlock();
    }
    retry.stop();
    all.forEach(Body::wantWrite);
    all.forEach(Body::close);
    connection.close(told);
  }

  /** Guarded by lock. */
  private List<Environment.Timer> timers() {
    List<Environment.Timer> all = new ArrayList<>(3);
    if (tick != null) {
      all.add(tick);
    }
    if (grace != null) {
      all.add(grace);
    }
    if (goodbye != null) {
      all.add(goodbye);
    }
    return all;
  }

  private void tellLost(Reason reason) {
    Handler session;
    lock.lock();
    try {
      if (lostTold) {
        return;
      }
      lostTold = true;
      toldReason = reason;
      session = handler;
    } finally {
      lock.unlock();
    }
    keepAlive.stop();
    if (session != null) {
      session.lost(reason);
    }
  }

  /** For whoever looks for what goes wrong. */
  @Override
  public String toString() {
    lock.lock();
    try {
      return "BodyMux["
          + state
          + ", queued "
          + queue.size()
          + ", awaiting "
          + awaiting.size()
          + ", wanted "
          + (connecting ? wanted : parked.wanted())
          + ", bodies "
          + bodies
          + "]";
    } finally {
      lock.unlock();
    }
  }
}
