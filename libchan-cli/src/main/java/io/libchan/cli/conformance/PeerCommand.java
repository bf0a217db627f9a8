package io.libchan.cli.conformance;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.cli.Lines;
import io.libchan.cli.tls.ServerTls;
import io.libchan.conformance.peer.ConformancePeer;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code libchan conformance-peer}: this library as a peer under test.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "conformance-peer",
    header = "Be a peer for the conformance command, with short time-outs.",
    description =
        "Listens, prints the bound URI on the first line, and serves until it is interrupted; or"
            + " connects, again and again, until nobody listens any more.",
    sortOptions = false,
    exitCodeOnInvalidInput = PeerCommand.FAILED)
public final class PeerCommand implements Callable<Integer> {
  static final int FAILED = 125;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  /** What to do; one of the two. */
  static final class Where {
    @Option(names = "--listen", paramLabel = "URI", description = "Where to listen.")
    private @Nullable String listen;

    @Option(names = "--connect", paramLabel = "URI", description = "Where to connect to.")
    private @Nullable String connect;
  }

  @ArgGroup(multiplicity = "1")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private Where where;

  @Mixin private final ServerTls tls = new ServerTls();

  /** For picocli. */
  public PeerCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    ExecutorService threads = Executors.newCachedThreadPool(PeerCommand::daemon);
    try {
      if (where.listen != null) {
        listen(where.listen, threads);
      } else {
        connect(String.valueOf(where.connect), threads);
      }
      return 0;
    } catch (ChannelException | IllegalArgumentException e) {
      PrintWriter errors = spec.commandLine().getErr();
      errors.println("libchan: " + Lines.of(e));
      errors.flush();
      return FAILED;
    }
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "libchan-conformance-peer");
    thread.setDaemon(true);
    return thread;
  }

  private void listen(String uri, ExecutorService threads)
      throws ChannelException, InterruptedException {
    Options.Builder options = ConformancePeer.options(threads);
    tls.addTo(options);
    Listener listener = Libchan.listen(uri, options.build(), new ConformancePeer(threads));
    PrintWriter output = spec.commandLine().getOut();
    output.println(listener.uri());
    output.flush();
    new CountDownLatch(1).await(); // until a signal ends the process
  }

  private static void connect(String uri, ExecutorService threads)
      throws ChannelException, InterruptedException {
    new ConformancePeer(threads).connect(uri, ConformancePeer.options(threads).build());
  }
}
