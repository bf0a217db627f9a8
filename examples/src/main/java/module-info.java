import org.jspecify.annotations.NullMarked;

/** Small programs that show how parts talk over channels. */
@NullMarked
module io.libchan.examples {
  requires io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  // Messages are read by codecs.
  opens io.libchan.examples.threenodes;
  opens io.libchan.examples.workers;
}
