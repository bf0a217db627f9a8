package io.libchan.testkit;

import io.libchan.Channel;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.TypeRef;
import io.libchan.testkit.Boxes.ReceiverBox;
import io.libchan.testkit.Boxes.SenderBox;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Two sessions that belong together, for one test: the near side acts, the far side answers. Which
 * of them connects and which listens is the bed's choice, so that each test runs both ways.
 *
 * <p>Not thread-safe.
 */
@SuppressWarnings("try") // close waits, and a test may be interrupted
public final class SessionBed implements AutoCloseable {
  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Subject subject;
  private final boolean nearListens;
  private UnaryOperator<Options.Builder> nearOptions = UnaryOperator.identity();
  private UnaryOperator<Options.Builder> farOptions = UnaryOperator.identity();
  private @Nullable Listener listener;
  private @Nullable Session near;
  private @Nullable Session far;
  private @Nullable Sender<SenderBox> senderRoad;
  private @Nullable Receiver<SenderBox> senderArrivals;
  private @Nullable Sender<ReceiverBox> receiverRoad;
  private @Nullable Receiver<ReceiverBox> receiverArrivals;

  /**
   * A bed without sessions; the first question for one makes them.
   *
   * @param subject what to make sessions of
   * @param nearListens whether the near side is the one that listens
   */
  public SessionBed(Subject subject, boolean nearListens) {
    this.subject = subject;
    this.nearListens = nearListens;
  }

  /** How a channel from near to far comes to be. */
  public enum Route {
    /** The near side opens it and the far side accepts it. */
    OPENED,
    /** The far side makes it and sends the sending end to the near side in a message. */
    SENT_SENDER,
    /** The near side makes it and sends the receiving end to the far side in a message. */
    SENT_RECEIVER
  }

  /** Sets further options; before the sessions are made. */
  public SessionBed with(
      UnaryOperator<Options.Builder> nearSide, UnaryOperator<Options.Builder> farSide) {
    if (near != null) {
      throw new IllegalStateException("the sessions are there already");
    }
    nearOptions = nearSide;
    farOptions = farSide;
    return this;
  }

  /** Options as both sides of a test have them: waiting is short, so that failures are quick. */
  public static Options.Builder options(Subject subject) {
    return Options.builder()
        .codec(subject.codec())
        .referenceTimeout(Duration.ofSeconds(1))
        .closeTimeout(Duration.ofSeconds(2));
  }

  /** The options of the listening side. */
  public Options listening() {
    UnaryOperator<Options.Builder> own = nearListens ? nearOptions : farOptions;
    return own.apply(subject.listening(options(subject).nodeName("listener"))).build();
  }

  /** The options of the connecting side. */
  public Options connecting() {
    UnaryOperator<Options.Builder> own = nearListens ? farOptions : nearOptions;
    return own.apply(subject.connecting(options(subject).nodeName("connector"))).build();
  }

  /** The session of the side that acts. */
  public Session near() throws Exception {
    make();
    return given(near);
  }

  /** The session of the side that answers. */
  public Session far() throws Exception {
    make();
    return given(far);
  }

  /** The session of the side that connected. */
  public Session connector() throws Exception {
    return nearListens ? far() : near();
  }

  /** The listener. */
  public Listener listener() throws Exception {
    make();
    return given(listener);
  }

  private void make() throws Exception {
    if (near != null) {
      return;
    }
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    Listener bound = subject.listen(subject.freshUri(), listening(), accepted::put);
    listener = bound;
    Session connected = subject.connect(bound.uri().toString(), connecting());
    Session taken = accepted.poll(Waits.BOUND.toNanos(), TimeUnit.NANOSECONDS);
    if (taken == null) {
      throw new AssertionError("the listener's handler did not get the session");
    }
    near = nearListens ? taken : connected;
    far = nearListens ? connected : taken;
  }

