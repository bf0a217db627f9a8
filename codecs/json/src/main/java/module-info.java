import org.jspecify.annotations.NullMarked;

/** Turns a message into JSON and back. */
@NullMarked
module io.libchan.codec.json {
  requires com.fasterxml.jackson.databind;
  requires io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.codec.json;
}
