package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.spi.Codec;
import io.libchan.spi.EncodeBuffer;
import java.nio.ByteBuffer;

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

  /** Ready for the next message. */
  void clear() {
    attachments.clear();
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

  /** Adds the frame of a message without attachments; a large one in the array that it is in. */
  void addTo(Outbox outbox) {
    byte[] bytes = buffer.array();
    int length = buffer.length();
    Frames.putHeader(bytes, 0, Frames.MESSAGE, length - Frames.HEADER_BYTES);
    bytes[Frames.HEADER_BYTES] = 0; // no attachments
    bytes[Frames.HEADER_BYTES + 1] = 0;
    if (length >= Outbox.OWNED_BYTES && length >= bytes.length / 4 * 3) {
      buffer.release();
      outbox.addOwned(bytes, length);
    } else {
      outbox.add(bytes, 0, length);
    }
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
}
