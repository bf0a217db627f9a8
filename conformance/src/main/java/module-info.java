import org.jspecify.annotations.NullMarked;

/** Asks any implementation of the wire, rule by rule, whether it keeps the specification. */
@NullMarked
module io.libchan.conformance {
  requires transitive io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.conformance;
  exports io.libchan.conformance.peer;

  // Messages are read and written by codecs.
  opens io.libchan.conformance.peer;
}
