import org.jspecify.annotations.NullMarked;

/** Sessions over HTTP/2 by OkHttp: the side that connects. */
@NullMarked
module io.libchan.transport.http2.okhttp {
  requires transitive io.libchan.transport.http2.common;
  requires transitive okhttp3;
  requires okio;
  requires kotlin.stdlib;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.http2.okhttp;

  provides io.libchan.spi.Transport with
      io.libchan.transport.http2.okhttp.OkHttpTransport;
}
