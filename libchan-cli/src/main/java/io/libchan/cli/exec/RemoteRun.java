package io.libchan.cli.exec;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.FileDescriptor;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * One command run by the peer, with the standard streams of this process.
 *
 * <p>Not thread-safe.
 */
final class RemoteRun {
  private final Session session;
  private final Executor threads;
  private final RemoteOutput output = new RemoteOutput(FileDescriptor.out);
  private final RemoteOutput errors = new RemoteOutput(FileDescriptor.err);

  RemoteRun(Session session, Executor threads) {
    this.session = session;
    this.threads = threads;
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
    Request request =
        new Request(
            words.get(0),
            words.subList(1, words.size()),
            new StandardInput(),
            output.serversEnd(),
            errors.serversEnd(),
            answers.sender());
    try (Sender<Request> requests = session.open(Request.class)) {
      requests.send(request);
    }
    output.start(threads);
    errors.start(threads);
    Status status = answers.receiver().receive();
    if (status == null) {
      throw ChannelException.of(Reason.of(ReasonCode.FAILED, "the server sent no exit status"));
    }
    output.await();
    errors.await();
    return status.Status();
  }
}
