package io.libchan.transport.unix;

import io.libchan.ConnectFailed;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Connection;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.ConnectionRefusedSocketException;

/**
 * Makes one connection. The socket library is called on a platform thread, whoever calls here, so
 * that waiting can be interrupted and no virtual thread gets stuck.
 *
 * <p>Not thread-safe.
 */
final class Dialer {
  private final UnixAddress address;
  private final Options options;
  private final CompletableFuture<UnixConnection> result = new CompletableFuture<>();

  Dialer(UnixAddress address, Options options) {
    this.address = address;
    this.options = options;
  }

  Connection connect() throws ConnectFailed, InterruptedException {
    UnixThreads.start("connect", this::run);
    try {
      return result.get();
    } catch (InterruptedException e) {
      CompletableFuture<Void> unused = result.thenAccept(UnixConnection::abort);
      throw e;
    } catch (ExecutionException e) {
      throw Sockets.failed(e);
    }
  }

  private void run() {
    try {
      result.complete(dial());
    } catch (ConnectFailed e) {
      result.completeExceptionally(e);
    } catch (IOException | RuntimeException | Error e) {
      result.completeExceptionally(
          new ConnectFailed(
              Reason.of(ReasonCode.CONNECT_FAILED, "connecting to " + address + ": " + e), e));
    }
  }

  private UnixConnection dial() throws IOException {
    AFUNIXSocket socket = AFUNIXSocket.newInstance();
    try {
      open(socket);
      UnixPeer peer = Sockets.peer(socket);
      if (!UnixTransport.unixOptions(options).admits(peer.uid(), Users.own())) {
        throw Sockets.failed(
            address
                + " is served by user "
                + peer.uid()
                + ", which is not trusted: see UnixOptions.allowedUids");
      }
      return new UnixConnection(socket, Sockets.info(address, peer), options);
    } catch (IOException | RuntimeException | Error e) {
      Sockets.closeQuietly(socket);
      throw e;
    }
  }

  private void open(AFUNIXSocket socket) throws IOException {
    int millis = (int) Math.min(Integer.MAX_VALUE, options.connectTimeout().toMillis());
    try {
      // While the backlog is full connecting waits, for as long as sending may take.
      socket.setSoTimeout(Math.max(1, millis));
      socket.connect(address.socketAddress(), Math.max(1, millis));
      socket.setSoTimeout(0); // a time-out in the middle of a write would cut it
    } catch (SocketTimeoutException e) {
      throw new ConnectFailed(
          Reason.of(
              ReasonCode.CONNECT_FAILED, address + " did not accept within " + millis + " ms"),
          e);
    } catch (IOException e) {
      throw new ConnectFailed(Reason.of(ReasonCode.CONNECT_FAILED, refusal(e)), e);
    }
  }

  private String refusal(IOException cause) {
    String why = Sockets.describe(cause);
    if (!address.isAbstract() && !Files.exists(address.path())) {
      return "nothing listens at " + address + ": there is no such file";
    }
    return cause instanceof ConnectionRefusedSocketException
        ? "nothing listens at " + address + ": connection refused"
        : "connecting to " + address + ": " + why;
  }
}
