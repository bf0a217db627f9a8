package io.libchan.transport.websocket.server;

import io.libchan.spi.ByteConnection;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;

/** A handler in the place of the engine that sends back whatever comes. */
final class Echo implements ByteConnection.Handler {
  final CompletableFuture<String> closed = new CompletableFuture<>();
  private final ByteConnection connection;
  private final ArrayDeque<ByteBuffer> waiting = new ArrayDeque<>();

  Echo(ByteConnection connection) {
    this.connection = connection;
  }

  @Override
  public synchronized boolean fill(ByteBuffer target) {
    while (!waiting.isEmpty() && target.hasRemaining()) {
      ByteBuffer next = waiting.element();
      int part = Math.min(target.remaining(), next.remaining());
      target.put(next.slice().limit(part));
      next.position(next.position() + part);
      if (!next.hasRemaining()) {
        waiting.remove();
      }
    }
    return !waiting.isEmpty();
  }

  @Override
  public void received(ByteBuffer bytes) {
    ByteBuffer copy = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
    synchronized (this) {
      waiting.add(copy);
    }
    connection.wantWrite();
  }

  @Override
  public void closed(IOException cause) {
    if (!closed.complete(String.valueOf(cause))) {
      throw new IllegalStateException("closed twice");
    }
  }
}
