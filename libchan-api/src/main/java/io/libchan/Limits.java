package io.libchan;

/**
 * What one peer may cost this process. Every limit protects the side that sets it; hitting one ends
 * the stated scope with {@link LimitExceeded} (or, at the peer, {@link ReasonCode#LIMIT}) and names
 * the limit as given here in quotes. Rule LIM-1.
 *
 * <p>Every value is at least 1.
 *
 * <p>Thread-safe: immutable.
 *
 * @param maxMessageBytes "message-bytes": one encoded message, in bytes; against one message that
 *     fills the memory
 * @param maxDepth "depth": nesting levels of one message; against a stack overflow while decoding
 * @param maxElements "elements": values in one message: map entries, list elements, fields; against
 *     a small message that becomes millions of objects
 * @param maxStringBytes "string-bytes": one string or byte array in a message, in bytes; against
 *     one value that fills the memory
 * @param maxAttachments "attachments": channel ends, streams and handles in one message; against
 *     one message that takes every stream
 * @param maxPendingReferences "pending-references": attachments named but not arrived, or arrived
 *     but not named, per session; against a table that grows without end
 * @param maxStreams "streams": streams that the peer may have open at once, per session; against
 *     250 KiB of promised window for each of endless streams
 * @param maxUnauthenticatedStreams "unauthenticated-streams": streams that the peer may have open
 *     before it was admitted; against work done for a peer nobody knows
 * @param maxBacklog "backlog": channels that the peer opened and nobody accepted yet, per session;
 *     against channels that pile up where nobody accepts
 * @param maxPreambleBytes "preamble-bytes": the headers that open a stream, in bytes; against
 *     headers that fill the memory
 * @param maxControlBytes "control-bytes": one frame of the control stream, in bytes; against a
 *     hello that fills the memory
 * @param maxSessionBytes "session-memory": bytes received and not yet read, per session; when it is
 *     full the stream holding most of them ends; against a peer that fills every window
 * @param maxQueuedBytes "queued-bytes": bytes sent and not yet written to the connection, per
 *     channel or byte stream; a send waits above it; against a sender that is faster than its
 *     connection
 * @param maxIdleFrames "idle-frames": frames in a row that carry no data and move nothing forward,
 *     per connection; against a flood of empty frames
 * @param maxPings "pings": pings within ten seconds without data, per connection; against a flood
 *     of pings
 * @param maxDescriptors "descriptors": open descriptors that the peer sent and that no application
 *     took yet, per session; against a peer that uses up those of the process
 * @param maxWindowBytes "window-bytes": what the peer may have under way and unread on one stream.
 *     It begins with 262,144 and doubles up to this while the application takes bytes as quickly as
 *     they come, as long as all streams of the session have together grown by no more than a
 *     quarter of "session-memory"; 262,144 or less keeps it from growing. Nothing ends by it;
 *     against a reader that stalls with much under way. Rules MUX-21 and MUX-22.
 */
public record Limits(
    int maxMessageBytes,
    int maxDepth,
    int maxElements,
    int maxStringBytes,
    int maxAttachments,
    int maxPendingReferences,
    int maxStreams,
    int maxUnauthenticatedStreams,
    int maxBacklog,
    int maxPreambleBytes,
    int maxControlBytes,
    int maxSessionBytes,
    int maxQueuedBytes,
    int maxIdleFrames,
    int maxPings,
    int maxDescriptors,
    int maxWindowBytes) {
  /** The defaults; each is stated at its {@code with} method. */
  public static final Limits DEFAULTS =
      new Limits(
          4194304, 64, 100000, 4194304, 128, 1024, 500, 64, 256, 8192, 16384, 33554432, 1048576,
          1000, 100, 256, 4194304);

  /** Checks the bounds. */
  public Limits {
    atLeastOne("message-bytes", maxMessageBytes);
    atLeastOne("depth", maxDepth);
    atLeastOne("elements", maxElements);
    atLeastOne("string-bytes", maxStringBytes);
    atLeastOne("attachments", maxAttachments);
    atLeastOne("pending-references", maxPendingReferences);
    atLeastOne("streams", maxStreams);
    atLeastOne("unauthenticated-streams", maxUnauthenticatedStreams);
    atLeastOne("backlog", maxBacklog);
    atLeastOne("preamble-bytes", maxPreambleBytes);
    atLeastOne("control-bytes", maxControlBytes);
    atLeastOne("session-memory", maxSessionBytes);
    atLeastOne("queued-bytes", maxQueuedBytes);
    atLeastOne("idle-frames", maxIdleFrames);
    atLeastOne("pings", maxPings);
    atLeastOne("descriptors", maxDescriptors);
    atLeastOne("window-bytes", maxWindowBytes);
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + " must be at least 1, not " + value);
    }
  }

  /** These limits with another "message-bytes"; the default is 4,194,304. */
  public Limits withMaxMessageBytes(int value) {
    return new Limits(
        value,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "depth"; the default is 64. */
  public Limits withMaxDepth(int value) {
    return new Limits(
        maxMessageBytes,
        value,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "elements"; the default is 100,000. */
  public Limits withMaxElements(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        value,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "string-bytes"; the default is 4,194,304. */
  public Limits withMaxStringBytes(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        value,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "attachments"; the default is 128. */
  public Limits withMaxAttachments(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        value,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "pending-references"; the default is 1,024. */
  public Limits withMaxPendingReferences(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        value,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "streams"; the default is 500. */
  public Limits withMaxStreams(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        value,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "unauthenticated-streams"; the default is 64. */
  public Limits withMaxUnauthenticatedStreams(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        value,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "backlog"; the default is 256. */
  public Limits withMaxBacklog(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        value,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "preamble-bytes"; the default is 8,192. */
  public Limits withMaxPreambleBytes(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        value,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "control-bytes"; the default is 16,384. */
  public Limits withMaxControlBytes(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        value,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "session-memory"; the default is 33,554,432. */
  public Limits withMaxSessionBytes(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        value,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "queued-bytes"; the default is 1,048,576. */
  public Limits withMaxQueuedBytes(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        value,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "idle-frames"; the default is 1,000. */
  public Limits withMaxIdleFrames(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        value,
        maxPings,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "pings"; the default is 100. */
  public Limits withMaxPings(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        value,
        maxDescriptors,
        maxWindowBytes);
  }

  /** These limits with another "descriptors"; the default is 256. */
  public Limits withMaxDescriptors(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        value,
        maxWindowBytes);
  }

  /** These limits with another "window-bytes"; the default is 4,194,304. */
  public Limits withMaxWindowBytes(int value) {
    return new Limits(
        maxMessageBytes,
        maxDepth,
        maxElements,
        maxStringBytes,
        maxAttachments,
        maxPendingReferences,
        maxStreams,
        maxUnauthenticatedStreams,
        maxBacklog,
        maxPreambleBytes,
        maxControlBytes,
        maxSessionBytes,
        maxQueuedBytes,
        maxIdleFrames,
        maxPings,
        maxDescriptors,
        value);
  }
}
