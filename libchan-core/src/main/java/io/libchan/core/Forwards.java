package io.libchan.core;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Descriptor;
import io.libchan.spi.Ends;
import io.libchan.spi.OpenEnd;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.StreamHeaders.Kind;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The attachments of a message that is passed on undecoded: each goes on as a stream, or as the
 * descriptor that it is. Rules FWD-3, ATT-9.
 *
 * <p>Not thread-safe: one turn of a relay's.
 */
final class Forwards {
  private final RemoteSendPort<?> parent;
  private final Incoming message;
  private final Incoming.Named[] named;
  private final boolean passes;
  private final Object[] entries;
  private final @Nullable OpenEnd[] carried;

  private Forwards(RemoteSendPort<?> parent, Incoming message) {
    this.parent = parent;
    this.message = message;
    named = message.named();
    passes = named.length > 0 && parent.session.descriptors().passes();
    entries = new Object[named.length];
    carried = new OpenEnd[named.length];
  }

  /** How many of a message's attachments take a stream on this session. */
  static int streams(CoreSession session, Incoming message) {
    return message.named().length - descriptors(session, message);
  }

  /** How many of a message's attachments are passed as descriptors on this session. */
  static int descriptors(CoreSession session, Incoming message) {
    int count = 0;
    for (Incoming.Named one : message.named()) {
      count += one.descriptor() != null ? 1 : 0;
    }
    return count > 0 && session.descriptors().passes() ? count : 0;
  }

  /** Opens a stream for each, below the channel that the message leaves on. */
  static Forwards open(RemoteSendPort<?> parent, Incoming message) {
    Forwards forwards = new Forwards(parent, message);
    for (int i = 0; i < forwards.entries.length; i++) {
      forwards.entries[i] = forwards.entry(i);
    }
    return forwards;
  }

  Names names() {
    return entries.length == 0 ? Names.NONE : new Names(entries);
  }

  private Object entry(int index) {
    Incoming.Named one = named[index];
    Descriptor descriptor = one.descriptor();
    if (descriptor != null && passes) {
      one.forget(); // it is the table's from here on
      return new Passing(parent.session.descriptors(), one.kind, descriptor);
    }
    OpenEnd end = null;
    if (descriptor != null) {
      end = open(descriptor, one.kind);
      carried[index] = end;
      if (end != null) {
        one.forget(); // it is the end's from here on
      }
    }
    StreamPort port = port(one, end);
    parent.session.open(port);
    return port;
  }

  /** What to carry the bytes of; null if it is not what the peer says, such as a file. */
  private static @Nullable OpenEnd open(Descriptor descriptor, Kind kind) {
    Object whole = Ends.arrived(descriptor, kind, Object.class);
    try {
      return whole == null ? null : Ends.moveOpen(whole);
    } catch (IllegalStateException e) {
      System.getLogger("io.libchan")
          .log(System.Logger.Level.DEBUG, "a descriptor that is no " + kind, e);
      return null;
    }
  }

  private StreamPort port(Incoming.Named one, @Nullable OpenEnd end) {
    CoreSession session = parent.session;
    StreamPort arrived = one.port;
    StreamHeaders as = arrived == null ? parent.headers : arrived.headers;
    Map<Integer, String> extra =
        new HashMap<>(arrived == null ? Map.of() : arrived.context().headers());
    if (end != null && one.kind == Kind.FILE) {
      extra.put(StreamHeaders.FILE_RANGE, end.fileHeader());
    }
    StreamHeaders headers =
        new StreamHeaders(
            session.nextReference(),
            one.kind,
            "",
            one.kind.isChannel() ? as.codec() : null,
            one.kind.isChannel() && arrived != null ? as.capacity() : 0,
            parent.headers.reference(),
            extra);
    return switch (one.kind) {
      case SENDING -> new RemoteSendPort<>(session, headers);
      case RECEIVING -> new RemoteReceivePort<>(session, headers);
      default -> new RemoteBytePort(session, headers, true);
    };
  }

  /** The streams that arrived in a session and those that were opened for them are one. */
  void join(CoreSession from) {
    for (int i = 0; i < entries.length; i++) {
      OpenEnd end = carried[i];
      if (end != null && entries[i] instanceof RemoteBytePort port) {
        Pumps.open(parent.session.options().pumps(), end, port);
      } else if (entries[i] instanceof StreamPort port) {
        join(named[i].port, port, named[i].reference);
        named[i].closeDescriptor();
      }
    }
    message.letGo(from);
  }

  /** The message is not passed on after all. */
  void abandon(Reason reason) {
    names().abandon(reason);
    for (OpenEnd end : carried) {
      if (end != null) {
        end.given(); // to nobody: closed
      }
    }
  }

  private static void join(@Nullable StreamPort arrived, StreamPort opened, long reference) {
    if (arrived instanceof RemoteReceivePort<?> from && opened instanceof RemoteSendPort<?> to) {
      Relay.join(from, to);
    } else if (arrived instanceof RemoteSendPort<?> to
        && opened instanceof RemoteReceivePort<?> from) {
      Relay.join(from, to);
    } else if (arrived instanceof RemoteBytePort one && opened instanceof RemoteBytePort other) {
      one.relayTo(other);
    } else {
      opened.abandon(
          opened.session.stamp(
              Reason.of(
                  ReasonCode.REF_NOT_FOUND,
                  "ATT-2: attachment " + reference + " never came, or is not what it was to be")));
    }
  }
}
