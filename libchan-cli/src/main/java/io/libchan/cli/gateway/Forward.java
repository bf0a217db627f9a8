package io.libchan.cli.gateway;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.cli.Lines;
import io.libchan.cli.exec.KeepAlive;
import io.libchan.cli.http.ClientHttp;
import io.libchan.cli.tls.ClientTls;
import io.libchan.gateway.Address;
import io.libchan.gateway.Forwarder;
import io.libchan.gateway.GatewayOptions;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code libchan gateway forward}: listens, and has each connection made by a serving gateway.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "forward",
    header = "Listen, and have each connection made by a serving gateway.",
    description =
        "Prints where it listens on the first line, when it has a session, and forwards until it is"
            + " interrupted. A session that is lost is made again for the next client.",
    sortOptions = false,
    exitCodeOnExecutionException = Serve.FAILED)
public final class Forward implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = "--listen",
      required = true,
      paramLabel = "HOST:PORT",
      description = "Where to listen, or unix:PATH; port 0 takes a free one.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String local;

  @Parameters(index = "0", paramLabel = "URI", description = "The serving gateway.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String uri;

  @Parameters(
      index = "1",
      paramLabel = "HOST:PORT",
      description = "The target, or unix:PATH, as the serving gateway was told to allow it.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String target;

  @Mixin private final CredentialsFile credentials = new CredentialsFile();
  @Mixin private final ClientTls tls = new ClientTls();
  @Mixin private final ClientHttp http = new ClientHttp();
  @Mixin private final KeepAlive keepAlive = new KeepAlive();
  @Mixin private final Connections connections = new Connections();

  /** For picocli. */
  public Forward() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter errors = spec.commandLine().getErr();
    try {
      GatewayOptions gateway = connections.options(errors).build();
      Options options = options(gateway);
      Address to = Address.parse(target);
      Address from = Address.parse(local);
      // A mistake in the address or the keys is told now, not to the first client.
      AtomicReference<Session> first = new AtomicReference<>(Libchan.connect(uri, options));
      Forwarder forwarder =
          Forwarder.listen(
              from,
              () -> {
                Session made = first.getAndSet(null);
                return made != null ? made : Libchan.connect(uri, options);
              },
              to,
              gateway);
      connections.drainAtExit(forwarder, () -> {});
      PrintWriter output = spec.commandLine().getOut();
      output.println(forwarder.address());
      output.flush();
      new CountDownLatch(1).await(); // until a signal ends the process
      return 0;
    } catch (ChannelException | IllegalArgumentException e) {
      errors.println("libchan: " + Lines.of(e));
      errors.flush();
      return Serve.FAILED;
    }
  }

  private Options options(GatewayOptions gateway) {
    Options.Builder options = Options.builder().limits(gateway.limits(Options.DEFAULTS.limits()));
    keepAlive.addTo(options);
    credentials.show(options);
    tls.addTo(options);
    http.addTo(options);
    return options.build();
  }
}
