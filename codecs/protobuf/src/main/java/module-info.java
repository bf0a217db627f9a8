import org.jspecify.annotations.NullMarked;

/** Turns generated messages of Protocol Buffers, and records bound to them, into bytes and back. */
@NullMarked
module io.libchan.codec.protobuf {
  requires transitive com.google.protobuf;
  requires transitive io.libchan;
  requires static org.jspecify;

  exports io.libchan.codec.protobuf;

  provides io.libchan.spi.Codec with
      io.libchan.codec.protobuf.ProtobufCodec;
}
