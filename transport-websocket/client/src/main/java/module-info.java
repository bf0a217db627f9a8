import org.jspecify.annotations.NullMarked;

/** Sessions over WebSocket: the side that connects. */
@NullMarked
module io.libchan.transport.websocket.client {
  requires transitive io.libchan.transport.websocket;
  requires transitive okhttp3;
  requires okio;
  requires kotlin.stdlib;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.websocket.client;

  provides io.libchan.spi.Transport with
      io.libchan.transport.websocket.client.WebSocketClientTransport;
}
