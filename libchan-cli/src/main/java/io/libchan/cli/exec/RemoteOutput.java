package io.libchan.cli.exec;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;

/**
 * Carries an output of the remote command to an output of this process. Nothing is buffered: what
 * was written is with the operating system.
 *
 * <p>Thread-safe.
 */
final class RemoteOutput {
  private static final int BUFFER_BYTES = 64 * 1024;

  private final ByteStream.Pair ends = ByteStream.pair();
  private final FileOutputStream output;
  private final CompletableFuture<Void> written = new CompletableFuture<>();

  RemoteOutput(FileDescriptor descriptor) {
    output = new FileOutputStream(descriptor);
  }

  /** The end for the server. */
  ByteStream serversEnd() {
    return ends.right();
  }

  /** Starts to carry. */
  void start(Executor threads) {
    threads.execute(this::carry);
  }

  /**
   * Waits for the end of the remote output, with all of it written.
   *
   * @throws ChannelException if it broke: some output may be missing
   */
  void await() throws ChannelException, InterruptedException {
    try {
      written.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ChannelException broken) {
        throw broken;
      }
      throw new IllegalStateException("writing the command's output", e.getCause());
    }
  }

  private void carry() {
    try {
      ends.left().output().close(); // nothing goes the other way
      InputStream remote = ends.left().input();
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = remote.read(buffer); count >= 0; count = remote.read(buffer)) {
        output.write(buffer, 0, count);
      }
      written.complete(null);
    } catch (ChannelException e) {
      written.completeExceptionally(e);
    } catch (IOException e) {
      // Whoever read this process's output is gone; the remote command is to find out as well.
      ends.left().reset(Reason.of(ReasonCode.CANCELLED, "the client's output: " + e.getMessage()));
      written.complete(null);
    } catch (RuntimeException e) {
      written.completeExceptionally(e);
    }
  }
}
