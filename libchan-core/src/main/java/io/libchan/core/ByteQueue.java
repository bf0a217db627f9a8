package io.libchan.core;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that were received and not read, in order. One thread puts while another takes, without a
 * lock between them: how many bytes there are to take is the owner's business, who has to publish
 * them from one thread to the other, under a lock say.
 */
final class ByteQueue {
  /** An array that is filled and emptied once. */
  private static final class Node {
    final byte[] array;
    @Nullable Node next;

    Node(byte[] array) {
      this.array = array;
    }
  }

  // Only of whoever puts.
  private Node tail = new Node(new byte[0]);
  private int tailAt;

  // Only of whoever takes. Behind a full node the next one hangs before anything in it can be
  // taken.
  private Node head = tail;
  private int headAt;

  /** Puts all of these bytes. */
  void put(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      if (tailAt == tail.array.length) {
        append(bytes.remaining());
      }
      int part = Math.min(tail.array.length - tailAt, bytes.remaining());
      bytes.get(tail.array, tailAt, part);
      tailAt += part;
    }
  }

  /**
   * Few bytes get an array of about their size, of many parts in a row the next one a larger array:
   * a peer must not make us hold much more than it sends, in whatever parts.
   */
  private void append(int count) {
    int few = Math.max(count, Math.min(2 * tail.array.length, Segments.WORTH_BYTES / 2));
    byte[] array = count >= Segments.WORTH_BYTES ? Segments.take() : new byte[few];
    Node node = new Node(array);
    tail.next = node;
    tail = node;
    tailAt = 0;
  }

  /** Takes so many bytes, which must have been put. */
  void take(byte[] into, int offset, int count) {
    int taken = 0;
    while (taken < count) {
      if (headAt == head.array.length) {
        head = following();
        headAt = 0;
      }
      int part = Math.min(head.array.length - headAt, count - taken);
      System.arraycopy(head.array, headAt, into, offset + taken, part);
      taken += part;
      headAt += part;
      if (headAt == head.array.length) {
        Segments.give(head.array);
      }
    }
  }

  private Node following() {
    Node node = head.next;
    if (node == null) {
      throw new IllegalStateException("more is taken than was put");
    }
    return node;
  }

  /** All was taken, and nothing is put any more: gives up what it holds. */
  void close() {
    if (tailAt < tail.array.length) {
      Segments.give(tail.array);
    }
  }
}
