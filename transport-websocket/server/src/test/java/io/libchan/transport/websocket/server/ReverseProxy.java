package io.libchan.transport.websocket.server;

import io.libchan.testkit.Certificates;
import io.libchan.testkit.Ports;
import io.libchan.testkit.Programs;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A proxy of Debian's, in front of the port where listeners will be. Its ports stay the same when
 * it is started again.
 */
final class ReverseProxy implements AutoCloseable {
  enum Kind {
    NGINX,
    HAPROXY
  }

  final int listenerPort = Ports.next();
  final int plainPort = Ports.next();
  final int tlsPort = Ports.next();
  private final Kind kind;
  private final Path folder;
  private final int idleSeconds;
  private Process process;

  /**
   * A running proxy.
   *
   * @param idleSeconds after how much silence it cuts a WebSocket
   */
  ReverseProxy(Kind kind, int idleSeconds) throws Exception {
    this.kind = kind;
    this.idleSeconds = idleSeconds;
    folder = Files.createTempDirectory("libchan-proxy");
    Files.writeString(folder.resolve("both.pem"), Certificates.SERVER.getCertificatePathPEM());
    Files.writeString(folder.resolve("key.pem"), Certificates.SERVER.getPrivateKeyPEM());
    // HAProxy wants both in one file.
    Files.writeString(
        folder.resolve("all.pem"),
        Certificates.SERVER.getCertificatePathPEM()
            + "\n"
            + Certificates.SERVER.getPrivateKeyPEM());
    Files.writeString(folder.resolve("proxy.conf"), kind == Kind.NGINX ? nginx() : haproxy());
    start();
  }

  void start() throws Exception {
    List<String> command =
        kind == Kind.NGINX
            ? List.of(
                Programs.installed("nginx", "nginx-light"),
                "-p",
                folder + "/",
                "-c",
                folder.resolve("proxy.conf").toString())
            : List.of(
                Programs.installed("haproxy", "haproxy"),
                "-db",
                "-f",
                folder.resolve("proxy.conf").toString());
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("output").toFile())
            .start();
    Waits.until(kind + " listens: " + Files.readString(folder.resolve("output")), this::listens);
  }

  private String nginx() {
    return String.join(
        "\n",
        "daemon off; master_process off; pid nginx.pid; error_log stderr error;",
        "events { worker_connections 1024; }",
        "http {",
        "  access_log off; client_body_temp_path t1; proxy_temp_path t2;",
        "  fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;",
        "  server {",
        "    listen 127.0.0.1:" + plainPort + ";",
        "    listen 127.0.0.1:" + tlsPort + " ssl;",
        "    ssl_certificate both.pem; ssl_certificate_key key.pem;",
        "    location / {",
        "      proxy_pass http://127.0.0.1:" + listenerPort + ";",
        "      proxy_http_version 1.1;",
        "      proxy_set_header Upgrade $http_upgrade;",
        "      proxy_set_header Connection \"upgrade\";",
        "      proxy_set_header Host $http_host;",
        "      proxy_read_timeout " + idleSeconds + "s;",
        "      proxy_send_timeout " + idleSeconds + "s;",
        "    }",
        "  }",
        "}");
  }

  private String haproxy() {
    return String.join(
        "\n",
        "defaults",
        "  mode http",
        "  timeout connect 5s",
        "  timeout client " + idleSeconds + "s",
        "  timeout server " + idleSeconds + "s",
        "  timeout tunnel " + idleSeconds + "s",
        "frontend front",
        "  bind 127.0.0.1:" + plainPort,
        "  bind 127.0.0.1:" + tlsPort + " ssl crt " + folder.resolve("all.pem"),
        "  default_backend back",
        "backend back",
        "  server listener 127.0.0.1:" + listenerPort,
        "");
  }

  /** Fails, and does not skip, where the program is missing: this is a test of it. */
  private boolean listens() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), tlsPort)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** As the system does when memory runs out. */
  void kill() {
    process.destroyForcibly();
    Process unused =
        process.onExit().orTimeout(Waits.BOUND.toMillis(), TimeUnit.MILLISECONDS).join();
  }

  @Override
  public void close() throws IOException {
    kill();
    try (var files = Files.walk(folder)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
