package io.libchan.core;

import io.libchan.Reason;
import io.libchan.spi.Moving;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * The attachments of a message that was encoded and whose streams are open: either the message is
 * accepted and they move, or it is not and the application has them back.
 *
 * <p>Not thread-safe: whoever settles the message calls one of the two, once.
 */
final class Moves {
  private final CoreSession session;
  private final Object[] items;
  private final StreamPort[] ports;

  Moves(CoreSession session, Object[] items, StreamPort[] ports) {
    this.session = session;
    this.items = items;
    this.ports = ports;
  }

  StreamPort[] ports() {
    return ports;
  }

  /** The ends that stay go on with the streams. */
  void commit() {
    for (int i = 0; i < ports.length; i++) {
      commit(items[i], ports[i]);
    }
  }

  private void commit(Object item, StreamPort port) {
    if (item instanceof Moving.SenderEnd<?> end) {
      commit(end, (RemoteReceivePort<?>) port);
    } else if (item instanceof Moving.ReceiverEnd<?> end) {
      commit(end, (RemoteSendPort<?>) port);
    } else if (item instanceof Moving.BytesEnd end) {
      end.commit((RemoteBytePort) port);
    } else if (item instanceof InputStream input) {
      Pumps.in(session, input, (RemoteBytePort) port);
    } else {
      Pumps.out(session, (RemoteBytePort) port, (OutputStream) item);
    }
  }

  @SuppressWarnings("unchecked") // the port was made for this end, with its type
  private static <T> void commit(Moving.SenderEnd<T> end, RemoteReceivePort<?> port) {
    end.commit((ReceivePort<T>) port);
  }

  @SuppressWarnings("unchecked") // the port was made for this end, with its type
  private static <T> void commit(Moving.ReceiverEnd<T> end, RemoteSendPort<?> port) {
    end.commit((SendPort<T>) port);
  }

  /** The application has everything back; the streams end with this reason. */
  void undo(Reason reason) {
    for (int i = 0; i < ports.length; i++) {
      ports[i].abandon(reason);
      if (items[i] instanceof Moving moving) {
        moving.undo();
      }
    }
  }
}
