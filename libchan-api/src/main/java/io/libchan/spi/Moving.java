package io.libchan.spi;

import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * An end on its way to a peer inside a message. Between {@link Ends#move} and the message's sending
 * nobody can use it; then it is committed, or undone, and the application owns it again. Committed,
 * the other end goes on with a port that talks to the peer, wherever that other end is: in this
 * process, or at a peer itself, so that the two are joined here.
 *
 * <p>Not thread-safe.
 */
public sealed interface Moving {
  /** Gives the end back to the application. */
  void undo();

  /**
   * A sending end: the peer will send to the receiving end that stays.
   *
   * @param <T> the message type
   */
  final class SenderEnd<T> implements Moving {
    private final PortSender<T> end;
    private final Ownership owner;
    private final SendPort<T> port;

    SenderEnd(PortSender<T> end) {
      this.end = end;
      owner = end.ownership();
      owner.move();
      port = end.port();
    }

    /** The message type. */
    public Type type() {
      return port.type();
    }

    /** The capacity. */
    public int capacity() {
      return port.capacity();
    }

    /**
     * What the channel was made or opened for; null: what is bound to the thread that sends it
     * away.
     */
    public @Nullable StreamContext context() {
      return port instanceof MemoryChannel<T>.Sending ours ? ours.madeFor() : port.context();
    }

    /** The port behind the end. */
    public SendPort<T> port() {
      return port;
    }

    /** The receiving end goes on with this port. */
    public void commit(ReceivePort<T> successor) {
      owner.commit();
      port.relayFrom(successor);
      end.moved(successor);
    }

    @Override
    public void undo() {
      owner.undo();
    }
  }

  /**
   * A receiving end: the peer will receive from the sending end that stays.
   *
   * @param <T> the message type
   */
  final class ReceiverEnd<T> implements Moving {
    private final PortReceiver<T> end;
    private final Ownership owner;
    private final ReceivePort<T> port;

    ReceiverEnd(PortReceiver<T> end) {
      this.end = end;
      owner = end.ownership();
      owner.move();
      port = end.port();
    }

    /** The message type. */
    public Type type() {
      return port.type();
    }

    /** The capacity. */
    public int capacity() {
      return port.capacity();
    }

    /** As {@link SenderEnd#context()}. */
    public @Nullable StreamContext context() {
      return port instanceof MemoryChannel<T>.Receiving ours ? ours.madeFor() : port.context();
    }

    /** The port behind the end. */
    public ReceivePort<T> port() {
      return port;
    }

    /**
     * The sending end goes on with this port, after what is queued, of which some may find no room
     * yet and follows. If something can't be sent, the channel fails at both ends.
     */
    public void commit(SendPort<T> successor) {
      owner.commit();
      port.relayTo(successor);
      end.moved(successor);
    }

    @Override
    public void undo() {
      owner.undo();
    }
  }

  /** One end of a byte stream. */
  final class BytesEnd implements Moving {
    private final Ownership owner;
    private final BytePort port;

    BytesEnd(PortByteStream end) {
      owner = end.ownership();
      owner.move();
      port = end.port();
    }

    /** The port behind the end. */
    public BytePort port() {
      return port;
    }

    /**
     * The other end goes on with this port, after what is buffered.
     *
     * @param successor has room for everything that is buffered, 64 KiB at most
     */
    public void commit(BytePort successor) {
      owner.commit();
      port.relayTo(successor);
    }

    @Override
    public void undo() {
      owner.undo();
    }
  }
}
