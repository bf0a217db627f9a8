package io.libchan.spi;

import java.util.Map;

/**
 * What the streams of one piece of work carry besides headers of their own: how much time is left
 * for it, and the trace it belongs to. Preamble headers 5 and 6.
 *
 * <p>The engine asks the {@link #current} context of the thread that opens a channel or encodes a
 * message, and puts its headers on each stream opened there. What a peer sent is {@link
 * Ends#context} of the end that arrived.
 *
 * <p>Thread-safe.
 */
@FunctionalInterface
public interface StreamContext {
  /** The key of the time left, in milliseconds. */
  int DEADLINE = 5;

  /** The key of the trace, as in W3C Trace Context. */
  int TRACEPARENT = 6;

  /** No context: no headers. */
  StreamContext NONE = Map::of;

  /** The headers for a stream that is opened now, by key. */
  Map<Integer, String> headers();

  /** The context bound to this thread; {@link #NONE} if there is none. */
  static StreamContext current() {
    return BoundContext.get();
  }

  /**
   * Binds a context to this thread. New threads do not inherit it.
   *
   * @param context what is bound from now on; {@link #NONE} binds nothing
   * @return what was bound before; to be bound again afterwards
   */
  static StreamContext bind(StreamContext context) {
    return BoundContext.swap(context);
  }

  /** The context of a stream that a peer opened just now: from here on its time runs. */
  static StreamContext arrived(Map<Integer, String> headers) {
    return headers.isEmpty() ? NONE : new ArrivedContext(headers);
  }
}
