package io.libchan.transport.netty.sockets;

import io.libchan.transport.netty.sockets.WireServer.Served;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/** A wire at one listener, and how it is known. Thread-safe. */
record ServedWire<C>(Protocol protocol, Served<C> served) {
  /** A socket of this wire; what comes out hands over what the wire made of it. */
  Future<Runnable> begin(Channel channel, Linger linger, @Nullable SslHandler tls)
      throws Exception {
    Promise<Runnable> begun = channel.eventLoop().newPromise();
    served
        .begin(channel, linger, Opening.peer(channel, tls, protocol))
        .addListener(
            (Future<C> made) -> {
              if (made.isSuccess()) {
                C ready = made.getNow();
                begun.trySuccess(() -> served.accepted(ready));
              } else {
                begun.tryFailure(made.cause());
              }
            });
    return begun;
  }
}
