package io.libchan.testkit;

import io.libchan.ByteStream;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Boxes.ReceiverBox;
import io.libchan.testkit.Boxes.SenderBox;
import io.libchan.testkit.Boxes.StreamBox;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/**
 * Nodes in a row, each joined to the next by a session: node 0, node 1 and so on, named {@code n0},
 * {@code n1}. Every second session is connected from the other side, so that both roles relay.
 *
 * <p>Not thread-safe.
 */
@SuppressWarnings("try") // close waits, and a test may be interrupted
public final class Chain implements AutoCloseable {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Subject subject;
  private final List<Listener> listeners = new ArrayList<>();
  private final List<Session> lefts = new ArrayList<>();
  private final List<Session> rights = new ArrayList<>();
  private final UnaryOperator<Options.Builder> options;

  /**
   * So many sessions in a row.
   *
   * @param subject what to make them of
   * @param hops how many
   * @param swapped whether the first is connected from its right side
   */
  public Chain(Subject subject, int hops, boolean swapped, UnaryOperator<Options.Builder> options)
      throws Exception {
    this.subject = subject;
    this.options = options;
    for (int i = 0; i < hops; i++) {
      join(i, (i % 2 == 0) == swapped);
    }
  }

  private void join(int hop, boolean rightConnects) throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    int listening = rightConnects ? hop : hop + 1;
    int connecting = rightConnects ? hop + 1 : hop;
    Options.Builder here = subject.listening(SessionBed.options(subject));
    Listener listener =
        subject.listen(
            subject.freshUri(),
            options.apply(here.nodeName("n" + listening)).build(),
            accepted::put);
    listeners.add(listener);
    Options.Builder there = subject.connecting(SessionBed.options(subject));
    Session connected =
        subject.connect(
            listener.uri().toString(), options.apply(there.nodeName("n" + connecting)).build());
    Session taken = accepted.poll(Waits.BOUND.toNanos(), TimeUnit.NANOSECONDS);
    if (taken == null) {
      throw new AssertionError("the listener's handler did not get the session");
    }
    lefts.add(rightConnects ? taken : connected);
    rights.add(rightConnects ? connected : taken);
  }

  /** The end of a session at the lower node. */
  public Session left(int hop) {
    return lefts.get(hop);
  }

  /** The end of a session at the higher node. */
  public Session right(int hop) {
    return rights.get(hop);
  }

  /** A channel over one session, from its left end to its right one. */
  public <T> ChannelPair<T> road(int hop, Class<T> type, int capacity) throws Exception {
    return road(left(hop), right(hop), type, capacity);
  }

  private static <T> ChannelPair<T> road(Session from, Session to, Class<T> type, int capacity)
      throws Exception {
    String name = "road-" + NAMES.incrementAndGet();
    Sender<T> sender = from.open(name, type, capacity);
    return new ChannelPair<>(sender, to.accept(name, type, Waits.BOUND));
  }

  private <T> T carry(int from, int to, Class<T> type, T message) throws Exception {
    T carried = message;
    for (int node = from; node != to; node += from < to ? 1 : -1) {
      boolean right = from < to;
      int hop = right ? node : node - 1;
      Session here = right ? left(hop) : right(hop);
      Session there = right ? right(hop) : left(hop);
      ChannelPair<T> road = road(here, there, type, 4);
      road.sender().send(carried);
      carried = road.next();
      road.sender().close();
      road.expectEnd();
    }
    return carried;
  }

  /** Sends an end from one node to another, from each node to the next in a message. */
  public Sender<Note> carry(int from, int to, Sender<Note> end) throws Exception {
    return carry(from, to, SenderBox.class, new SenderBox(0, end)).sender();
  }

  /** As {@link #carry(int, int, Sender)}. */
  public Receiver<Note> carry(int from, int to, Receiver<Note> end) throws Exception {
    return carry(from, to, ReceiverBox.class, new ReceiverBox(0, end)).receiver();
  }

  /** As {@link #carry(int, int, Sender)}. */
  public ByteStream carry(int from, int to, ByteStream end) throws Exception {
    return carry(from, to, StreamBox.class, new StreamBox(end)).stream();
  }

  @Override
  public void close() throws Exception {
    for (Session session : lefts) {
      session.close();
    }
    for (Session session : rights) {
      session.close();
    }
    for (Listener listener : listeners) {
      Waits.until("the listener to have no session", () -> listener.sessions() == 0);
      listener.close();
    }
  }
}
