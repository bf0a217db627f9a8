package io.libchan.cli.gateway;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code libchan gateway}: raw sockets through a session.
 *
 * <p>Not thread-safe.
 */
@Command(
    name = "gateway",
    header = "Carry raw TCP and Unix sockets through a session.",
    description =
        "One side serves: it connects to the targets that it was given. The other one forwards: it"
            + " listens, and has each connection made by the first; or passes: it gives programs the"
            + " connected sockets themselves.",
    subcommands = {Serve.class, Forward.class, Pass.class})
public final class GatewayCommand implements Runnable {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandSpec spec;

  /** For picocli. */
  public GatewayCommand() {}

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "say serve, forward or pass");
  }
}
