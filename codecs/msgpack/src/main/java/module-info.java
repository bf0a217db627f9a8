import org.jspecify.annotations.NullMarked;

/** Turns a message into MessagePack and back. */
@NullMarked
module io.libchan.codec.msgpack {
  requires com.fasterxml.jackson.annotation;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires transitive io.libchan.codec.jackson;
  requires static org.jspecify;

  exports io.libchan.codec.msgpack;

  provides io.libchan.spi.Codec with
      io.libchan.codec.msgpack.MsgpackCodec;
  provides io.libchan.spi.ReferenceCodec with
      io.libchan.codec.msgpack.ReferenceMsgpack;
}
