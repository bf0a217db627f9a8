package io.libchan.transport.websocket.server;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.server.ConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A listening socket whose address is free once {@link #close} has returned. Thread-safe. */
final class Listening extends ServerConnector {
  private static final long CLOSE_SECONDS = 10;

  /** Held while a thread is in the system's call, which keeps a closed socket listening. */
  private final ReentrantLock accepting = new ReentrantLock();

  Listening(Server server, ConnectionFactory... factories) {
    super(server, 1, -1, factories);
  }

  @Override
  public void accept(int acceptor) throws IOException {
    accepting.lock();
    try {
      super.accept(acceptor);
    } finally {
      accepting.unlock();
    }
  }

  @Override
  public void close() {
    super.close();
    try {
      if (accepting.tryLock(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        accepting.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
