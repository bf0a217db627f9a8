package io.libchan.it.scale;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/** One session, one receiver that never reads, one that does. */
final class StalledNeighbour {
  private static final int ROUND_PAIRS = 20;
  private static final long WARM_UP_NANOS = 3_000_000_000L;

  private static long sent; // only the client's main thread

  private StalledNeighbour() {}

  record Payload(long number, String text) {}

  /** Says that the stalled receiver may go. */
  record Done(int round) {}

  public static void main(String[] args) throws Exception {
    if (args[0].equals("server")) {
      serve();
    } else {
      measure(args[1], Integer.parseInt(args[2]));
    }
  }

  // ---- the server ----

  private static void serve() throws Exception {
    AtomicLong received = new AtomicLong();
    try (Listener listener =
        Libchan.listen(
            "tcp://127.0.0.1:0",
            Options.DEFAULTS,
            session -> {
              Thread stalled = new Thread(() -> stall(session));
              stalled.setDaemon(true);
              stalled.start();
              for (Payload payload : session.accept("quick", Payload.class)) {
                if (payload.number() != received.getAndIncrement()) {
                  throw new IllegalStateException("out of order: " + payload.number());
                }
              }
            })) {
      Figures.print("uri", listener.uri());
      Figures.awaitParent();
      Figures.print("received", received);
      Figures.print("peakHeap", Figures.peakHeap());
      Figures.print("usedHeap", Figures.usedHeap());
    }
  }

  /** Accepts, never reads, and lets go when told. */
  private static void stall(Session session) {
    try {
      Receiver<Done> done = session.accept("done", Done.class);
      for (; ; ) {
        Receiver<Payload> never = session.accept("stalled", Payload.class);
        if (done.receive() == null) {
          return;
        }
        never.close();
      }
    } catch (ChannelException | InterruptedException e) {
      // The session is over.
    }
  }

  // ---- the client ----

  private static void measure(String uri, int seconds) throws Exception {
    long roundNanos = seconds * 1_000_000_000L / ROUND_PAIRS;
    String text = "x".repeat(512);
    try (Session session = Libchan.connect(uri, Options.DEFAULTS)) {
      Sender<Payload> quick = session.open("quick", Payload.class);
      Sender<Done> done = session.open("done", Done.class);
      measured(quick, text, Math.max(roundNanos, WARM_UP_NANOS));
      double[] ratios = new double[ROUND_PAIRS];
      for (int i = 0; i < ROUND_PAIRS; i++) {
        // In turns, or a machine that becomes faster or slower would favour one of them.
        boolean first = i % 2 == 0;
        double alone = first ? measured(quick, text, roundNanos) : 0;
        Sender<Payload> stalled = session.open("stalled", Payload.class);
        Thread blocked = new Thread(() -> sendUntilStopped(stalled, text), "stalled");
        blocked.start();
        while (blocked.getState() != Thread.State.WAITING) {
          Thread.onSpinWait();
        }
        double beside = measured(quick, text, roundNanos);
        if (!blocked.isAlive()) {
          throw new IllegalStateException("the stalled sender was to be blocked");
        }
        done.send(new Done(i));
        blocked.join();
        if (!first) {
          alone = measured(quick, text, roundNanos);
        }
        ratios[i] = beside / alone;
        Figures.print(
            "round", String.format(Locale.ROOT, "%d alone %.0f/s beside %.0f/s", i, alone, beside));
      }
      Arrays.sort(ratios);
      Figures.print("ratio", (ratios[ROUND_PAIRS / 2 - 1] + ratios[ROUND_PAIRS / 2]) / 2);
      Figures.print("sent", sent);
      Figures.print("peakHeap", Figures.peakHeap());
      Figures.print("usedHeap", Figures.usedHeap());
      quick.close();
      quick.flush(Duration.ofSeconds(10));
    }
  }

  /** Messages in a second, sent and received. */
  private static double measured(Sender<Payload> quick, String text, long nanos) throws Exception {
    long start = System.nanoTime();
    long before = sent;
    while (System.nanoTime() - start < nanos) {
      for (int i = 0; i < 64; i++) {
        quick.send(new Payload(sent++, text));
      }
    }
    quick.flush();
    return (sent - before) * 1e9 / (System.nanoTime() - start);
  }

  private static void sendUntilStopped(Sender<Payload> stalled, String text) {
    try {
      for (long i = 0; ; i++) {
        stalled.send(new Payload(i, text));
      }
    } catch (ChannelException | InterruptedException e) {
      // The receiver was closed at last.
    }
  }
}
