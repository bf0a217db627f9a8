package io.libchan.examples.browser;

import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InputStream;

/** What the page and the server say to each other. */
public final class BrowserMessages {
  private BrowserMessages() {}

  /** A number to take apart; each factor comes back on the channel in the request. */
  public record Question(long number, Sender<Factor> factors) {}

  /** A prime factor. */
  public record Factor(long prime, long after) {}

  /** Wants events, so many a second if it can take them. */
  public record Subscription(long perSecond, Sender<Event> events) {}

  /** One event: when it was made, and how long the server had to wait for room until now. */
  public record Event(long number, long madeMillis, long waitedMillis) {}

  /** A file; how far the server got comes back. */
  public record Upload(String name, InputStream bytes, Sender<Progress> progress) {}

  /** So many bytes were read; with their digest at the end. */
  public record Progress(long bytes, String sha256) {}

  /**
   * What the server sends to each page that comes: a channel to speak into, and one to listen to.
   */
  public record Seat(String name, Sender<Line> say, Receiver<Line> hear) {}

  /** What somebody said. */
  public record Line(String who, String text) {}
}
