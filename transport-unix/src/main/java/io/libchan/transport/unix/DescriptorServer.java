package io.libchan.transport.unix;

import io.libchan.ByteStream;
import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.spi.Transport.Bound;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXSocket;

/**
 * Gives each program that connects to a Unix socket one open descriptor, with one byte of zero, and
 * hangs up. The program need not know libchan: it receives as from any other that passes
 * descriptors. One that gets none reads the end instead.
 *
 * <p>The socket's file and its permissions are those of {@link UnixOptions}, as is who may connect.
 *
 * <p>Thread-safe.
 */
public final class DescriptorServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DescriptorServer.class.getName());

  private final Bound bound;

  private DescriptorServer(Bound bound) {
    this.bound = bound;
  }

  /**
   * Listens.
   *
   * @param uri as of {@link UnixTransport}
   * @param options for {@link UnixOptions}
   * @param source opens what a client gets; called on the thread that accepts, so it must not
   *     block. What it gives is closed here once it was passed on
   * @throws ConnectFailed if it can't listen there
   * @throws InterruptedException if the thread is interrupted; nothing is left open
   * @throws IllegalArgumentException if the URI is malformed
   */
  public static DescriptorServer listen(
      URI uri, Options options, Function<PeerInfo, CompletionStage<ByteStream>> source)
      throws ConnectFailed, InterruptedException {
    UnixAddress address = UnixAddress.of(uri);
    Natives.check();
    return new DescriptorServer(
        new Listening(address, options, (socket, peer) -> serve(socket, () -> source.apply(peer)))
            .bind());
  }

  private static void serve(AFUNIXSocket client, Supplier<CompletionStage<ByteStream>> source) {
    CompletionStage<ByteStream> asked;
    try {
      asked = source.get();
    } catch (RuntimeException e) {
      asked = CompletableFuture.failedFuture(e);
    }
    var unused =
        asked.whenComplete(
            (opened, failure) -> UnixThreads.start("give", () -> give(client, opened, failure)));
  }

  private static void give(
      AFUNIXSocket client, @Nullable ByteStream opened, @Nullable Throwable failure) {
    try {
      if (opened != null) {
        UnixDescriptors.give(client.getFileDescriptor(), opened);
      } else {
        LOG.log(System.Logger.Level.INFO, "there is no descriptor to give: {0}", failure);
      }
    } catch (IOException | IllegalStateException e) {
      LOG.log(System.Logger.Level.INFO, "a descriptor could not be given: {0}", e.getMessage());
    } finally {
      Sockets.closeQuietly(client);
    }
  }

  /** Where it listens. */
  public URI uri() {
    return bound.uri();
  }

  /** Takes no more clients and frees the address; who waits still gets what it waits for. */
  @Override
  public void close() {
    bound.close();
  }
}
