import org.jspecify.annotations.NullMarked;

/** Turns a message into JSON and back. */
@NullMarked
module io.libchan.codec.json {
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.databind;
  requires transitive io.libchan.codec.jackson;
  requires static org.jspecify;

  exports io.libchan.codec.json;

  provides io.libchan.spi.Codec with
      io.libchan.codec.json.JsonCodec;
}
