package io.libchan.async;

import io.libchan.ChannelException;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import io.libchan.spi.Moving;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.SendPort;

/** Sends an end away, as an engine does: the other end goes on with a port. */
public final class Away {
  private Away() {}

  @SuppressWarnings("unchecked") // what moves is an end of this type
  public static <T> void send(Sender<T> end, ReceivePort<T> successor) {
    ((Moving.SenderEnd<T>) Ends.move(end)).commit(successor);
  }

  @SuppressWarnings("unchecked") // what moves is an end of this type
  public static <T> void send(Receiver<T> end, SendPort<T> successor) throws ChannelException {
    ((Moving.ReceiverEnd<T>) Ends.move(end)).commit(successor);
  }
}
