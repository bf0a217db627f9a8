package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** What encoding one message needs, used again and again. Not thread-safe. */
final class Encoding {
  /** The frame header and the count of attachments, in front of the codec's bytes. */
  private static final int HEADROOM = Frames.HEADER_BYTES + 2;

  private final EncodeBuffer buffer;
  private final OutgoingAttachments attachments;

  Encoding(CoreSession session) {
    buffer = new EncodeBuffer(session.peerHello().messageBytes(), HEADROOM);
    attachments = new OutgoingAttachments(session);
  }

  OutgoingAttachments attachments() {
    return attachments;
  }

  /** Encodes; if that fails, the application still owns what it attached. */
  void encode(Object message, Codec.Format format) throws ChannelException {
    buffer.clear();
    attachments.clear();
    boolean done = false;
    try {
      format.encode(message, attachments, buffer);
      done = true;
    } finally {
      if (!done) {
        attachments.undo();
        attachments.rethrowMisuse();
      }
    }
  }

  /** Adds the frame of a message without attachments. */
  void addTo(Outbox outbox) {
    byte[] bytes = buffer.array();
    ByteBuffer.wrap(bytes)
        .put((byte) Frames.MESSAGE)
        .putInt(buffer.length() - Frames.HEADER_BYTES)
        .putShort((short) 0);
    outbox.add(bytes, 0, buffer.length());
  }

  /** The frame of a message with attachments: their table stands before the codec's bytes. */
  byte[] frame(Names names) {
    int body = buffer.length() - HEADROOM;
    int length = 2 + Names.ENTRY_BYTES * names.count() + body;
    byte[] bytes = new byte[Frames.HEADER_BYTES + length];
    ByteBuffer frame = ByteBuffer.wrap(bytes);
    frame.put((byte) Frames.MESSAGE).putInt(length).putShort((short) names.count());
    names.put(frame);
    frame.put(buffer.array(), HEADROOM, body);
    return bytes;
  }

  /** A few encodings for the threads of one session, without a thread-local each. Thread-safe. */
  static final class Pool {
    private static final int SLOTS = 8;

    private final CoreSession session;
    private final AtomicReferenceArray<Encoding> slots = new AtomicReferenceArray<>(SLOTS);

    Pool(CoreSession session) {
      this.session = session;
    }

    Encoding take() {
      Encoding kept = slots.getAndSet(slot(), null);
      return kept == null ? new Encoding(session) : kept;
    }

    void give(Encoding encoding) {
      encoding.attachments.clear();
      slots.setRelease(slot(), encoding);
    }

    private static int slot() {
      return (int) (Thread.currentThread().getId() & (SLOTS - 1));
    }
  }
}
