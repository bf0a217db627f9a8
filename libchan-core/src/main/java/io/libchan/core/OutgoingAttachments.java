package io.libchan.core;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Codec;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import io.libchan.spi.StreamContext;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attachments of one message while it is encoded: collected and taken out of the application's
 * hands, then either given back or opened as streams of their own. Rules ATT-1, ATT-4.
 *
 * <p>Not thread-safe.
 */
final class OutgoingAttachments implements Codec.Attachments {
  private final CoreSession session;

  // A Moving, InputStream or OutputStream each; ends holds what the application passed.
  private final List<Object> items = new ArrayList<>(0);
  private final List<Object> ends = new ArrayList<>(0);
  private @Nullable RuntimeException misuse;

  OutgoingAttachments(CoreSession session) {
    this.session = session;
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  int size() {
    return items.size();
  }

  void clear() {
    items.clear();
    ends.clear();
    misuse = null;
  }

  @Override
  public int add(Object end) throws ChannelException {
    if (items.size() >= session.peerHello().maxAttachments()) {
      throw new LimitExceeded(
          Reason.limit(
              "attachments",
              "more than " + session.peerHello().maxAttachments() + " in a message"));
    }
    try {
      items.add(take(end));
    } catch (IllegalArgumentException | IllegalStateException e) {
      // A codec's library wraps what is thrown inside it; the caller is to see this one.
      misuse = e;
      throw e;
    }
    ends.add(end);
    return items.size() - 1;
  }

  private Object take(Object end) {
    for (Object other : ends) {
      if (other == end) {
        throw new IllegalArgumentException("attached twice to one message: " + end);
      }
    }
    if (end instanceof Sender || end instanceof Receiver || end instanceof ByteStream) {
      Moving moving = Ends.move(end);
      if (!moving.claim()) {
        moving.undo();
        throw new IllegalArgumentException(
            "an end whose other end is not here, or is sent away too, can't be sent in this version: "
                + end);
      }
      return moving;
    }
    if (end instanceof InputStream || end instanceof OutputStream) {
      return end;
    }
    throw new IllegalArgumentException("not an attachment: " + end.getClass());
  }

  void rethrowMisuse() {
    if (misuse != null) {
      throw misuse;
    }
  }

  /** Gives everything back to the application. */
  void undo() {
    for (Object item : items) {
      if (item instanceof Moving moving) {
        moving.undo();
      }
    }
    items.clear();
    ends.clear();
  }

  /** Refuses channels of types that the codec can't carry, before anything is opened for them. */
  void check(@Nullable String codec) {
    for (Object item : items) {
      if (item instanceof Moving.SenderEnd<?> end) {
        session.format(codec, end.type());
      } else if (item instanceof Moving.ReceiverEnd<?> end) {
        session.format(codec, end.type());
      }
    }
  }

  /** Opens a stream for each. They belong to the peer once the moves are committed. */
  Moves open(RemoteSendPort<?> parent) {
    StreamPort[] ports = new StreamPort[items.size()];
    for (int i = 0; i < ports.length; i++) {
      ports[i] = port(parent.headers, items.get(i));
      session.open(ports[i]);
    }
    return new Moves(session, items.toArray(), ports);
  }

  private StreamPort port(StreamHeaders parent, Object item) {
    if (item instanceof Moving.SenderEnd<?> end) {
      RemoteReceivePort<?> port =
          new RemoteReceivePort<>(
              session, headers(parent, Kind.RECEIVING, end.capacity(), end.context()));
      port.use(end.type());
      return port;
    }
    if (item instanceof Moving.ReceiverEnd<?> end) {
      RemoteSendPort<?> port =
          new RemoteSendPort<>(session, headers(parent, Kind.SENDING, end.capacity(), null));
      port.use(end.type());
      return port;
    }
    Kind kind =
        item instanceof Moving
            ? Kind.BYTES
            : item instanceof InputStream ? Kind.BYTES_OUT : Kind.BYTES_IN;
    return new RemoteBytePort(session, headers(parent, kind, 0, null), true);
  }

  /** A channel made for a call has its context; everything else that of this thread. */
  private StreamHeaders headers(
      StreamHeaders parent, Kind kind, int capacity, @Nullable StreamContext own) {
    StreamContext context = own == null ? StreamContext.current() : own;
    return new StreamHeaders(
        session.nextReference(),
        kind,
        "",
        kind.isChannel() ? parent.codec() : null,
        capacity,
        parent.reference(),
        context.headers());
  }
}
