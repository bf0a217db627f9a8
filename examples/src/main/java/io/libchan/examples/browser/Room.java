package io.libchan.examples.browser;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.examples.browser.BrowserMessages.Line;
import io.libchan.examples.browser.BrowserMessages.Seat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Where everybody hears what anybody says. Thread-safe. */
final class Room {
  private static final int UNHEARD_LINES = 64;

  private final Map<String, Sender<Line>> listeners = new ConcurrentHashMap<>();
  private final AtomicLong guests = new AtomicLong();

  /** Sends two ends to the page, keeps the other two, and listens to it until it goes. */
  void seat(Session session) throws ChannelException, InterruptedException {
    String name = "guest " + guests.incrementAndGet();
    Channel<Line> say = Channel.of(Line.class);
    Channel<Line> hear = Channel.of(Line.class, UNHEARD_LINES);
    session.open("seat", Seat.class).send(new Seat(name, say.sender(), hear.receiver()));
    listeners.put(name, hear.sender());
    try {
      tellAll(new Line("room", name + " is here"));
      Receiver<Line> said = say.receiver();
      for (Line line = said.receive(); line != null; line = said.receive()) {
        tellAll(new Line(name, line.text()));
      }
    } finally {
      listeners.remove(name);
      tellAll(new Line("room", name + " has left"));
    }
  }

  /** Whoever does not listen misses lines; nobody waits for him. */
  private void tellAll(Line line) {
    listeners.values().removeIf(listener -> hasGone(listener, line));
  }

  private static boolean hasGone(Sender<Line> listener, Line line) {
    try {
      listener.trySend(line);
      return false;
    } catch (ChannelException e) {
      return true;
    }
  }
}
