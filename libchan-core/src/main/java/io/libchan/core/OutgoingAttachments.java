package io.libchan.core;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.LimitExceeded;
import io.libchan.Reason;
import io.libchan.ReasonCode;
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
import java.lang.reflect.Type;
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
      return Ends.move(end);
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

  /** Refuses channels that the peer can't have, before anything is opened for them. */
  void check(@Nullable String codec) throws ChannelException {
    for (Object item : items) {
      if (item instanceof Moving.SenderEnd<?> end) {
        check(codec, end.port().codec(), end.type());
      } else if (item instanceof Moving.ReceiverEnd<?> end) {
        check(codec, end.port().codec(), end.type());
      }
    }
  }

  private void check(@Nullable String codec, @Nullable String own, Type type)
      throws ChannelException {
    if (own != null && !session.peerHello().codecs().contains(own)) {
      throw new ChannelReset(
          Reason.of(
              ReasonCode.UNSUPPORTED,
              "the peer has no codec \"" + own + "\", only " + session.peerHello().codecs()));
    }
    session.format(own == null ? codec : own, type);
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
              session,
              headers(parent, Kind.RECEIVING, end.port().codec(), end.capacity(), context(end)));
      port.use(end.type());
      return port;
    }
    if (item instanceof Moving.ReceiverEnd<?> end) {
      RemoteSendPort<?> port =
          new RemoteSendPort<>(
              session,
              headers(parent, Kind.SENDING, end.port().codec(), end.capacity(), context(end)));
      port.use(end.type());
      port.awaitAdoption();
      return port;
    }
    Kind kind =
        item instanceof Moving
            ? Kind.BYTES
            : item instanceof InputStream ? Kind.BYTES_OUT : Kind.BYTES_IN;
    RemoteBytePort port =
        new RemoteBytePort(session, headers(parent, kind, null, 0, StreamContext.current()), true);
    if (item instanceof Moving) {
      port.awaitAdoption();
    }
    return port;
  }

  /** One that came from a peer goes on with its own; a new one may have been made with one. */
  private static StreamContext context(Moving.SenderEnd<?> end) {
    StreamContext own = end.context();
    return own == null ? StreamContext.current() : own;
  }

  private static StreamContext context(Moving.ReceiverEnd<?> end) {
    StreamContext own = end.context();
    return own == null ? StreamContext.current() : own;
  }

  /** The codec of a channel whose messages are bytes already is theirs. */
  private StreamHeaders headers(
      StreamHeaders parent, Kind kind, @Nullable String own, int capacity, StreamContext context) {
    return new StreamHeaders(
        session.nextReference(),
        kind,
        "",
        !kind.isChannel() ? null : own == null ? parent.codec() : own,
        capacity,
        parent.reference(),
        context.headers());
  }
}
