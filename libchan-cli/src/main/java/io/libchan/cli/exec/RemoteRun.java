package io.libchan.cli.exec;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.FileDescriptor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * One command run by the peer, with the standard streams of this process.
 *
 * <p>Not thread-safe.
 */
final class RemoteRun {
  private final Session session;
  private final StandardOutput output = new StandardOutput(FileDescriptor.out);
  private final StandardOutput errors = new StandardOutput(FileDescriptor.err);

  RemoteRun(Session session) {
    this.session = session;
  }

  /**
   * Runs the command and waits for its status and the whole of its output.
   *
   * @param words the program and its arguments
   * @return the command's exit status
   * @throws ChannelException if there is no status, or some output may be missing
   */
  int run(List<String> words) throws ChannelException, InterruptedException {
    Channel<Status> answers = Channel.of(Status.class);
    try (Sender<Command> commands = session.open(Command.class)) {
      commands.send(
          new Command(
              words.get(0),
              words.subList(1, words.size()),
              new StandardInput(),
              output,
              errors,
              answers.sender()));
    }
    Status status = answers.receiver().receive();
    if (status == null) {
      throw ChannelException.of(Reason.of(ReasonCode.FAILED, "the server sent no exit status"));
    }
    awaitOutput();
    return status.Status();
  }

  private void awaitOutput() throws ChannelException, InterruptedException {
    CompletableFuture<Void> written = CompletableFuture.allOf(output.closed(), errors.closed());
    CompletableFuture<Reason> ended = session.closed().toCompletableFuture();
    try {
      CompletableFuture.anyOf(written, ended).get();
    } catch (ExecutionException e) {
      throw new AssertionError("neither of them fails", e);
    }
    // A stream that broke is closed as well, so a lost session counts even if both are.
    Reason lost = ended.getNow(Reason.END);
    if (!lost.isEnd()) {
      throw ChannelException.of(lost);
    }
  }
}
