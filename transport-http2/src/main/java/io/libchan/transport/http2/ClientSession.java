package io.libchan.transport.http2;

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
import io.libchan.transport.netty.sockets.Address;
import io.libchan.transport.netty.sockets.Dialer;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A session of a client: its requests, and the connections that they need. A request goes to a
 * connection with room; else it waits for a further one.
 *
 * <p>Thread-safe.
 */
final class ClientSession implements BodyConnection, Link.Owner, Body.Owner {
  private static final Reason SINGLE_OVER =
      Reason.of(ReasonCode.SESSION_CLOSED, "its one request is over");

  private static final long FIRST_PAUSE_MILLIS = 50;
  private static final long LONGEST_PAUSE_MILLIS = 1000;

  private final Target target;
  private final Address address;
  private final Carrier carrier;
  private final Options options;
  private final Http2Options http2;
  private final String id;
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private final List<Slots> links = new ArrayList<>();

  @GuardedBy("lock")
  private final Map<Body, Place> placed = new HashMap<>();

  @GuardedBy("lock")
  private final Deque<Waiting> waiting = new ArrayDeque<>();

  @GuardedBy("lock")
  private @Nullable Handler handler;

  @GuardedBy("lock")
  private long lastRef;

  @GuardedBy("lock")
  private boolean dialing;

  @GuardedBy("lock")
  private long pauseMillis = FIRST_PAUSE_MILLIS;

  @GuardedBy("lock")
  private boolean accepted;

  @GuardedBy("lock")
  private int capacityTold = 1;

  @GuardedBy("lock")
  private boolean lost;

  @GuardedBy("lock")
  private boolean closed;

  private volatile PeerInfo peer;

  /** A connection and how many requests were given to it. */
  private static final class Slots {
    private final Link link;
    private int used;

    Slots(Link link) {
      this.link = link;
    }

    boolean hasRoom() {
      return link.usable() && used < link.limit();
    }
  }

  /** A request without a connection, its number, and until when it waits. */
  private record Waiting(Body body, long ref, long deadlineNanos) {}

  /** Where a request is. */
  private record Place(Slots slots, Waiting request) {}

  ClientSession(Target target, Carrier carrier, Options options) {
    this.target = target;
    this.carrier = carrier;
    this.options = options;
    http2 = Http2Options.of(options);
    address = Http2Transport.address(target);
    peer = PeerInfo.of(target.scheme(), target.hostAndPort());
    id = RequestHeaders.newSession();
  }

  /** Makes the first connection; blocks. */
  void connect() throws ConnectFailed, InterruptedException {
    Link link = dial();
    peer = link.peer();
    connected(link);
  }

  private Link dial() throws ConnectFailed, InterruptedException {
    return new Dialer<Link>(
            address,
            options,
            Http2Wire.PROTOCOL,
            (channel, linger, proved) ->
                Link.begin(channel, linger, proved, address.toString(), options, this))
        .connect();
  }

  @Override
  public PeerInfo peer() {
    return peer;
  }

