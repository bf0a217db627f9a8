package io.libchan.it.scale;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** A server that sends on 51 channels of one session, of which the client stops reading one. */
final class StalledTab {
  private static final int LIVE = 50;
  private static final long STALLED_MESSAGES = 50_000;
  private static final long WARM_UP_NANOS = 2_000_000_000L;

  private StalledTab() {}

  record Payload(long number, String text) {}

  /** Asks the server to send on a channel until all is sent, or for as long as it can. */
  record Subscribe(long messages, Sender<Payload> to) {}

  /** Asks for the server's heap and how many messages its stalled sender has sent. */
  record Look(Sender<Seen> to) {}

  record Seen(long usedHeap, long stalledSent) {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("server")) {
      serve(args[1]);
    } else {
      measure(args[1], Integer.parseInt(args[2]));
    }
  }

  // ---- the server ----

  private static void serve(String uri) throws Exception {
    AtomicLong stalledSent = new AtomicLong();
    try (Listener listener =
        Libchan.listen(
            uri,
            Options.DEFAULTS,
            session -> {
              daemon(() -> look(session, stalledSent));
              for (Subscribe subscribe : session.accept("subscribe", Subscribe.class)) {
                daemon(() -> send(subscribe, stalledSent));
              }
            })) {
      Figures.print("uri", listener.uri());
      Figures.awaitParent();
    }
  }

  private static void send(Subscribe subscribe, AtomicLong stalledSent) {
    String text = "x".repeat(512);
    try (Sender<Payload> to = subscribe.to()) {
      for (long i = 0; i < subscribe.messages(); i++) {
        to.send(new Payload(i, text));
        if (subscribe.messages() == STALLED_MESSAGES) {
          stalledSent.incrementAndGet();
        }
      }
    } catch (ChannelException | InterruptedException e) {
      // The session is over.
    }
  }

  private static void look(Session session, AtomicLong stalledSent) {
    try {
      for (Look look : session.accept("look", Look.class)) {
        look.to().send(new Seen(Figures.usedHeap(), stalledSent.get()));
        look.to().close();
      }
    } catch (ChannelException | InterruptedException e) {
      // The session is over.
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task);
    thread.setDaemon(true);
    thread.start();
  }

  // ---- the client ----

  private static void measure(String uri, int seconds) throws Exception {
    AtomicLong received = new AtomicLong();
    try (Session session = Libchan.connect(uri, Options.DEFAULTS)) {
      Sender<Subscribe> subscribe = session.open("subscribe", Subscribe.class);
      Sender<Look> look = session.open("look", Look.class);
      for (int i = 0; i < LIVE; i++) {
        // Few under way, or how full these are would be what the heap shows.
        Channel<Payload> live = Channel.of(Payload.class, 64);
        subscribe.send(new Subscribe(Long.MAX_VALUE, live.sender()));
        daemon(() -> count(live.receiver(), received));
      }
      rate(received, WARM_UP_NANOS);
      double alone = rate(received, seconds * 1_000_000_000L);
      Channel<Payload> stalled = Channel.of(Payload.class);
      subscribe.send(new Subscribe(STALLED_MESSAGES, stalled.sender()));
      rate(received, WARM_UP_NANOS / 4);
      Seen before = seen(look);
      double beside = rate(received, seconds * 1_000_000_000L);
      Seen after = seen(look);
      Figures.print(
          "rates", String.format(Locale.ROOT, "alone %.0f/s, beside %.0f/s", alone, beside));
      Figures.print("ratio", beside / alone);
      Figures.print("sentWhileStalled", after.stalledSent() - before.stalledSent());
      Figures.print("heapGrowth", after.usedHeap() - before.usedHeap());
      long next = 0;
      for (Payload payload : stalled.receiver()) {
        if (payload.number() != next++) {
          throw new IllegalStateException("out of order: " + payload.number());
        }
      }
      Figures.print("lost", STALLED_MESSAGES - next);
    }
  }

  private static void count(Receiver<Payload> from, AtomicLong received) {
    try {
      long next = 0;
      for (Payload payload : from) {
        if (payload.number() != next++) {
          throw new IllegalStateException("out of order: " + payload.number());
        }
        received.incrementAndGet();
      }
    } catch (java.io.UncheckedIOException e) {
      // The session is over.
    }
  }

  private static Seen seen(Sender<Look> look) throws Exception {
    Channel<Seen> answer = Channel.of(Seen.class);
    look.send(new Look(answer.sender()));
    return answer.receiver().receive();
  }

  /** Messages in a second. */
  private static double rate(AtomicLong received, long nanos) throws InterruptedException {
    long start = System.nanoTime();
    long before = received.get();
    Thread.sleep(nanos / 1_000_000);
    return (received.get() - before) * 1e9 / (System.nanoTime() - start);
  }
}
