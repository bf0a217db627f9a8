package io.libchan.codec.msgpack;

import io.libchan.ChannelException;
import io.libchan.codec.jackson.Bytes;
import io.libchan.spi.Malformed;
import org.jspecify.annotations.Nullable;

/** Which extension types a wire knows. Thread-safe. */
interface Extensions {
  /** Wire 1: an attachment is type {@value MsgpackCodec#ATTACHMENT_TYPE}, two bytes. Rule COD-8. */
  Extensions WIRE_1 =
      new Extensions() {
        @Override
        public void check(int type, int length) throws ChannelException {
          if (type == MsgpackCodec.ATTACHMENT_TYPE && length != 2) {
            throw Malformed.bytes("an attachment is not two bytes");
          }
        }

        @Override
        public int index(int type, byte[] bytes, int start, int length) {
          return type == MsgpackCodec.ATTACHMENT_TYPE ? Bytes.u16(bytes, start) : NONE;
        }
      };

  /** What {@link #index} says of an extension that is no attachment. */
  int NONE = -1;

  /** Refuses an extension of a known type whose bytes can't be right. */
  void check(int type, int length) throws ChannelException;

  /** The index of an attachment, or {@link #NONE}. */
  int index(int type, byte[] bytes, int start, int length);

  /** The value of an extension that is neither an attachment nor unknown; null if it is. */
  default @Nullable Object value(int type, byte[] bytes, int start, int length) {
    return null;
  }
}
