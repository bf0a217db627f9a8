package io.libchan.core;

import io.libchan.Reason;
import io.libchan.spi.Moving;
import io.libchan.spi.OpenEnd;
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
  private final Names names;

  Moves(CoreSession session, Object[] items, Names names) {
    this.session = session;
    this.items = items;
    this.names = names;
  }

  Names names() {
    return names;
  }

  /** The ends that stay go on with the streams. */
  void commit() {
    for (int i = 0; i < items.length; i++) {
      commit(items[i], names.entry(i));
    }
  }

  private void commit(Object item, Object port) {
    if (item instanceof OpenEnd end) {
      if (port instanceof RemoteBytePort bytes) {
        Pumps.open(session.options().pumps(), end, bytes);
      } else {
        end.given();
      }
    } else if (item instanceof Moving.SenderEnd<?> end) {
      commit(end, (RemoteReceivePort<?>) port);
    } else if (item instanceof Moving.ReceiverEnd<?> end) {
      commit(end, (RemoteSendPort<?>) port);
    } else if (item instanceof Moving.BytesEnd end) {
      end.commit((RemoteBytePort) port);
    } else if (item instanceof InputStream input) {
      Pumps.in(session.options().pumps(), input, (RemoteBytePort) port);
    } else {
      Pumps.out(session.options().pumps(), (RemoteBytePort) port, (OutputStream) item);
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
    names.abandon(reason);
    for (Object item : items) {
      if (item instanceof Moving moving) {
        moving.undo();
      } else if (item instanceof OpenEnd end) {
        end.undo();
      }
    }
  }
}
