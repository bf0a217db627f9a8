package io.libchan.codec.protobuf;

import io.libchan.ChannelException;
import io.libchan.codec.protobuf.ProtobufFormat.Outgoing;
import io.libchan.spi.Codec.Claims;

/** What a component of a record is in a message, and the reverse. Thread-safe. */
interface Conversion {
  /** The value for a field. */
  Object write(Object value, Outgoing attachments) throws ChannelException;

  /** The value for a component. */
  Object read(Object field, Claims claims) throws ChannelException;

  /** The same on both sides. */
  static Conversion same() {
    return new Conversion() {
      @Override
      public Object write(Object value, Outgoing attachments) {
        return value;
      }

      @Override
      public Object read(Object field, Claims claims) {
        return field;
      }
    };
  }
}
