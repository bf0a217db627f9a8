import org.jspecify.annotations.NullMarked;

/** Turns a message into MessagePack and back. */
@NullMarked
module io.libchan.codec.msgpack {
  requires com.fasterxml.jackson.databind;
  requires io.libchan;
  requires jackson.dataformat.msgpack; // named after its file: the jar declares no module name
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.codec.msgpack;
}
