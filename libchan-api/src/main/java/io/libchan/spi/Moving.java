package io.libchan.spi;

import io.libchan.ChannelException;
import java.lang.reflect.Type;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

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
    private final @Nullable MemoryChannel<T> channel; // if this end may be sent away

    SenderEnd(PortSender<T> end) {
      owner = end.ownership();
      owner.move();
      port = end.port();
      channel =
          port instanceof MemoryChannel<T>.Sending ours && ours.channel().claim()
              ? ours.channel()
              : null;
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

    /** Whether both ends were made in this process and the other one stays here. */
    public boolean isLocal() {
      return channel != null;
    }

    /** The receiving end that stays goes on with this port. Only where {@link #isLocal}. */
    public void commit(ReceivePort<T> successor) {
      owner.commit();
      Objects.requireNonNull(channel).receiveFrom(successor);
    }

    @Override
    public void undo() {
      if (channel != null) {
        channel.unclaim();
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
    private final @Nullable MemoryChannel<T> channel; // if this end may be sent away

    ReceiverEnd(PortReceiver<T> end) {
      owner = end.ownership();
      owner.move();
      port = end.port();
      channel =
          port instanceof MemoryChannel<T>.Receiving ours && ours.channel().claim()
              ? ours.channel()
              : null;
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

    /** Whether both ends were made in this process and the other one stays here. */
    public boolean isLocal() {
      return channel != null;
    }

    /**
     * The number of the last message received here; the successor goes on numbering from it. The
     * first step of a {@link #commit}: nothing is received here any more.
     */
    public long received() {
      return Objects.requireNonNull(channel).received();
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
      Objects.requireNonNull(channel).sendTo(successor);
    }

    @Override
    public void undo() {
      if (channel != null) {
        channel.unclaim();
      }
      owner.undo();
    }
  }

  /** One end of a byte stream. */
  final class BytesEnd implements Moving {
    private final Ownership owner;
    private final BytePort port;
    private final MemoryBytes.@Nullable End local; // if this end may be sent away

    BytesEnd(PortByteStream end) {
      owner = end.ownership();
      owner.move();
      port = end.port();
      local = port instanceof MemoryBytes.End ours && ours.claim() ? ours : null;
    }

    /** The port of an end that came from a peer; what {@link #isLocal} denies. */
    public BytePort port() {
      return port;
    }

    /** Whether both ends were made in this process. */
    public boolean isLocal() {
      return local != null;
    }

    /**
     * The end that stays goes on with this port, after what is buffered.
     *
     * @param successor has room for everything that is buffered, 64 KiB at most
     */
    public void commit(BytePort successor) {
      owner.commit();
      Objects.requireNonNull(local).other().continueWith(successor);
    }

    @Override
    public void undo() {
      if (local != null) {
        local.unclaim();
      }
      owner.undo();
    }
  }
}
