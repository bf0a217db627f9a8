package io.libchan;

import io.libchan.spi.Ends;
import java.lang.reflect.Type;

/**
 * A channel inside this process: a sending end and a receiving end, one-way, typed and ordered.
 *
 * <p>Either end may be sent to a peer inside a message; the other end stays here and from then on
 * talks to the peer, with the same guarantees. Messages between two local ends are passed by
 * reference and should be immutable, such as records.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public final class Channel<T> {
  /** The capacity in messages where none is given: {@value}. */
  public static final int DEFAULT_CAPACITY = 1024;

  /** The largest capacity in messages: {@value}. */
  public static final int MAX_CAPACITY = 1 << 20;

  private final Sender<T> sender;
  private final Receiver<T> receiver;

  private Channel(Type type, int capacity) {
    if (capacity < 0 || capacity > MAX_CAPACITY) {
      throw new IllegalArgumentException("capacity " + capacity + " not in 0.." + MAX_CAPACITY);
    }
    Ends.Pair<T> pair = Ends.memory(type, capacity);
    sender = pair.sender();
    receiver = pair.receiver();
  }

  /** A channel of the default capacity. */
  public static <T> Channel<T> of(Class<T> type) {
    return new Channel<>(type, DEFAULT_CAPACITY);
  }

  /**
   * A channel of this capacity.
   *
   * @param capacity messages sent and not yet received, 0..{@value #MAX_CAPACITY}; 0 is a
   *     rendezvous
   */
  public static <T> Channel<T> of(Class<T> type, int capacity) {
    return new Channel<>(type, capacity);
  }

  /** A channel of a generic type, of the default capacity. */
  public static <T> Channel<T> of(TypeRef<T> type) {
    return new Channel<>(type.type(), DEFAULT_CAPACITY);
  }

  /** A channel of a generic type and this capacity; see {@link #of(Class, int)}. */
  public static <T> Channel<T> of(TypeRef<T> type, int capacity) {
    return new Channel<>(type.type(), capacity);
  }

  /** The sending end; always the same object. */
  public Sender<T> sender() {
    return sender;
  }

  /** The receiving end; always the same object. */
  public Receiver<T> receiver() {
    return receiver;
  }
}
