import org.jspecify.annotations.NullMarked;

/** Sessions over WebSocket: the side that listens, by Jetty. */
@NullMarked
module io.libchan.transport.websocket.server {
  requires transitive io.libchan.transport.websocket;
  requires transitive org.eclipse.jetty.server;
  requires transitive org.eclipse.jetty.websocket.server;
  requires transitive org.eclipse.jetty.websocket.api;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.io;
  requires org.eclipse.jetty.util;
  requires static org.eclipse.jetty.ee10.websocket.jetty.server;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.websocket.server;
  exports io.libchan.transport.websocket.server.jetty to
      org.eclipse.jetty.websocket.common; // which calls endpoints by reflection

  provides io.libchan.spi.Transport with
      io.libchan.transport.websocket.server.WebSocketServerTransport;
}
