package io.libchan.cli.gateway;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.cli.Lines;
import io.libchan.cli.exec.KeepAlive;
import io.libchan.cli.exec.Reach;
import io.libchan.cli.http.ServerHttp;
import io.libchan.cli.tls.ServerTls;
import io.libchan.gateway.Address;
import io.libchan.gateway.Dialer;
import io.libchan.gateway.GatewayOptions;
import java.io.PrintWriter;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code libchan gateway serve}: connects to a fixed list of targets for peers.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "serve",
    header = "Connect to a fixed list of targets for peers.",
    description =
        "Prints the bound URI on the first line and serves until it is interrupted. Whoever can"
            + " connect reaches the targets as this machine does; over TLS only who shows a"
            + " certificate (--tls-client-ca) or a secret (--credentials).",
    sortOptions = false,
    exitCodeOnExecutionException = Serve.FAILED)
public final class Serve implements Callable<Integer> {
  private static final Set<String> SECURE = Set.of("tls", "https", "wss", "spdys");

  static final int FAILED = 125;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = "--listen",
      required = true,
      paramLabel = "URI",
      description = "Where to listen, such as tcp://127.0.0.1:0; port 0 takes a free one.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String uri;

  @Option(
      names = "--allow",
      required = true,
      arity = "1..*",
      paramLabel = "HOST:PORT",
      description = "Connect to this target, or unix:PATH, and no other; may be repeated.")
  private final List<String> allowed = new ArrayList<>();

  @Option(
      names = "--keep-sockets",
      description =
          "Carry every connection's bytes, though the peer could take the socket itself (over unix:);"
              + " only so do limits, drain and figures hold for it.")
  private boolean keepSockets;

  @Option(
      names = "--allow-remote",
      description =
          "Listen on an address that other machines reach; needs --tls-client-ca, --bearer or"
              + " --credentials.")
  private boolean remoteToo;

  @Mixin private final CredentialsFile credentials = new CredentialsFile();
  @Mixin private final ServerTls tls = new ServerTls();
  @Mixin private final ServerHttp http = new ServerHttp();
  @Mixin private final KeepAlive keepAlive = new KeepAlive();
  @Mixin private final Connections connections = new Connections();

  /** For picocli. */
  public Serve() {}

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter errors = spec.commandLine().getErr();
    try {
      checkPeers(URI.create(uri));
      Set<Address> targets = new LinkedHashSet<>();
      allowed.forEach(text -> targets.add(Address.parse(text)));
      GatewayOptions.Builder asked = connections.options(errors).handsOver(!keepSockets);
      if (credentials.isGiven()) {
        asked.peers(peer -> true); // the session's authenticator has decided
      }
      GatewayOptions gateway = asked.build();
      Options options = options(gateway);
      Dialer dialer = Dialer.to(targets, gateway);
      Listener listener = Libchan.listen(uri, options, dialer);
      connections.drainAtExit(dialer, listener);
      PrintWriter output = spec.commandLine().getOut();
      output.println(listener.uri());
      output.flush();
      new CountDownLatch(1).await(); // until a signal ends the process
      return 0;
    } catch (ChannelException | IllegalArgumentException e) {
      errors.println("libchan: " + Lines.of(e));
      errors.flush();
      return FAILED;
    }
  }

  private void checkPeers(URI address) {
    boolean known = tls.asksForCertificates() || http.asksForToken() || credentials.isGiven();
    String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
    if (!known && SECURE.contains(scheme)) {
      throw new IllegalArgumentException(
          "over TLS only known peers are served: give --tls-client-ca, --bearer or --credentials");
    }
    if (Reach.isLocal(address)) {
      return;
    }
    if (!remoteToo) {
      throw new IllegalArgumentException(
          "refusing to listen on "
              + address
              + ": other machines could reach it; see"
              + " --allow-remote");
    }
    if (!known) {
      throw new IllegalArgumentException(
          "refusing to let every machine in: give --tls-client-ca, --bearer or --credentials");
    }
  }

  private Options options(GatewayOptions gateway) {
    Options.Builder options = Options.builder().limits(gateway.limits(Options.DEFAULTS.limits()));
    keepAlive.addTo(options);
    credentials.demand(options);
    tls.addTo(options);
    http.addTo(options, uri);
    return options.build();
  }
}
