package io.libchan.cli.gateway;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.cli.Lines;
import io.libchan.cli.exec.KeepAlive;
import io.libchan.cli.tls.ClientTls;
import io.libchan.gateway.Address;
import io.libchan.gateway.Connector;
import io.libchan.gateway.GatewayOptions;
import io.libchan.transport.unix.DescriptorServer;
import io.libchan.transport.unix.UnixDescriptors;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code libchan gateway pass}: has connections made by a serving gateway and gives the sockets
 * themselves to other programs.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "pass",
    header = "Have connections made by a serving gateway, and give the sockets to other programs.",
    description = {
      "The session must pass descriptors, as those over unix: between processes of one user do.",
      "Without --listen it gives one socket to standard output, which has to be a Unix socket, and"
          + " ends: this is what OpenSSH's ProxyUseFdpass wants of a ProxyCommand. With --listen"
          + " each program that connects receives one, with a single byte, and reads the end if"
          + " there is none. No byte of a connection goes through this process or the serving one."
    },
    sortOptions = false,
    exitCodeOnExecutionException = Serve.FAILED)
public final class Pass implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = "--listen",
      paramLabel = "unix:PATH",
      description = "Where programs connect for their sockets; they have to be of this user.")
  private @Nullable String local;

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      description = "How long making a connection may take; ${DEFAULT-VALUE} by default.")
  private int connectSeconds = 10;

  @Parameters(index = "0", paramLabel = "URI", description = "The serving gateway.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String uri;

  @Parameters(
      index = "1",
      paramLabel = "HOST:PORT",
      description = "The target, as the serving gateway was told to allow it.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String target;

  @Mixin private final CredentialsFile credentials = new CredentialsFile();
  @Mixin private final ClientTls tls = new ClientTls();
  @Mixin private final KeepAlive keepAlive = new KeepAlive();

  /** For picocli. */
  public Pass() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter errors = spec.commandLine().getErr();
    try {
      Address to = Address.parse(target);
      Options options = options();
      GatewayOptions gateway =
          GatewayOptions.builder()
              .connectTimeout(Connections.seconds("--connect-timeout", connectSeconds))
              .build();
      try (Connector connector = Connector.over(() -> Libchan.connect(uri, options), gateway)) {
        if (local == null) {
          ByteStream socket = connector.connect(to);
          UnixDescriptors.give(FileDescriptor.out, socket);
        } else {
          serve(URI.create(local), connector, to);
        }
      }
      return 0;
    } catch (ChannelException e) {
      errors.println("libchan: " + Lines.of(e));
    } catch (IOException | IllegalArgumentException e) {
      errors.println("libchan: " + e.getMessage());
    }
    errors.flush();
    return Serve.FAILED;
  }

  private void serve(URI at, Connector connector, Address to)
      throws ChannelException, InterruptedException {
    if (!"unix".equals(at.getScheme())) {
      throw new IllegalArgumentException("--listen needs unix:PATH, not " + at);
    }
    DescriptorServer server =
        DescriptorServer.listen(at, Options.DEFAULTS, client -> connector.connectAsync(to));
    Runtime.getRuntime().addShutdownHook(new Thread(server::close, "libchan-gateway-stop"));
    PrintWriter output = spec.commandLine().getOut();
    output.println(server.uri());
    output.flush();
    new CountDownLatch(1).await(); // until a signal ends the process
  }

  private Options options() {
    Options.Builder options =
        Options.builder().connectTimeout(Duration.ofSeconds(Math.max(1, connectSeconds)));
    keepAlive.addTo(options);
    credentials.show(options);
    tls.addTo(options);
    return options.build();
  }
}
