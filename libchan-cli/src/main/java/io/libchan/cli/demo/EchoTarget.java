package io.libchan.cli.demo;

import io.libchan.gateway.Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Executor;

/**
 * A plain TCP server for the gateway to connect to: it sends back what it gets, to the end.
 *
 * <p>Thread-safe.
 */
final class EchoTarget implements AutoCloseable {
  private static final int BACKLOG = 16;

  private final ServerSocket server;
  private final Executor threads;

  EchoTarget(Executor threads) {
    this.threads = threads;
    try {
      server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("no socket for the demo", e);
    }
    threads.execute(this::accept);
  }

  /** Where it listens. */
  Address.Tcp address() {
    return new Address.Tcp(server.getInetAddress().getHostAddress(), server.getLocalPort());
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = server.accept();
        threads.execute(() -> echo(socket));
      }
    } catch (IOException e) {
      // It is closed.
    }
  }

  private static void echo(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException e) {
      // The client went away.
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
