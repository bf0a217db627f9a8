package io.libchan.cli.exec;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.cli.Lines;
import io.libchan.cli.http.ClientHttp;
import io.libchan.cli.tls.ClientTls;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code libchan exec}: runs a command at an {@link ExecServer}.
 *
 * <p>Not thread-safe.
 */
@picocli.CommandLine.Command(
    name = "exec",
    header = "Run a command at an exec-server, with the standard streams of this one.",
    description =
        "Exits with the command's status, 128 and the signal's number if a signal ended it; 127 if"
            + " the server does not find the command, 126 if it can't run it, 125 with a line on"
            + " standard error output for everything else: refused, lost, not allowed.",
    customSynopsis = "libchan exec [OPTIONS] URI -- CMD [ARG...]",
    exitCodeOnInvalidInput = ExitCodes.FAILED,
    exitCodeOnExecutionException = ExitCodes.FAILED)
public final class Exec implements Callable<Integer> {
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  @Mixin private final ClientTls tls = new ClientTls();
  @Mixin private final ClientHttp http = new ClientHttp();
  @Mixin private final KeepAlive keepAlive = new KeepAlive();
  @Mixin private final PassDescriptors descriptors = new PassDescriptors();

  @Parameters(
      index = "0",
      paramLabel = "URI",
      description = "Such as tcp://127.0.0.1:9323 or unix:/run/me/exec.")
  @SuppressWarnings("NullAway.Init") // set by picocli
  private String uri;

  @Parameters(
      index = "1..*",
      arity = "1..*",
      paramLabel = "CMD",
      description = "The command and its arguments; no shell reads them.")
  private final List<String> words = new ArrayList<>();

  /** For picocli. */
  public Exec() {}

  /** The command and its arguments, without the {@code --} before them. */
  List<String> command() {
    return "--".equals(words.get(0)) ? words.subList(1, words.size()) : words;
  }

  @Override
  public Integer call() throws InterruptedException {
    if (command().isEmpty()) {
      return failed(ExitCodes.FAILED, "no command given");
    }
    try {
      Options options = options();
      try (Session session = Libchan.connect(uri, options)) {
        return session.passesDescriptors()
            ? new PassedRun(session).run(command())
            : new RemoteRun(session, options.executor()).run(command());
      }
    } catch (ChannelException e) {
      return failed(ExitCodes.of(e), ExitCodes.line(e));
    } catch (IllegalArgumentException e) {
      return failed(ExitCodes.FAILED, Lines.of(e));
    }
  }

  private Options options() {
    Options.Builder options =
        Options.builder().closeTimeout(CLOSE_TIMEOUT).executor(PlatformThreads.pool());
    keepAlive.addTo(options);
    descriptors.addTo(options);
    tls.addTo(options);
    http.addTo(options);
    return options.build();
  }

  private int failed(int exitCode, String line) {
    PrintWriter errors = spec.commandLine().getErr();
    errors.println("libchan: " + line);
    errors.flush();
    return exitCode;
  }
}
