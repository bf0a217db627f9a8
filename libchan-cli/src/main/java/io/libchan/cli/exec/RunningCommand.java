package io.libchan.cli.exec;

import io.libchan.Descriptors;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.transport.unix.UnixDescriptors;
import java.io.Closeable;
import java.io.FileDescriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One command that a peer sent, from its start to its status.
 *
 * <p>What the other side sees: the output as it comes, the end of both outputs, then the status. A
 * client that goes away, or that closes the status channel, ends the command and everything the
 * command started. A client that does not read stops the command, by the pipe between them. A
 * stream that came as a descriptor is the command's own, and carries nothing here.
 *
 * <p>Thread-safe.
 */
final class RunningCommand {
  private static final Duration GRACE = Duration.ofMillis(500);
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int BROKEN = -2;

  private final Command command;
  private final Allowed allowed;
  private final Executor threads;
  private final boolean reasons;
  private volatile @Nullable ProcessTree tree;
  private @Nullable Reason refusal; // of the thread that runs it

  /**
   * A command that has not started.
   *
   * @param reasons whether the wire carries reasons; without them a status has to tell
   */
  RunningCommand(Command command, Allowed allowed, Executor threads, boolean reasons) {
    this.reasons = reasons;
    this.command = command;
    this.allowed = allowed;
    this.threads = threads;
  }

  /** Runs the command and returns when its status was sent. */
  void run() {
    Sender<Status> answers = command.StatusChan();
    try (answers;
        InputStream input = command.Stdin();
        OutputStream output = command.Stdout();
        OutputStream errors = command.Stderr()) {
      Process process = start();
      if (process != null) {
        int status = carry(process, input, output, errors);
        answers.send(new Status(status));
      } else if (!reasons && refusal != null) {
        errors.write(("libchan: " + refusal.message() + "\n").getBytes(StandardCharsets.UTF_8));
        answers.send(new Status(ExitCodes.of(refusal)));
      }
    } catch (IOException e) {
      answers.fail("the command's streams: " + e.getMessage());
    } catch (InterruptedException e) {
      answers.fail(Reason.of(ReasonCode.INTERNAL, "the server is stopping"));
      Thread.currentThread().interrupt();
    } finally {
      kill();
    }
  }

  /** Ends the command and everything it started. */
  void kill() {
    ProcessTree now = tree;
    if (now != null) {
      now.kill(GRACE);
    }
  }

  private @Nullable Process start() {
    if (!allowed.permits(command.Cmd())) {
      String line = "command not allowed: " + command.Cmd();
      return refused(Reason.of(ReasonCode.REFUSED, line));
    }
    List<String> words = new ArrayList<>();
    words.add(command.Cmd());
    words.addAll(command.Args());
    try {
      ProcessBuilder builder = new ProcessBuilder(words);
      Optional<FileDescriptor> input = Descriptors.of(command.Stdin());
      Optional<FileDescriptor> output = Descriptors.of(command.Stdout());
      Optional<FileDescriptor> errors = Descriptors.of(command.Stderr());
      if (input.isPresent()) {
        builder.redirectInput(UnixDescriptors.redirect(input.get()));
      }
      if (output.isPresent()) {
        builder.redirectOutput(UnixDescriptors.redirect(output.get()));
      }
      if (errors.isPresent()) {
        builder.redirectError(UnixDescriptors.redirect(errors.get()));
      }
      return builder.start();
    } catch (IOException | IllegalArgumentException | NullPointerException e) {
      return refused(NotStarted.reason(command.Cmd(), e));
    }
  }

  private @Nullable Process refused(Reason why) {
    refusal = why;
    if (reasons) {
      command.StatusChan().fail(why);
    }
    return null;
  }

  private int carry(Process process, InputStream input, OutputStream output, OutputStream errors)
      throws InterruptedException {
    tree = new ProcessTree(process);
    command.StatusChan().closed().thenRunAsync(this::kill, threads);
    if (Descriptors.of(input).isPresent()) {
      closeQuietly(input); // the command has its own
    } else {
      threads.execute(() -> feed(input, process.getOutputStream()));
    }
    CompletableFuture<Void> outputs =
        CompletableFuture.allOf(
            drained(process.getInputStream(), output), drained(process.getErrorStream(), errors));
    int status = process.waitFor();
    outputs.join();
    return status;
  }

  private CompletableFuture<Void> drained(InputStream process, OutputStream output) {
    if (Descriptors.of(output).isPresent()) {
      closeQuietly(output); // the command has its own
      return CompletableFuture.completedFuture(null);
    }
    return CompletableFuture.runAsync(() -> drain(process, output), threads);
  }

  /** Carries the client's bytes to the command. */
  private void feed(InputStream input, OutputStream process) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      while (true) {
        int count = next(input, buffer);
        if (count == BROKEN) {
          kill(); // and not closed: the command must not take this for the end of its input
          return;
        }
        if (count < 0) {
          process.close();
          return;
        }
        process.write(buffer, 0, count);
        process.flush();
      }
    } catch (IOException e) {
      closeQuietly(input); // the command reads no more
    }
  }

  private static int next(InputStream input, byte[] buffer) {
    try {
      return input.read(buffer);
    } catch (IOException e) {
      return BROKEN;
    }
  }

  /** Carries the command's bytes to the client. */
  private static void drain(InputStream process, OutputStream output) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (process;
        output) {
      for (int count = process.read(buffer); count >= 0; count = process.read(buffer)) {
        output.write(buffer, 0, count);
      }
    } catch (IOException e) {
      // The client reads no more: the command finds its output closed.
    }
  }

  private static void closeQuietly(Closeable stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // Nothing depends on it.
    }
  }
}
