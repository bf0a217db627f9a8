import org.jspecify.annotations.NullMarked;

/** Raw TCP and Unix sockets through a session, in both directions. */
@NullMarked
module io.libchan.gateway {
  requires transitive io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.gateway;

  // Messages are read and written by codecs.
  opens io.libchan.gateway;
}
