package io.libchan.it.scale;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** A server with many sessions that say nothing, and a client that has all their other sides. */
final class IdleSessions {
  /** Open before the first look, so that what is there once is not counted. */
  private static final int WARM_UP = 50;

  private IdleSessions() {}

  /** Asks for the server's heap. */
  record Look(Sender<Seen> to) {}

  record Seen(long usedHeap, long peakHeap, int sessions, int threads) {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("server")) {
      serve(args[1]);
    } else {
      measure(args[1], Integer.parseInt(args[2]));
    }
  }

  private static void serve(String uri) throws Exception {
    AtomicInteger sessions = new AtomicInteger();
    try (Listener listener =
        Libchan.listen(
            uri,
            Options.DEFAULTS,
            session -> {
              sessions.incrementAndGet();
              var unused = session.closed().thenRun(sessions::decrementAndGet);
              if (session.peer().request().header("Sec-WebSocket-Key") == null) {
                throw new IllegalStateException("not a WebSocket");
              }
              if (sessions.get() == 1) {
                look(session, sessions);
              }
            })) {
      Figures.print("uri", listener.uri());
      Figures.awaitParent();
    }
  }

  private static void look(Session session, AtomicInteger sessions)
      throws ChannelException, InterruptedException {
    for (Look look : session.accept("look", Look.class)) {
      look.to()
          .send(
              new Seen(
                  Figures.usedHeap(), Figures.peakHeap(), sessions.get(), Thread.activeCount()));
      look.to().close();
    }
  }

  private static void measure(String uri, int count) throws Exception {
    List<Session> idle = new ArrayList<>();
    try (Session first = Libchan.connect(uri, Options.DEFAULTS)) {
      Sender<Look> look = first.open("look", Look.class);
      seen(look);
      open(idle, uri, WARM_UP);
      Seen before = seen(look);
      open(idle, uri, count);
      Seen after = seen(look);
      Figures.print("sessions", after.sessions());
      Figures.print("bytes", (double) (after.usedHeap() - before.usedHeap()) / count);
      Figures.print("peakHeap", after.peakHeap());
      Figures.print("threads", after.threads());
      Figures.print("ended", idle.stream().filter(IdleSessions::isClosed).count());
      for (Session session : idle) {
        session.close();
      }
      Waits.within(Waits.BOUND, () -> seen(look).sessions() == 1); // the first one
      Seen closed = seen(look);
      Figures.print("left", closed.sessions() - 1);
      Figures.print("leftBytes", (double) (closed.usedHeap() - before.usedHeap()) / count);
    }
  }

  private static boolean isClosed(Session session) {
    return session.closed().toCompletableFuture().isDone();
  }

  private static void open(List<Session> to, String uri, int count) throws Exception {
    for (int i = 0; i < count; i++) {
      to.add(Libchan.connect(uri, Options.DEFAULTS));
    }
  }

  private static Seen seen(Sender<Look> look) throws Exception {
    Channel<Seen> answer = Channel.of(Seen.class);
    look.send(new Look(answer.sender()));
    return answer.receiver().receive();
  }
}
