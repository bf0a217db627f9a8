import org.jspecify.annotations.NullMarked;

/** Turns a message into CBOR and back. */
@NullMarked
module io.libchan.codec.cbor {
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.cbor;
  requires transitive io.libchan.codec.jackson;
  requires static org.jspecify;

  exports io.libchan.codec.cbor;

  provides io.libchan.spi.Codec with
      io.libchan.codec.cbor.CborCodec;
}
