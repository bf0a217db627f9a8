package io.libchan.gateway;

import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A target, a dialer with a listener, and a forwarder, all in this process. */
final class Bed implements AutoCloseable {
  static final int PATIENCE_MILLIS = (int) Waits.BOUND.toMillis();

  static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "test");
            thread.setDaemon(true);
            return thread;
          });

  private static final int CLIENT_BUFFER_BYTES = 64 * 1024; // or the system's would grow

  private static final AtomicInteger NAMES = new AtomicInteger();

  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  /** What each side's observer was told. */
  final List<ConnectionEnd> atForwarder = new CopyOnWriteArrayList<>();

  final List<ConnectionEnd> atDialer = new CopyOnWriteArrayList<>();

  final ServerSocket server;
  final Address target;
  Options session = Options.DEFAULTS;
  GatewayOptions.Builder forwarding = GatewayOptions.builder().observer(atForwarder::add);
  GatewayOptions.Builder dialing = GatewayOptions.builder().observer(atDialer::add);

  Bed() throws IOException {
    server = with(new ServerSocket(0, 512, InetAddress.getLoopbackAddress()));
    target = new Address.Tcp("127.0.0.1", server.getLocalPort());
  }

  /** Closes it with the bed, last come first served. */
  <T extends AutoCloseable> T with(T resource) {
    open.push(resource);
    return resource;
  }

  Dialer dialer(Address... more) {
    Set<Address> all = new HashSet<>(Set.of(more));
    all.add(target);
    return with(Dialer.to(all, dialing.build()));
  }

  Listener listener(String scheme, Dialer dialer) throws Exception {
    String address =
        switch (scheme) {
          case "inmem" -> "inmem:gateway-" + NAMES.incrementAndGet();
          case "unix" ->
              "unix:@gateway-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet();
          default -> scheme + "://127.0.0.1:0";
        };
    return with(Libchan.listen(address, session, dialer));
  }

  Session connect(Listener listener) throws Exception {
    return with(Libchan.connect(listener.uri().toString(), session));
  }

  /** The whole way to the target. */
  Forwarder way(String scheme) throws Exception {
    return forwarder(connect(listener(scheme, dialer())), target);
  }

  Forwarder forwarder(Session over, Address to) throws Exception {
    return with(Forwarder.listen(new Address.Tcp("127.0.0.1", 0), over, to, forwarding.build()));
  }

  /** A client of a forwarder. */
  Socket client(Forwarder forwarder) throws IOException {
    Socket socket = with(new Socket());
    socket.setSoTimeout(PATIENCE_MILLIS);
    socket.setReceiveBufferSize(CLIENT_BUFFER_BYTES);
    socket.connect(
        new InetSocketAddress(
            InetAddress.getLoopbackAddress(), ((Address.Tcp) forwarder.address()).port()));
    return socket;
  }

  /** The next connection at the target. */
  Socket accept() throws IOException {
    server.setSoTimeout(PATIENCE_MILLIS);
    Socket socket = with(server.accept());
    socket.setSoTimeout(PATIENCE_MILLIS);
    return socket;
  }

  /** From now on the target answers each connection's first byte with the next number. */
  void answer() {
    THREADS.execute(
        () -> {
          while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
              socket.getOutputStream().write(socket.getInputStream().read() + 1);
            } catch (IOException e) {
              // This client went away, or the test is over.
            }
          }
        });
  }

  /** A target that neither refuses nor answers: its queue of connections is full. */
  Address silent() throws Exception {
    ServerSocket full = with(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
    boolean waits = false;
    while (!waits) {
      SocketChannel filler = with(SocketChannel.open());
      filler.configureBlocking(false);
      filler.connect(full.getLocalSocketAddress());
      waits = !Waits.within(Waits.SHORT.multipliedBy(5), filler::finishConnect);
    }
    return new Address.Tcp("127.0.0.1", full.getLocalPort());
  }

  /** Whether each side's observer was told of so many ends. */
  boolean told(int forwarder, int dialer) {
    return atForwarder.size() == forwarder && atDialer.size() == dialer;
  }

  @Override
  public void close() {
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException("closing " + each, e);
      }
    }
  }
}
