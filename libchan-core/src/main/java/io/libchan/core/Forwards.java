package io.libchan.core;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.StreamHeaders;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The attachments of a message that is passed on undecoded: each goes on as a stream. */
final class Forwards {
  private static final StreamPort[] NONE = new StreamPort[0];

  private Forwards() {}

  /** Opens a stream for each, below the channel that the message leaves on. Rule FWD-3. */
  static StreamPort[] open(RemoteSendPort<?> parent, Incoming.Named[] named) {
    if (named.length == 0) {
      return NONE;
    }
    StreamPort[] ports = new StreamPort[named.length];
    for (int i = 0; i < ports.length; i++) {
      ports[i] = port(parent, named[i]);
      parent.session.open(ports[i]);
    }
    return ports;
  }

  private static StreamPort port(RemoteSendPort<?> parent, Incoming.Named named) {
    CoreSession session = parent.session;
    StreamPort arrived = named.port;
    StreamHeaders as = arrived == null ? parent.headers : arrived.headers;
    StreamHeaders headers =
        new StreamHeaders(
            session.nextReference(),
            named.kind,
            "",
            named.kind.isChannel() ? as.codec() : null,
            named.kind.isChannel() && arrived != null ? as.capacity() : 0,
            parent.headers.reference(),
            arrived == null ? Map.of() : arrived.context().headers());
    return switch (named.kind) {
      case SENDING -> new RemoteSendPort<>(session, headers);
      case RECEIVING -> new RemoteReceivePort<>(session, headers);
      default -> new RemoteBytePort(session, headers, true);
    };
  }

  /** The streams that arrived and those that were opened for them are one. */
  static void join(Incoming.Named[] named, StreamPort[] ports) {
    for (int i = 0; i < ports.length; i++) {
      join(named[i].port, ports[i], named[i].reference);
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
                  ReasonCode.REF_NOT_FOUND, "ATT-2: attachment " + reference + " never came")));
    }
  }
}
