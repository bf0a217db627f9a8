package io.libchan.benchmarks;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** HAProxy in front of one service: HTTP/2 without TLS on both sides. */
final class HaproxyProcess implements AutoCloseable {
  private static final long START_SECONDS = 10;

  private final Process process;
  private final Path file;
  private final URI uri;

  private HaproxyProcess(Process process, Path file, URI uri) {
    this.process = process;
    this.file = file;
    this.uri = uri;
  }

  /** Starts one, and returns when it accepts connections. */
  static HaproxyProcess before(URI service) throws IOException, InterruptedException {
    int port = freePort();
    Path file = Files.createTempFile("libchan-bench", ".cfg");
    Files.writeString(
        file,
        """
        global
          maxconn 1000
          tune.h2.max-concurrent-streams 1000
        defaults
          mode http
          timeout connect 5s
          timeout client 75s
          timeout server 75s
        frontend bench
          bind 127.0.0.1:%d proto h2
          default_backend service
        backend service
          server one 127.0.0.1:%d proto h2
        """
            .formatted(port, service.getPort()));
    Process process =
        new ProcessBuilder("haproxy", "-db", "-f", file.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    HaproxyProcess proxy =
        new HaproxyProcess(
            process, file, URI.create("http://127.0.0.1:" + port + service.getPath()));
    proxy.awaitListening(port);
    return proxy;
  }

  static boolean isInstalled() {
    for (String folder : (System.getenv("PATH") + ":/usr/sbin").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, "haproxy"))) {
        return true;
      }
    }
    return false;
  }

  URI uri() {
    return uri;
  }

  private void awaitListening(int port) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (System.nanoTime() < deadline && process.isAlive()) {
      try (Socket probe = new Socket()) {
        probe.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
        return;
      } catch (IOException e) {
        process.waitFor(20, TimeUnit.MILLISECONDS);
      }
    }
    close();
    throw new IOException("haproxy does not listen");
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    Files.deleteIfExists(file);
  }
}
