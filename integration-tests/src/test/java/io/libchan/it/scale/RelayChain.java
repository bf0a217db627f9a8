package io.libchan.it.scale;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * A receiving end that is sent on from node to node over TCP, all in this process, and a slow
 * consumer where it comes to rest.
 */
final class RelayChain {
  private static final int PAUSE_EVERY = 2_000;
  private static final long PAUSE_NANOS = 2_000_000;

  private RelayChain() {}

  record Item(long number, String text) {}

  record Handover(Receiver<Item> items) {}

  public static void main(String[] args) throws Exception {
    int relays = Integer.parseInt(args[0]);
    long count = Long.parseLong(args[1]);
    BlockingQueue<Receiver<Item>> arrived = new LinkedBlockingQueue<>();
    List<AutoCloseable> open = new ArrayList<>();
    Listener next = listen(session -> arrived.add(handedOver(session)));
    open.add(next);
    for (int i = 0; i < relays; i++) {
      Session onward = Libchan.connect(next.uri().toString());
      Sender<Handover> road = onward.open("road", Handover.class);
      next = listen(session -> road.send(new Handover(handedOver(session))));
      open.add(0, onward);
      open.add(0, next);
    }
    Session first = Libchan.connect(next.uri().toString());
    open.add(0, first);
    Channel<Item> items = Channel.of(Item.class);
    first.open("road", Handover.class).send(new Handover(items.receiver()));
    Thread sender = new Thread(() -> send(items.sender(), count), "sender");
    sender.start();
    consume(arrived.take(), count);
    sender.join();
    Figures.print("peakHeap", Figures.peakHeap());
    for (AutoCloseable each : open) {
      each.close();
    }
    Figures.print("usedHeap", Figures.usedHeap());
    Figures.awaitParent();
  }

  private interface Step {
    void take(Session session) throws Exception;
  }

  private static Listener listen(Step step) throws Exception {
    return Libchan.listen(
        "tcp://127.0.0.1:0",
        Options.DEFAULTS,
        session -> {
          step.take(session);
          session.closed().toCompletableFuture().join();
        });
  }

  private static Receiver<Item> handedOver(Session session) throws Exception {
    Handover handover = session.accept("road", Handover.class).receive();
    if (handover == null) {
      throw new IllegalStateException("nothing was handed over");
    }
    return handover.items();
  }

  private static void send(Sender<Item> sender, long count) {
    try {
      for (long i = 0; i < count; i++) {
        sender.send(new Item(i, "an item that is carried a long way"));
      }
      sender.close();
    } catch (ChannelException | InterruptedException e) {
      Figures.print("failed", e);
    }
  }

  private static void consume(Receiver<Item> items, long count) throws Exception {
    long begin = System.nanoTime();
    long expected = 0;
    for (Item item = items.receive(); item != null; item = items.receive()) {
      if (item.number() != expected++) {
        throw new IllegalStateException("out of order: " + item.number());
      }
      if (expected % PAUSE_EVERY == 0) {
        LockSupport.parkNanos(PAUSE_NANOS); // a slow consumer
      }
      if (expected % (count / 10) == 0) {
        Figures.print("heap", Figures.usedHeap());
      }
    }
    Figures.print("received", expected);
    Figures.print("perSecond", expected * 1_000_000_000L / (System.nanoTime() - begin));
  }
}
