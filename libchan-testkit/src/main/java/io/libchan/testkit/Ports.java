package io.libchan.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports that a listener can leave and come back to, and other processes of the tests do not take.
 * Thread-safe.
 */
public final class Ports {
  // Below those that systems give to clients.
  private static final int FIRST = 20_000;
  private static final int COUNT = 12_000;
  private static final AtomicInteger NEXT =
      new AtomicInteger((int) (ProcessHandle.current().pid() * 97 % COUNT));

  private Ports() {}

  /** One that nobody listens on. */
  public static int next() throws IOException {
    for (int tries = 0; tries < 100; tries++) {
      int port = FIRST + NEXT.incrementAndGet() % COUNT;
      try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
        return socket.getLocalPort();
      } catch (IOException e) {
        // Somebody's; the next one.
      }
    }
    throw new IOException("no free port");
  }
}