  /** A channel on which the near side sends and the far side receives. */
  public ChannelPair<Note> channel(int capacity, Route route) throws Exception {
    Channel<Note> local = Channel.of(Note.class, capacity);
    return switch (route) {
      case OPENED -> open(Note.class, capacity);
      case SENT_SENDER -> new ChannelPair<>(toNear(local.sender()), local.receiver());
      case SENT_RECEIVER -> new ChannelPair<>(local.sender(), toFar(local.receiver()));
    };
  }

  /** A channel that the near side opens under a new name and the far side accepts. */
  public <T> ChannelPair<T> open(Class<T> type, int capacity) throws Exception {
    return open(type, type, capacity);
  }

  /** As {@link #open(Class, int)}, of a generic type. */
  public <T> ChannelPair<T> open(TypeRef<T> type, int capacity) throws Exception {
    String name = "channel-" + NAMES.incrementAndGet();
    Sender<T> sender = near().open(name, type, capacity);
    return new ChannelPair<>(sender, far().accept(name, type));
  }

  /** As {@link #open(Class, int)}, where the far side decodes to another type. */
  @SuppressWarnings("unchecked") // a test that asks for another type wants to see what happens
  public <T> ChannelPair<T> open(Class<T> sent, Class<?> received, int capacity) throws Exception {
    String name = "channel-" + NAMES.incrementAndGet();
    Sender<T> sender = near().open(name, sent, capacity);
    return new ChannelPair<>(sender, (Receiver<T>) far().accept(name, received, Waits.BOUND));
  }

  /** Sends an end that the far side owns to the near side. */
  public Sender<Note> toNear(Sender<Note> sender) throws Exception {
    if (senderRoad == null) {
      senderRoad = far().open("senders", SenderBox.class);
      senderArrivals = near().accept("senders", SenderBox.class, Waits.BOUND);
    }
    senderRoad.send(new SenderBox(1, sender));
    return ChannelPair.next(given(senderArrivals)).sender();
  }

  /** Sends an end that the near side owns to the far side. */
  public Receiver<Note> toFar(Receiver<Note> receiver) throws Exception {
    if (receiverRoad == null) {
      receiverRoad = near().open("receivers", ReceiverBox.class);
      receiverArrivals = far().accept("receivers", ReceiverBox.class, Waits.BOUND);
    }
    receiverRoad.send(new ReceiverBox(1, receiver));
    return ChannelPair.next(given(receiverArrivals)).receiver();
  }

  private static <T> T given(@Nullable T value) {
    if (value == null) {
      throw new AssertionError("missing");
    }
    return value;
  }

  /** Checks that the session still does its work: a message goes each way. */
  public void expectAlive() throws Exception {
    String name = "alive-" + NAMES.incrementAndGet();
    for (Session[] sides : new Session[][] {{near(), far()}, {far(), near()}}) {
      try (Sender<Note> sender = sides[0].open(name, Note.class, 4);
          Receiver<Note> receiver = sides[1].accept(name, Note.class, Waits.BOUND)) {
        sender.send(Note.of(7), Waits.BOUND);
        if (ChannelPair.next(receiver).number() != 7) {
          throw new AssertionError("another message than was sent");
        }
        sender.close();
        ChannelPair.expectEnd(receiver);
      }
    }
  }

  /** Closes both sessions and the listener, and waits until the listener knows of no session. */
  @Override
  public void close() throws Exception {
    tellWhatEnded("near", near);
    tellWhatEnded("far", far);
    if (near != null) {
      near.close();
    }
    if (far != null) {
      far.close();
    }
    Listener bound = listener;
    if (bound != null) {
      Waits.until("the listener to have no session", () -> bound.sessions() == 0);
      bound.close();
    }
  }

  /** Who reads a failed test wants to know why its session is gone. */
  private static void tellWhatEnded(String side, @Nullable Session session) {
    if (session != null && session.closed().toCompletableFuture().isDone()) {
      System.out.println(side + " had ended: " + session.closed().toCompletableFuture().join());
    }
  }
}
