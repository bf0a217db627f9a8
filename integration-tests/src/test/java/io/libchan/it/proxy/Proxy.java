package io.libchan.it.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.libchan.testkit.Ports;
import io.libchan.testkit.Programs;
import io.libchan.testkit.Waits;
import io.libchan.tls.TlsOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A real proxy in the foreground, configured by its file of docs/proxies: TLS and a password in
 * front, one or two services behind. What a test changes in that file it names word for word.
 */
final class Proxy implements AutoCloseable {
  private static final Path FILES =
      Path.of(System.getProperty("libchan.root", ".."), "docs", "proxies");
  private static final String FIRST = "10.0.0.11:8080";
  private static final String SECOND = "10.0.0.12:8080";
  private static final X509Bundle CERTIFICATE = certificate();

  private final ProxyProgram program;
  private final Path folder;
  private final int port;
  private final Thread atExit = new Thread(this::kill);
  private volatile Process process;

  private Proxy(ProxyProgram program) throws IOException {
    this.program = program;
    port = Ports.next();
    folder =
        Files.createTempDirectory(
            "libchan-proxy",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }

  /**
   * Starts one.
   *
   * @param services the ports of one or two services
   */
  static Proxy start(ProxyProgram program, List<Integer> services, Edit... edits) throws Exception {
    Proxy proxy = new Proxy(program);
    proxy.configure(services, edits);
    Runtime.getRuntime().addShutdownHook(proxy.atExit);
    proxy.start();
    return proxy;
  }

  private void configure(List<Integer> services, Edit... edits) throws Exception {
    String settings = Files.readString(FILES.resolve(program.file));
    for (Edit edit : edits) {
      settings = edit.in(settings);
    }
    for (Edit edit : program.edits(folder, port)) {
      settings = edit.in(settings);
    }
    settings = new Edit(FIRST, "127.0.0.1:" + services.get(0)).in(settings);
    settings =
        services.size() > 1
            ? new Edit(SECOND, "127.0.0.1:" + services.get(1)).in(settings)
            : settings.replaceAll("(?m)^.*" + SECOND + ".*\n", "");
    Files.writeString(folder.resolve(program.file), program.around(settings, folder));
    String chain = CERTIFICATE.getCertificatePathPEM();
    String key = CERTIFICATE.getPrivateKeyPEM();
    Files.writeString(folder.resolve("cert.pem"), chain);
    Files.writeString(folder.resolve("key.pem"), key);
    Files.writeString(folder.resolve("both.pem"), chain + "\n" + key);
    byte[] hash = MessageDigest.getInstance("SHA-1").digest("secret".getBytes(US_ASCII));
    String user = "libchan:{SHA}" + Base64.getEncoder().encodeToString(hash);
    Files.writeString(folder.resolve("users"), user + "\n");
    Files.createDirectory(folder.resolve("empty"));
  }

  private static X509Bundle certificate() {
    Instant now = Instant.now();
    try {
      return new CertificateBuilder()
          .subject("CN=proxy")
          .ecp256()
          .notBefore(now.minus(1, ChronoUnit.DAYS))
          .notAfter(now.plus(30, ChronoUnit.DAYS))
          .addSanIpAddress("127.0.0.1")
          .setIsCertificateAuthority(true)
          .buildSelfSigned();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** For clients: they trust the proxy's certificate. */
  static TlsOptions trusted() {
    return TlsOptions.builder().trust(List.of(CERTIFICATE.getCertificate())).build();
  }

  /** Where it is, with the right password and the carrier that is promised through it. */
  String uri() {
    return uri("libchan:secret", "/libchan");
  }

  String uri(String userInfo, String path) {
    return "https://" + userInfo + "@127.0.0.1:" + port + path + "?carrier=" + program.carrier;
  }

  /** Starts it on the port that it had before. */
  void start() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Programs.installed(program.program, program.debianPackage));
    command.addAll(program.arguments(folder));
    Process started =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("output").toFile()))
            .start();
    process = started;
    Waits.until(program + " listens", () -> isListening() || !started.isAlive());
    if (!started.isAlive()) {
      throw new AssertionError(program + " ended: " + output());
    }
  }

  private boolean isListening() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** Makes it read its file again; there when a new process of it serves. */
  void reload() throws Exception {
    List<Long> before = process.descendants().map(ProcessHandle::pid).toList();
    String pid = Long.toString(process.pid());
    int exit = new ProcessBuilder("kill", "-" + program.reload, pid).start().waitFor();
    if (exit != 0) {
      throw new AssertionError("no signal to " + pid);
    }
    Waits.until(
        program + " has reloaded: " + output(),
        () -> process.descendants().anyMatch(each -> !before.contains(each.pid())));
    Waits.until(program + " listens", this::isListening);
  }

  /** As the system does when memory runs out. */
  void kill() {
    Process running = process;
    if (running == null) {
      return;
    }
    List<ProcessHandle> all =
        Stream.concat(Stream.of(running.toHandle()), running.descendants()).toList();
    all.forEach(ProcessHandle::destroyForcibly);
    all.forEach(each -> each.onExit().orTimeout(10, TimeUnit.SECONDS).join());
  }

  /** What it said. */
  String output() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String name : List.of("output", "error.log")) {
      Path file = folder.resolve(name);
      if (Files.exists(file)) {
        text.append(Files.readString(file));
      }
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    kill();
    Runtime.getRuntime().removeShutdownHook(atExit);
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(each -> each.toFile().delete());
    }
  }
}
