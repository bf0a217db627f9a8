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
import io.libchan.spi.OpenEnd;
import io.libchan.spi.StreamContext;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.io.FileDescriptor;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The attachments of one message while it is encoded: collected and taken out of the application's
 * hands, then either given back or opened as streams of their own. Rules ATT-1, ATT-4.
 *
 * <p>Not thread-safe.
 */
final class OutgoingAttachments implements Codec.Attachments {
  private final CoreSession session;

  // A Moving, OpenEnd, InputStream or OutputStream each; ends holds what the application passed.
  private final List<Object> items = new ArrayList<>(0);
  private final List<Object> ends = new ArrayList<>(0);
  private @Nullable RuntimeException misuse;

  // The descriptors that go with the message, each at the index of its item.
  private final Map<Integer, Passing> passing = new HashMap<>(0);

  OutgoingAttachments(CoreSession session) {
    this.session = session;
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  int size() {
    return items.size();
  }

  /** How many take a stream. */
  int streams() {
    return items.size() - passing.size();
  }

  /** How many are passed as descriptors. */
  int descriptors() {
    return passing.size();
  }

  void clear() {
    items.clear();
    ends.clear();
    passing.clear();
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

  private Object take(Object end) throws ChannelException {
    for (Object other : ends) {
      if (other == end) {
        throw new IllegalArgumentException("attached twice to one message: " + end);
      }
    }
    if (end instanceof Sender || end instanceof Receiver) {
      return Ends.move(end);
    }
    OpenEnd open = Ends.moveOpen(end);
    boolean done = false;
    try {
      session.descriptors().check(open);
      done = true;
    } finally {
      if (open != null && !done) {
        open.undo();
      }
    }
    if (open != null) {
      return open;
    }
    if (end instanceof ByteStream) {
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
      } else if (item instanceof OpenEnd open) {
        open.undo();
      }
    }
    passing.values().forEach(Passing::discard);
    passing.clear();
    items.clear();
    ends.clear();
  }

  /**
   * Refuses what the peer can't have, before anything is opened for it, and makes the descriptors
   * that are passed.
   */
  void check(@Nullable String codec) throws ChannelException {
    prepare();
    for (Object item : items) {
      if (item instanceof Moving.SenderEnd<?> end) {
        check(codec, end.port().codec(), end.type());
      } else if (item instanceof Moving.ReceiverEnd<?> end) {
        check(codec, end.port().codec(), end.type());
      }
    }
  }

  private void prepare() throws ChannelException {
    DescriptorTable table = session.descriptors();
    for (int i = 0; i < items.size(); i++) {
      FileDescriptor open =
          items.get(i) instanceof OpenEnd end && table.passes() ? end.descriptor() : null;
      if (open != null) {
        passing.put(i, table.prepare(((OpenEnd) items.get(i)).role(), open));
      }
    }
    int most = session.peerHello().descriptors();
    if (passing.size() > most) {
      throw new LimitExceeded(
          Reason.limit("descriptors", "message of " + passing.size() + " > " + most));
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

  /**
   * Opens a stream for each. They belong to the peer once the moves are committed. The stream of
   * the message then has to want to write, whatever becomes of it.
   */
  Moves open(RemoteSendPort<?> parent) {
    Object[] entries = new Object[items.size()];
    for (int i = 0; i < entries.length; i++) {
      Passing descriptor = passing.get(i);
      if (descriptor == null) {
        StreamPort port = port(parent.headers, items.get(i));
        session.openNamed(port);
        entries[i] = port;
      } else {
        entries[i] = descriptor;
      }
    }
    return new Moves(session, items.toArray(), new Names(entries));
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
    if (item instanceof OpenEnd end) {
      return new RemoteBytePort(session, headers(parent, end), true);
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

  private StreamHeaders headers(StreamHeaders parent, OpenEnd end) {
    StreamContext context = StreamContext.current();
    if (end.role() == Kind.FILE) {
      Map<Integer, String> extra = new HashMap<>(context.headers());
      extra.put(StreamHeaders.FILE_RANGE, end.fileHeader());
      context = () -> extra;
    }
    return headers(parent, end.role(), null, 0, context);
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
