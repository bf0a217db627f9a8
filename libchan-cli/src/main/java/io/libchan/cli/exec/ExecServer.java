package io.libchan.cli.exec;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.cli.Lines;
import io.libchan.cli.http.ServerHttp;
import io.libchan.cli.tls.ServerTls;
import java.io.PrintWriter;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code libchan exec-server}: runs commands for peers.
 *
 * <p>Not thread-safe.
 */
@picocli.CommandLine.Command(
    name = "exec-server",
    header = "Run commands for peers.",
    description =
        "Prints the bound URI on the first line and serves until it is interrupted. Whoever can"
            + " connect runs commands as this user: give --allow, or --tls-client-ca, where that"
            + " is not only you.",
    sortOptions = false)
public final class ExecServer implements Callable<Integer> {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Option(
      names = "--listen",
      required = true,
      paramLabel = "URI",
      description =
          "Where to listen, such as tcp://127.0.0.1:0, where port 0 takes a free one, or unix:/run/me/exec.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String uri;

  @Option(
      names = "--allow",
      paramLabel = "CMD",
      description = "Run this command, named exactly so, and no other; may be repeated.")
  private final Set<String> allowed = new LinkedHashSet<>();

  @Option(
      names = "--allow-remote",
      description = "Listen on an address that other machines reach; needs --allow.")
  private boolean remoteToo;

  @Mixin private final ServerTls tls = new ServerTls();
  @Mixin private final ServerHttp http = new ServerHttp();
  @Mixin private final KeepAlive keepAlive = new KeepAlive();
  @Mixin private final AllWires wires = new AllWires();
  @Mixin private final PassDescriptors descriptors = new PassDescriptors();

  /** For picocli. */
  public ExecServer() {}

  @Override
  public Integer call() throws InterruptedException {
    try {
      Reach.check(uri, remoteToo, allowed);
      Options options = options();
      CommandService service = new CommandService(new Allowed(allowed), options.executor());
      Listener listener = Libchan.listen(uri, options, service);
      Runtime.getRuntime()
          .addShutdownHook(new Thread(() -> service.stop(listener), "libchan-exec-stop"));
      announce(listener);
      new CountDownLatch(1).await(); // until a signal ends the process
      return 0;
    } catch (ChannelException | IllegalArgumentException e) {
      PrintWriter errors = spec.commandLine().getErr();
      errors.println("libchan: " + Lines.of(e));
      errors.flush();
      return ExitCodes.FAILED;
    }
  }

  private Options options() {
    Options.Builder options = Options.builder().executor(PlatformThreads.pool());
    keepAlive.addTo(options);
    descriptors.addTo(options);
    tls.addTo(options);
    http.addTo(options, uri);
    wires.addTo(options, uri);
    return options.build();
  }

  private void announce(Listener listener) {
    PrintWriter output = spec.commandLine().getOut();
    output.println(listener.uri());
    output.flush();
  }
}
