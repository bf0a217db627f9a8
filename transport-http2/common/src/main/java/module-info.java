import org.jspecify.annotations.NullMarked;

/** What the clients of HTTP/2 have in common, and none of their libraries. */
@NullMarked
module io.libchan.transport.http2.common {
  requires transitive io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.http2.common;
  exports io.libchan.transport.http2.common.requests to
      io.libchan.transport.http2,
      io.libchan.transport.http2.okhttp;
}
