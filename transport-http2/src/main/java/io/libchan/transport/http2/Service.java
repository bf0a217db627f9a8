package io.libchan.transport.http2;

import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.RequestAuthenticator;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.RequestHead;
import io.libchan.spi.Transport.Acceptor;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.Answers;
import io.libchan.transport.http2.common.requests.Names;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.security.Principal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a listener does with requests: path, principal, session, in this order. Thread-safe.
 *
 * <p>A request is judged on its event loop, but for the application's authenticator, which has a
 * thread of its own.
 */
final class Service implements Link.Owner, Body.Owner {
  private static final System.Logger LOG = System.getLogger(Service.class.getName());

  private final String served;
  private final Options options;
  private final Http2Options http2;
  private final Sessions sessions;
  private final AtomicInteger pending = new AtomicInteger();
  private final Set<Link> links = ConcurrentHashMap.newKeySet();

  Service(String path, Options options, Acceptor acceptor) {
    served = path;
    this.options = options;
    http2 = Http2Options.of(options);
    sessions = new Sessions(options, acceptor);
  }

  @Override
  public ChannelHandler requests(Link link) {
    links.add(link);
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        channel
            .pipeline()
            .addLast(new Body(true, link.peer(), options, Service.this).handler(link));
      }
    };
  }

  @Override
  public void head(Body body, Http2Headers head, boolean ended) {
    String requested = String.valueOf(head.path());
    int query = requested.indexOf('?');
    String path = query < 0 ? requested : requested.substring(0, query);
    if (!path.equals(served)) {
      refuse(body, 404, Reason.of(ReasonCode.CONNECT_FAILED, "nothing is served at this path"));
    } else if (!"POST".contentEquals(head.method())) {
      Reason reason = Reason.of(ReasonCode.CONNECT_FAILED, "this is libchan: the method is POST");
      boolean bare = "HEAD".contentEquals(head.method());
      body.refuse(answer(405, reason).set("allow", "POST"), bare ? "" : reason.message());
    } else {
      authenticate(body, new Request(requestHead(requested, head), head));
    }
  }

  /** No new session is taken any more; connections go when their last request has. */
  void close() {
    sessions.refuseNew();
    links.forEach(Link::closeAfterLast);
  }

  @Override
  public void gone(Link link) {
    links.remove(link);
  }

  @Override
  public boolean unprocessed(Body body) {
    return false;
  }

  @Override
  public void over(Body body) {
    sessions.over(body);
  }

  private static RequestHead requestHead(String requested, Http2Headers head) {
    Map<String, List<String>> headers = new HashMap<>();
    head.forEach(
        header -> {
          String name = header.getKey().toString();
          if (!name.startsWith(":")) {
            headers
                .computeIfAbsent(name, key -> new ArrayList<>())
                .add(header.getValue().toString());
          }
        });
    CharSequence authority = head.authority();
    if (authority != null) {
      headers.putIfAbsent("host", List.of(authority.toString()));
    }
    return new RequestHead(requested, headers);
  }

  private void authenticate(Body body, Request request) {
    RequestAuthenticator authenticator = options.requestAuthenticator();
    if (authenticator == null) {
      admitted(body, request, null);
      return;
    }
    if (pending.incrementAndGet() > http2.maxPendingRequests()) {
      pending.decrementAndGet();
      refuse(
          body,
          503,
          Reason.limit("pending-requests", http2.maxPendingRequests() + " wait to be admitted"));
      return;
    }
    AtomicBoolean decided = new AtomicBoolean();
    long millis = options.handshakeTimeout().toMillis();
    var loop = body.loop();
    var late =
        loop.schedule(
            () -> {
              if (decided.compareAndSet(false, true)) {
                refuse(body, 503, Reason.of(ReasonCode.DEADLINE, "nobody admitted it in time"));
              }
            },
            millis,
            TimeUnit.MILLISECONDS);
    options
        .executor()
        .execute(
            () -> {
              Answer answer = ask(authenticator, body.peer().by(request.head, null));
              pending.decrementAndGet();
              if (decided.compareAndSet(false, true)) {
                late.cancel(false);
                loop.execute(() -> answered(body, request, answer));
              }
            });
  }

  private static Answer ask(RequestAuthenticator authenticator, PeerInfo peer) {
    try {
      Answer answer = authenticator.authenticate(peer);
      return answer == null ? Answer.forbidden() : answer;
    } catch (Throwable e) {
      LOG.log(System.Logger.Level.WARNING, "the authenticator refused " + peer.address(), e);
      return Answer.forbidden();
    }
  }

  private void answered(Body body, Request request, Answer answer) {
    if (answer instanceof Answer.Admitted admitted) {
      admitted(body, request, admitted.principal());
    } else if (answer instanceof Answer.Refused refused) {
      Http2Headers head = new DefaultHttp2Headers().status(String.valueOf(refused.status()));
      if (!refused.challenge().isEmpty()) {
        head.set("www-authenticate", refused.challenge());
      }
      body.refuse(head, "refused by the service's authenticator");
    }
  }

  private void admitted(Body body, Request request, @Nullable Principal principal) {
    if (!body.isOpen()) {
      return;
    }
    Http2Headers head = request.headers;
    CharSequence carrier = head.get(Names.CARRIER);
    Carrier known = carrier == null ? null : Carrier.of(carrier);
    CharSequence session = head.get(Names.SESSION);
    CharSequence ref = head.get(Names.REF);
    if (known == null
        || session == null
        || ref == null
        || !session.toString().matches("[0-9a-f]{32}")
        || !ref.toString().matches("[1-9][0-9]{0,14}")) {
      refuse(
          body,
          400,
          Reason.of(ReasonCode.PROTOCOL_ERROR, "the headers of a libchan request are missing"));
      return;
    }
    sessions.take(
        body,
        body.peer().by(request.head, principal),
        known,
        session.toString(),
        Long.parseLong(ref.toString()),
        this::accept);
  }

  private void accept(Body body, PeerInfo peer, Carrier carrier) {
    body.accept(
        peer,
        new DefaultHttp2Headers()
            .status("200")
            .set("content-type", http2.contentType())
            .set("cache-control", "no-store, no-transform")
            .set("x-accel-buffering", "no")
            .set(Names.CARRIER, carrier.token()));
  }

  static void refuse(Body body, int status, Reason reason) {
    body.refuse(answer(status, reason), Answers.printable(reason.message()));
  }

  private static Http2Headers answer(int status, Reason reason) {
    return new DefaultHttp2Headers()
        .status(String.valueOf(status))
        .set("cache-control", "no-store")
        .set(Names.REASON, reason.number() + " " + Answers.printable(reason.message()));
  }

  /** A request whose path is right. */
  private record Request(RequestHead head, Http2Headers headers) {}
}
