package io.libchan.spi;

import io.libchan.ChannelException;
import java.lang.reflect.Type;
import org.jspecify.annotations.Nullable;

/**
 * An end on its way to a peer inside a message. Between {@link Ends#move} and the message's sending
 * nobody can use it; then it is committed, and the end that stays goes on with a port that talks to
 * the peer, or undone, and the application owns it again.
 *
 * <p>Not thread-safe.
 */
public sealed interface Moving {
  /**
   * Takes the right to send this end away: it is there where both ends were made in this process
   * and the other one stays here. {@link #undo} gives it back.
   *
   * @return whether it was there
   */
  boolean claim();

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
    private boolean claimed;

    SenderEnd(PortSender<T> end) {
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

    /** What the channel was made for; null: what is bound to the thread that sends it away. */
    public @Nullable StreamContext context() {
      return port instanceof MemoryChannel<T>.Sending ours ? ours.channel().context() : null;
    }

    /** The port of an end that came from a peer; where {@link #claim} is refused. */
    public SendPort<T> port() {
      return port;
    }

    @Override
    public boolean claim() {
      claimed = port instanceof MemoryChannel<T>.Sending ours && ours.channel().claim();
      return claimed;
    }

    /** The receiving end that stays goes on with this port. Only after {@link #claim}. */
    public void commit(ReceivePort<T> successor) {
      owner.commit();
      ((MemoryChannel<T>.Sending) port).channel().receiveFrom(successor);
    }

    @Override
    public void undo() {
      if (claimed) {
        ((MemoryChannel<T>.Sending) port).channel().unclaim();
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
    private boolean claimed;

    ReceiverEnd(PortReceiver<T> end) {
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

    /** The port of an end that came from a peer; where {@link #claim} is refused. */
    public ReceivePort<T> port() {
      return port;
    }

    @Override
    public boolean claim() {
      claimed = port instanceof MemoryChannel<T>.Receiving ours && ours.channel().claim();
      return claimed;
    }

    /**
     * The number of the last message received here; the successor goes on numbering from it. The
     * first step of a {@link #commit}: nothing is received here any more.
     */
    public long received() {
      return ((MemoryChannel<T>.Receiving) port).channel().received();
    }

    /**
     * The sending end that stays goes on with this port, after what is queued. Only after {@link
     * #claim}.
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
      if (claimed) {
        ((MemoryChannel<T>.Receiving) port).channel().unclaim();
      }
      owner.undo();
    }
  }

  /** One end of a byte stream. */
  final class BytesEnd implements Moving {
    private final Ownership owner;
    private final BytePort port;
    private boolean claimed;

    BytesEnd(PortByteStream end) {
      owner = end.ownership();
      owner.move();
      port = end.port();
    }

    /** The port of an end that came from a peer; where {@link #claim} is refused. */
    public BytePort port() {
      return port;
    }

    @Override
    public boolean claim() {
      claimed = port instanceof MemoryBytes.End ours && ours.claim();
      return claimed;
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
      if (claimed) {
        ((MemoryBytes.End) port).unclaim();
      }
      owner.undo();
    }
  }
}
