package io.libchan.gateway;

import io.libchan.ConnectFailed;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A socket that takes clients. That of a Unix path leaves nothing behind, and never deletes a file
 * that it did not make.
 *
 * <p>{@link #close} and {@link #address} are thread-safe; the rest is for the loop.
 */
final class ListeningSocket implements Loop.Selected {
  private static final System.Logger LOG = System.getLogger(ListeningSocket.class.getName());
  private static final int BACKLOG = 512; // a burst of clients waits rather than retries
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Gets a client; on the loop. */
  interface Acceptor {
    /** The socket does not block. */
    void accepted(SocketChannel socket, String client);
  }

  private final ServerSocketChannel server;
  private final Address address;
  private final @Nullable Object fileKey; // what the path led to when it was bound
  private final AtomicBoolean closed = new AtomicBoolean();

  // The loop's.
  private @Nullable Acceptor acceptor;
  private @Nullable Loop loop;
  private boolean failing;

  private ListeningSocket(ServerSocketChannel server, Address address) throws IOException {
    this.server = server;
    this.address = address;
    fileKey = address instanceof Address.Unix unix ? fileKey(unix.path()) : null;
  }

  static ListeningSocket at(Address address) throws ConnectFailed {
    ServerSocketChannel server = null;
    try {
      boolean unix = address.family() == StandardProtocolFamily.UNIX;
      server =
          unix ? ServerSocketChannel.open(StandardProtocolFamily.UNIX) : ServerSocketChannel.open();
      if (!unix) {
        server.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      }
      server.bind(address.resolve().get(0), BACKLOG);
      server.configureBlocking(false);
      return new ListeningSocket(server, bound(address, server.getLocalAddress()));
    } catch (IOException e) {
      if (server != null) {
        Sockets.close(server);
      }
      throw new ConnectFailed(
          Reason.of(
              ReasonCode.CONNECT_FAILED, "cannot listen at " + address + ": " + e.getMessage()),
          e);
    }
  }

  private static Address bound(Address asked, SocketAddress real) {
    return asked instanceof Address.Tcp tcp && real instanceof InetSocketAddress inet
        ? new Address.Tcp(tcp.host(), inet.getPort())
        : asked;
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  Address address() {
    return address;
  }

  void accept(Loop on, Acceptor to) {
    loop = on;
    acceptor = to;
    try {
      SelectionKey unused = on.register(server, SelectionKey.OP_ACCEPT, this);
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "closed before it accepted", e);
    }
  }

  @Override
  public void ready(SelectionKey key) {
    try {
      for (SocketChannel socket = server.accept(); socket != null; socket = server.accept()) {
        failing = false;
        handOver(socket);
      }
    } catch (IOException e) {
      pause(key, e);
    }
  }

  private void handOver(SocketChannel socket) {
    boolean handed = false;
    try {
      socket.configureBlocking(false);
      Objects.requireNonNull(acceptor).accepted(socket, Sockets.text(socket.getRemoteAddress()));
      handed = true;
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "a client was gone again", e);
    } finally {
      if (!handed) {
        Sockets.reset(socket);
      }
    }
  }

  /** Stops accepting for a moment when it fails, as it does without free descriptors. */
  private void pause(SelectionKey key, IOException why) {
    if (!server.isOpen()) {
      return;
    }
    if (!failing) {
      failing = true; // one line for each series
      LOG.log(System.Logger.Level.WARNING, "cannot accept at {0}: {1}", address, why);
    }
    key.interestOps(0);
    Loop.Timer unused =
        Objects.requireNonNull(loop)
            .schedule(
                PAUSE,
                () -> {
                  if (key.isValid()) {
                    key.interestOps(SelectionKey.OP_ACCEPT);
                  }
                });
  }

  @Override
  public void broken(RuntimeException defect) {
    LOG.log(System.Logger.Level.WARNING, "a client could not be taken", defect);
  }

  /** Takes no more clients, and frees the address. Idempotent. */
  void close(Loop on) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Sockets.close(server);
    on.execute(() -> {}); // the selector lets the socket go when it looks next
    if (address instanceof Address.Unix unix) {
      deleteOurs(unix.path());
    }
  }

  private void deleteOurs(Path path) {
    try {
      if (fileKey != null && fileKey.equals(fileKey(path))) {
        Files.delete(path);
      }
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "deleting " + path, e);
    }
  }
}
