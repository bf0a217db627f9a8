import org.jspecify.annotations.NullMarked;

/** Small programs that show how parts talk over channels. */
@NullMarked
module io.libchan.examples {
  requires io.libchan;
  requires io.libchan.transport.websocket.server;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.util;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  // Messages are read by codecs.
  opens io.libchan.examples.browser;
  opens io.libchan.examples.jetty;
  opens io.libchan.examples.threenodes;
  opens io.libchan.examples.workers;
}
