package io.libchan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session holds at one moment, for people and monitoring. The streams are looked at one
 * after the other, so figures of two of them need not fit together.
 *
 * <p>Thread-safe: immutable.
 *
 * @param peer the other side
 * @param reason why the session ended; null while it lives
 * @param draining whether one side takes no more top-level channels
 * @param openedHere how many streams this side has open, of {@code mostHere}
 * @param mostHere how many the peer allows
 * @param unreadBytes bytes received and not read, of all streams; where a channel has messages
 *     waiting, up to 1,023 bytes of those taken before may still be among them
 * @param unnamed streams that came and that no message has named yet
 * @param awaited streams that a message named and that have not come yet
 * @param streams every stream, in the order of their references
 */
public record SessionSnapshot(
    PeerInfo peer,
    @Nullable Reason reason,
    boolean draining,
    int openedHere,
    int mostHere,
    long unreadBytes,
    int unnamed,
    int awaited,
    List<Stream> streams) {
  /** Copies and sorts the list. */
  public SessionSnapshot {
    streams = streams.stream().sorted(Comparator.comparingLong(Stream::reference)).toList();
  }

  /** What a stream carries, seen from this side. */
  public enum Role {
    /** A channel on which this side sends. */
    SENDER,
    /** A channel on which this side receives. */
    RECEIVER,
    /** A byte stream. */
    BYTES
  }

  /**
   * One stream.
   *
   * @param reference its number, odd if the connecting side opened it
   * @param parent the number of the channel whose message named it; 0 for a top-level channel
   * @param role what it carries
   * @param name the name of a top-level channel, else empty
   * @param codec the codec of a channel's messages, else empty
   * @param capacity the capacity of a channel, in messages
   * @param messages how many messages went through here: sent at a sender, received at a receiver
   * @param pending how many messages are under way from a sender, or unread at a receiver
   * @param queuedBytes bytes that wait here for the connection
   * @param unreadBytes bytes received and not read
   * @param age how long it has been open
   * @param relayed whether it is joined to another stream of this process, and no application's
   * @param failure why it failed; null if it did not
   */
  public record Stream(
      long reference,
      long parent,
      Role role,
      String name,
      String codec,
      int capacity,
      long messages,
      long pending,
      long queuedBytes,
      long unreadBytes,
      Duration age,
      boolean relayed,
      @Nullable Reason failure) {}

  /** The streams whose parent is this one: 0 for the top-level channels. */
  public List<Stream> children(long reference) {
    return streams.stream().filter(stream -> stream.parent() == reference).toList();
  }

  /** A tree of lines for people; streams whose parent is over are at its top. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(peer.transport()).append(' ').append(peer.address());
    text.append(": ").append(streams.size()).append(" streams, ");
    text.append(unreadBytes).append(" bytes unread");
    if (draining) {
      text.append(", draining");
    }
    if (reason != null) {
      text.append(", ended: ").append(reason);
    }
    List<Long> known = streams.stream().map(Stream::reference).toList();
    for (Stream stream : streams) {
      if (stream.parent() == 0 || !known.contains(stream.parent())) {
        append(text, stream, 1, new ArrayList<>());
      }
    }
    return text.toString();
  }

  private void append(StringBuilder text, Stream stream, int depth, List<Long> above) {
    if (above.contains(stream.reference())) {
      return; // a peer may claim a circle
    }
    text.append('\n').append("  ".repeat(depth)).append(stream.reference());
    text.append(' ').append(stream.role());
    if (!stream.name().isEmpty()) {
      text.append(" \"").append(stream.name()).append('"');
    }
    if (stream.role() != Role.BYTES) {
      text.append(' ').append(stream.pending()).append('/').append(stream.capacity());
      text.append(" pending, ").append(stream.messages()).append(" messages");
    }
    text.append(", ").append(stream.queuedBytes()).append(" queued, ");
    text.append(stream.unreadBytes()).append(" unread bytes, ");
    text.append(stream.age().toSeconds()).append(" s");
    if (stream.relayed()) {
      text.append(", relayed");
    }
    if (stream.failure() != null) {
      text.append(", ").append(stream.failure());
    }
    List<Long> path = new ArrayList<>(above);
    path.add(stream.reference());
    for (Stream child : children(stream.reference())) {
      append(text, child, depth + 1, path);
    }
  }
}
