package io.libchan.cli.exec;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.util.List;

/**
 * One command run by a peer on this machine, with the standard streams of this process themselves:
 * no byte of them comes through here.
 *
 * <p>Not thread-safe.
 */
final class PassedRun {
  private final Session session;

  PassedRun(Session session) {
    this.session = session;
  }

  /**
   * Runs the command and waits for its status.
   *
   * @param words the program and its arguments
   * @return the command's exit status
   * @throws ChannelException if there is no status
   */
  @SuppressWarnings("resource") // the standard streams stay open, and are never read or written
  int run(List<String> words) throws ChannelException, InterruptedException {
    Channel<Status> answers = Channel.of(Status.class);
    Command request =
        new Command(
            words.get(0),
            words.subList(1, words.size()),
            new FileInputStream(FileDescriptor.in),
            new FileOutputStream(FileDescriptor.out),
            new FileOutputStream(FileDescriptor.err),
            answers.sender());
    try (Sender<Command> requests = session.open(Command.class)) {
      requests.send(request);
    }
    Status status = answers.receiver().receive();
    if (status == null) {
      throw ChannelException.of(Reason.of(ReasonCode.FAILED, "the server sent no exit status"));
    }
    return status.Status();
  }
}
