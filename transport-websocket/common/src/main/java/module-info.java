import org.jspecify.annotations.NullMarked;

/** What client and server of the WebSocket transport have in common. */
@NullMarked
module io.libchan.transport.websocket {
  requires transitive io.libchan;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  exports io.libchan.transport.websocket.internal to
      io.libchan.transport.websocket.client,
      io.libchan.transport.websocket.server;
}