  @Override
  public void start(Handler value) {
    lock.lock();
    try {
      handler = value;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Body open() {
    Body body = new Body(false, peer, options, this);
    boolean refused;
    lock.lock();
    try {
      refused = closed || lost;
      if (!refused) {
        waiting.add(
            new Waiting(body, ++lastRef, System.nanoTime() + options.connectTimeout().toNanos()));
      }
    } finally {
      lock.unlock();
    }
    if (refused) {
      body.giveUp(new IOException("the session is over"));
    } else {
      place();
    }
    return body;
  }

  @Override
  public void close(Reason reason) {
    List<Waiting> left;
    List<Slots> all;
    lock.lock();
    try {
      closed = true;
      left = List.copyOf(waiting);
      waiting.clear();
      all = List.copyOf(links);
    } finally {
      lock.unlock();
    }
    left.forEach(each -> each.body.giveUp(new IOException("the session is over")));
    all.forEach(each -> each.link.closeAfterLast());
  }

  /** Gives what waits to connections with room, and asks for a further one if there is none. */
  private void place() {
    while (true) {
      Waiting request;
      Slots slots;
      lock.lock();
      try {
        if (waiting.isEmpty()) {
          return;
        }
        slots = room();
        if (slots == null) {
          dialLater();
          return;
        }
        request = waiting.remove();
        if (!request.body.settle()) {
          continue;
        }
        slots.used++;
        placed.put(request.body, new Place(slots, request));
      } finally {
        lock.unlock();
      }
      Link link = slots.link;
      link.loop().execute(() -> send(request.body, link, request.ref));
    }
  }

  @GuardedBy("lock")
  private @Nullable Slots room() {
    Slots best = null;
    for (Slots each : links) {
      if (each.hasRoom() && (best == null || each.used < best.used)) {
        best = each;
      }
    }
    return best;
  }

  private void send(Body body, Link link, long ref) {
    if (!link.usable()) {
      notSent(body, link.cause());
      return;
    }
    new Http2StreamChannelBootstrap(link.channel())
        .handler(body.handler(link))
        .open()
        .addListener(
            (Future<Http2StreamChannel> opened) -> {
              if (opened.isSuccess()) {
                body.attach(link, opened.getNow(), request(ref));
              } else {
                notSent(body, opened.cause());
              }
            });
  }

  private void notSent(Body body, @Nullable Throwable why) {
    if (!body.unsettle() || !unprocessed(body)) {
      body.giveUp(new IOException("no connection took the request", why));
    }
  }

  @Override
  public boolean unprocessed(Body body) {
    lock.lock();
    try {
      Place place = placed.remove(body);
      if (place == null) {
        return false;
      }
      place.slots.used--;
      if (closed || lost) {
        return false;
      }
      waiting.addFirst(place.request);
    } finally {
      lock.unlock();
    }
    place();
    return true;
  }

  private Http2Headers request(long ref) {
    Http2Headers head =
        new DefaultHttp2Headers()
            .method("POST")
            .scheme(target.scheme())
            .authority(target.authority())
            .path(target.requestTarget());
    http2.headers().write(target, carrier, id, ref, (name, value) -> head.add(name, value));
    return head;
  }

  // ---- Connections.

  @GuardedBy("lock")
  private void dialLater() {
    if (dialing || closed || links.size() >= http2.maxConnections()) {
      return;
    }
    dialing = true;
    options.executor().execute(this::dialNow);
  }

  private void dialNow() {
    try {
      connected(dial());
    } catch (ConnectFailed e) {
      notConnected(e);
    } catch (InterruptedException e) {
      notConnected(new IOException("interrupted while connecting", e));
      Thread.currentThread().interrupt();
    }
  }

  private void connected(Link link) {
    boolean late;
    lock.lock();
    try {
      dialing = false;
      pauseMillis = FIRST_PAUSE_MILLIS;
      late = closed;
      if (!late && link.usable()) {
        links.add(new Slots(link));
      }
    } finally {
      lock.unlock();
    }
    if (late) {
      link.closeAfterLast();
    } else {
      tellCapacity();
      place();
    }
  }

  /** Tries again after a pause; what has waited for too long is given up. */
  private void notConnected(IOException why) {
    List<Body> late = new ArrayList<>();
    long pause;
    lock.lock();
    try {
      dialing = false;
      pause = pauseMillis;
      pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, pauseMillis * 2);
      long now = System.nanoTime();
      for (Waiting first = waiting.peek();
          first != null && now - first.deadlineNanos >= 0;
          first = waiting.peek()) {
        late.add(waiting.remove().body);
      }
      dialing = !waiting.isEmpty() && !closed;
      if (!dialing) {
        pause = 0;
      }
    } finally {
      lock.unlock();
    }
    late.forEach(body -> body.giveUp(why));
    if (pause > 0) {
      CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS, options.executor())
          .execute(this::dialNow);
    }
  }

  @Override
  public ChannelHandler requests(Link link) {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel pushed) {
        pushed.close(); // nobody asked for it, and our SETTINGS forbid it
      }
    };
  }

  @Override
  public void changed(Link link) {
    tellCapacity();
    place();
  }

  @Override
  public void gone(Link link) {
    lock.lock();
    try {
      links.removeIf(each -> each.link == link);
    } finally {
      lock.unlock();
    }
    place();
  }

  /** Tells the engine how many requests there may be, once the server has taken the first. */
  private void tellCapacity() {
    Handler to;
    int capacity;
    lock.lock();
    try {
      long least = Integer.MAX_VALUE;
      for (Slots each : links) {
        if (each.link.usable()) {
          least = Math.min(least, each.link.limit());
        }
      }
      capacity = (int) Math.min(Integer.MAX_VALUE, least * http2.maxConnections());
      to = handler;
      if (!accepted || to == null || capacity == capacityTold || links.isEmpty()) {
        return;
      }
      capacityTold = capacity;
    } finally {
      lock.unlock();
    }
    to.capacity(capacity);
  }

  // ---- Answers.

  @Override
  public void head(Body body, Http2Headers head, boolean ended) {
    String status = String.valueOf(head.status());
    Answers.Head values = name -> head.get(name) == null ? null : head.get(name).toString();
    if (Answers.isTaken(carrier, status, values)) {
      lock.lock();
      try {
        accepted = true;
      } finally {
        lock.unlock();
      }
      tellCapacity();
      return;
    }
    ConnectFailed why = Answers.refused(target, status, values);
    Handler to = null;
    lock.lock();
    try {
      boolean over = !accepted || Answers.isFinal(status);
      if (over && !lost) {
        lost = true;
        to = handler;
      }
    } finally {
      lock.unlock();
    }
    Handler session = to;
    body.giveUpAnswer(
        why,
        () -> {
          if (session != null) {
            session.lost(why.reason());
          }
        });
  }

  @Override
  public void over(Body body) {
    boolean last;
    lock.lock();
    try {
      Place place = placed.remove(body);
      if (place != null) {
        place.slots.used--;
      }
      last = carrier == Carrier.SINGLE;
    } finally {
      lock.unlock();
    }
    if (last) {
      close(SINGLE_OVER);
    } else {
      place();
    }
  }
}
