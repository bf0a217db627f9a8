package io.libchan.cli.exec;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.SessionHandler;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/**
 * Runs the commands that peers send on unnamed channels, each on threads of its own.
 *
 * <p>Thread-safe.
 */
final class CommandService implements SessionHandler {
  private static final Duration DRAIN = Duration.ofSeconds(1);
  private static final Duration LAST_STATUS = Duration.ofMillis(500);

  private final Allowed allowed;
  private final Set<RunningCommand> running = ConcurrentHashMap.newKeySet();
  private final Executor threads;

  CommandService(Allowed allowed, Executor threads) {
    this.allowed = allowed;
    this.threads = threads;
  }

  @Override
  public void handle(Session session) throws InterruptedException {
    boolean reasons = session.carriesReasons();
    try {
      while (true) {
        Receiver<Command> commands = session.accept(Command.class);
        threads.execute(() -> serve(commands, reasons));
      }
    } catch (ChannelException e) {
      // The session is over; the status channel of each of its commands ends that command.
    }
  }

  private void serve(Receiver<Command> commands, boolean reasons) {
    try (commands) {
      for (Command command = commands.receive(); command != null; command = commands.receive()) {
        start(command, reasons);
      }
    } catch (ChannelException e) {
      commands.close(e.reason());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void start(Command command, boolean reasons) {
    RunningCommand run = new RunningCommand(command, allowed, threads, reasons);
    threads.execute(
        () -> {
          running.add(run);
          try {
            run.run();
          } finally {
            running.remove(run);
          }
        });
  }

  /**
   * Takes no new commands, gives those that run a moment to end, kills the others, tells their
   * status and closes.
   */
  void stop(Listener listener) {
    try {
      if (!listener.drain(DRAIN)) {
        running.forEach(RunningCommand::kill);
        listener.drain(LAST_STATUS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      running.forEach(RunningCommand::kill);
      listener.close();
    }
  }
}
