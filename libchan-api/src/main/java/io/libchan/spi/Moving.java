package io.libchan.spi;

import io.libchan.ChannelException;
import java.lang.reflect.Type;

/**
 * An end on its way to a peer inside a message. Between {@link Ends#move} and the message's sending
 * nobody can use it; then it is committed, and the end that stays goes on with a port that talks to
 * the peer, or undone, and the application owns it again.
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
    private final Ownership owner;
    private final SendPort<T> port;

    SenderEnd(PortSender<T> end) {
      owner = end.ownership();
      owner.move();
      port = end.port();
      if (port instanceof MemoryChannel<?>.Sending local && !local.channel().claim()) {
        owner.undo();
        throw new IllegalArgumentException(MemoryChannel.OTHER_IS_GONE);
      }
    }

    /** The message type. */
    public Type type() {
      return port.type();
    }

    /** The capacity. */
    public int capacity() {
      return port.capacity();
    }

    /** The port of an end that came from a peer; what {@link #isLocal} denies. */
    public SendPort<T> port() {
      return port;
    }

    /** Whether both ends were made in this process. */
    public boolean isLocal() {
      return port instanceof MemoryChannel<?>.Sending;
    }

    /** The receiving end that stays goes on with this port. Only where {@link #isLocal}. */
    public void commit(ReceivePort<T> successor) {
      owner.commit();
      ((MemoryChannel<T>.Sending) port).channel().receiveFrom(successor);
    }

    @Override
    public void undo() {
      if (port instanceof MemoryChannel<?>.Sending local) {
        local.channel().release();
      }
      owner.undo();
    }
  }

  /**
   * A receiving end: the peer will receive from the sending end that stays.
   *
   * @param <T> the message type
   */
  final class ReceiverEnd<T> implements Moving {
    private final Ownership owner;
    private final ReceivePort<T> port;

    ReceiverEnd(PortReceiver<T> end) {
      owner = end.ownership();
      owner.move();
      port = end.port();
      if (port instanceof MemoryChannel<?>.Receiving local && !local.channel().claim()) {
        owner.undo();
        throw new IllegalArgumentException(MemoryChannel.OTHER_IS_GONE);
      }
    }

    /** The message type. */
    public Type type() {
      return port.type();
    }

    /** The capacity. */
    public int capacity() {
      return port.capacity();
    }

    /** The port of an end that came from a peer; what {@link #isLocal} denies. */
    public ReceivePort<T> port() {
      return port;
    }

    /** Whether both ends were made in this process. */
    public boolean isLocal() {
      return port instanceof MemoryChannel<?>.Receiving;
    }

    /**
     * Holds the channel: nothing more is sent, received or withdrawn here until {@link #commit},
     * which has to follow.
     *
     * @return the number of the last message received; the successor goes on numbering from it
     */
    public long hold() {
      return ((MemoryChannel<T>.Receiving) port).channel().hold();
    }

    /**
     * The sending end that stays goes on with this port, after what is queued. Only where {@link
     * #isLocal}.
     *
     * @param successor has room for everything that is queued
     * @throws ChannelException if something queued can't be sent; the port is to be failed with it
     */
    public void commit(SendPort<T> successor) throws ChannelException {
      owner.commit();
      ((MemoryChannel<T>.Receiving) port).channel().sendTo(successor);
    }

    @Override
    public void undo() {
      if (port instanceof MemoryChannel<?>.Receiving local) {
        local.channel().release();
      }
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
      if (port instanceof MemoryBytes.End local && !local.claim()) {
        owner.undo();
        throw new IllegalArgumentException(MemoryChannel.OTHER_IS_GONE);
      }
    }

    /** The port of an end that came from a peer; what {@link #isLocal} denies. */
    public BytePort port() {
      return port;
    }

    /** Whether both ends were made in this process. */
    public boolean isLocal() {
      return port instanceof MemoryBytes.End;
    }

    /**
     * The end that stays goes on with this port, after what is buffered.
     *
     * @param successor has room for everything that is buffered, 64 KiB at most
     */
    public void commit(BytePort successor) {
      owner.commit();
      ((MemoryBytes.End) port).other().continueWith(successor);
    }

    @Override
    public void undo() {
      if (port instanceof MemoryBytes.End local) {
        local.release();
      }
      owner.undo();
    }
  }
}
