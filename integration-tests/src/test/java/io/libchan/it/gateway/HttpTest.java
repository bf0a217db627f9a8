package io.libchan.it.gateway;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.testkit.Ports;
import io.libchan.testkit.Programs;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real HTTP server behind two gateway processes, with 200 clients at once. */
final class HttpTest {
  private static final int CLIENTS = 200;
  private static final int FILE_BYTES = 300_000;
  private static final int SLOW_BYTES = 20_000_000;
  private static final int PATIENCE_MILLIS = 30_000;
  private static final Pattern ACTIVE = Pattern.compile("Active connections: (\\d+)");

  private final String nginx = Programs.installed("nginx", "nginx-light");
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final byte[] file = new byte[FILE_BYTES];
  private final List<Program> started = new ArrayList<>();

  @TempDir private Path folder;

  private int port;
  private String target;
  private Program server;
  private Program serve;
  private Program forward;
  private int forwarded;

  @BeforeEach
  void start() throws Exception {
    port = Ports.next();
    target = "127.0.0.1:" + port;
    new Random(1).nextBytes(file);
    Path root = Files.createDirectory(folder.resolve("www"));
    Files.write(root.resolve("file"), file);
    Files.write(root.resolve("slow"), new byte[SLOW_BYTES]);
    startServer();
    serve = keep(Program.gateway("serve", "--listen", "tcp://127.0.0.1:0", "--allow", target));
    String uri = serve.firstLine();
    forward = keep(Program.gateway("forward", "--listen", "127.0.0.1:0", uri, target));
    String address = forward.firstLine();
    forwarded = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
  }

  private void startServer() throws Exception {
    Path settings = folder.resolve("nginx.conf");
    Files.writeString(
        settings,
        String.join(
            "\n",
            "daemon off; master_process off; pid nginx.pid; error_log stderr error;",
            "events { worker_connections 1024; }",
            "http {",
            "  access_log off; client_body_temp_path t1; proxy_temp_path t2;",
            "  fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;",
            "  server {",
            "    listen " + target + " backlog=1024; root www;",
            "    location = /status { stub_status; }",
            "    location = /slow { limit_rate 100k; }",
            "  }",
            "}"));
    server = keep(Program.start(List.of(nginx, "-p", folder + "/", "-c", settings.toString())));
    Waits.until("nginx answers; " + server, () -> active() == 1);
  }

  private Program keep(Program program) {
    started.add(program);
    return program;
  }

  @AfterEach
  void stop() throws Exception {
    threads.shutdownNow();
    for (Program program : started) {
      program.close();
    }
  }

  @Test
  void twoHundredClientsThatHaveEndedTheirOutputGetTheWholeFile() throws Exception {
    List<Socket> clients = connect();
    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
    for (Socket client : clients) {
      answers.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (client) {
                  request(client, "/file");
                  client.shutdownOutput();
                  return client.getInputStream().readAllBytes();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              threads));
    }
    for (CompletableFuture<byte[]> answer : answers) {
      assertBody(Waits.value(answer));
    }
    Waits.until("no connection is left at the target", () -> active() == 1);
    forward.stop();
    serve.stop();
  }

  @Test
  void clientsThatAreKilledLeaveNothingAtTheTarget() throws Exception {
    List<Socket> clients = download();
    for (Socket client : clients) {
      client.setSoLinger(true, 0);
      client.close();
    }
    Waits.until("no connection is left at the target", () -> active() == 1);
    assertThat(answer()).hasSizeGreaterThan(FILE_BYTES);
  }

  @Test
  void aForwardingSideThatIsKilledLeavesNothingAtTheTarget() throws Exception {
    List<Socket> clients = download();
    forward.kill();
    Waits.until("no connection is left at the target", () -> active() == 1);
    closeAll(clients);
  }

  @Test
  void aServingSideThatIsKilledIsAResetForEveryClientAndMayComeBack() throws Exception {
    List<Socket> clients = download();
    String uri = serve.firstLine();
    serve.kill();
    for (Socket client : clients) {
      assertThat(readsToItsEnd(client)).as("a clean end").isFalse();
    }
    closeAll(clients);
    serve = keep(Program.gateway("serve", "--listen", uri, "--allow", target));
    assertThat(serve.firstLine()).isEqualTo(uri);
    Waits.until("a client gets through", () -> isWhole(answer()));
  }

  @Test
  void aTargetThatIsKilledNeverLooksLikeAWholeAnswerAndMayComeBack() throws Exception {
    List<Socket> clients = download();
    server.kill();
    for (Socket client : clients) {
      // Its system ends its sockets for it, so that a clean end is what there was.
      assertThat(readable(client)).isLessThan(SLOW_BYTES);
    }
    closeAll(clients);
    startServer();
    assertBody(answer());
  }

  // ---- clients ----

  private List<Socket> connect() throws IOException {
    List<Socket> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(client());
    }
    return clients;
  }

  /** All of them, each with the beginning of an answer that takes long. */
  private List<Socket> download() throws Exception {
    List<Socket> clients = connect();
    for (Socket client : clients) {
      request(client, "/slow");
    }
    for (Socket client : clients) {
      assertThat(client.getInputStream().read()).isEqualTo('H');
    }
    assertThat(active()).isGreaterThanOrEqualTo(CLIENTS);
    return clients;
  }

  private Socket client() throws IOException {
    Socket socket = new Socket();
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), forwarded));
    return socket;
  }

  private static void closeAll(List<Socket> clients) throws IOException {
    for (Socket client : clients) {
      client.close();
    }
  }

  private static void request(Socket socket, String path) throws IOException {
    String text = "GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  private byte[] answer() throws IOException {
    try (Socket client = client()) {
      request(client, "/file");
      return client.getInputStream().readAllBytes();
    } catch (SocketException e) {
      return new byte[0];
    }
  }

  private boolean isWhole(byte[] answer) {
    int start = answer.length - FILE_BYTES;
    return start > 0 && Arrays.equals(answer, start, answer.length, file, 0, FILE_BYTES);
  }

  private void assertBody(byte[] answer) {
    assertThat(new String(answer, 0, Math.min(15, answer.length), ISO_8859_1))
        .isEqualTo("HTTP/1.1 200 OK");
    assertThat(isWhole(answer)).isTrue();
  }

  private static boolean readsToItsEnd(Socket socket) throws IOException {
    try {
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
      return true;
    } catch (SocketException e) {
      return false;
    }
  }

  private static long readable(Socket socket) throws IOException {
    long count = 0;
    byte[] buffer = new byte[64 * 1024];
    try {
      InputStream in = socket.getInputStream();
      for (int part = in.read(buffer); part >= 0; part = in.read(buffer)) {
        count += part;
      }
    } catch (SocketException e) {
      // A reset, which nobody takes for an end.
    }
    return count;
  }

  /** The connections at the target, this question included; −1 while it does not answer. */
  private int active() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(PATIENCE_MILLIS);
      request(socket, "/status");
      Matcher active =
          ACTIVE.matcher(new String(socket.getInputStream().readAllBytes(), ISO_8859_1));
      return active.find() ? Integer.parseInt(active.group(1)) : -1;
    } catch (IOException e) {
      return -1;
    }
  }
}
