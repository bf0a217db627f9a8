package io.libchan.cli.exec;

import io.libchan.Sender;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Objects;

/**
 * A command to run for a peer. The names of the fields and their order are those of the rexec
 * example of the Go reference, so that either program can talk with the other.
 *
 * <p>Thread-safe: immutable.
 *
 * @param Cmd the program, found along the server's path
 * @param Args its arguments, without the program's name
 * @param Stdin what the command reads
 * @param Stdout where the command's output goes
 * @param Stderr where the command's error output goes
 * @param StatusChan gets one {@link Status} after all output was written
 */
record Command(
    String Cmd,
    List<String> Args,
    InputStream Stdin,
    OutputStream Stdout,
    OutputStream Stderr,
    Sender<Status> StatusChan) {
  /** Refuses a message with a field missing; no arguments may be given as null, as Go does. */
  Command {
    Objects.requireNonNull(Cmd, "Cmd");
    Args = Args == null ? List.of() : List.copyOf(Args);
    Objects.requireNonNull(Stdin, "Stdin");
    Objects.requireNonNull(Stdout, "Stdout");
    Objects.requireNonNull(Stderr, "Stderr");
    Objects.requireNonNull(StatusChan, "StatusChan");
  }
}
