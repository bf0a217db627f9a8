import org.jspecify.annotations.NullMarked;

/** What a program using channels sees, and where transports, codecs and engines plug in. */
@NullMarked
module io.libchan {
  requires static com.google.errorprone.annotations;
  requires static transitive org.jspecify;

  exports io.libchan;
  exports io.libchan.async;
  exports io.libchan.spi;
}
