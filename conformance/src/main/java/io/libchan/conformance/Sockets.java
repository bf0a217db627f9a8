package io.libchan.conformance;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Connections over TCP, TLS and Unix sockets.
 *
 * <p>Thread-safe.
 */
final class Sockets implements Peer {
  private static final String PROTOCOL = "libchan/1";
  private static final int BACKLOG = 16;

  private final URI uri;
  private final Duration wait;
  private final @Nullable ServerSocket server;

  private Sockets(URI uri, Duration wait, @Nullable ServerSocket server) {
    this.uri = uri;
    this.wait = wait;
    this.server = server;
  }

  /** A peer that listens there. */
  static Sockets to(URI uri, Duration wait) {
    String scheme = String.valueOf(uri.getScheme());
    boolean known =
        switch (scheme) {
          case "tcp", "tls" -> uri.getHost() != null && uri.getPort() > 0;
          case "unix" -> uri.getPath() != null;
          default -> false;
        };
    if (!known) {
      throw new IllegalArgumentException(
          "the peer is at tcp://host:port, tls://host:port or unix:/path, not at " + uri);
    }
    return new Sockets(uri, wait, null);
  }

  /** A peer that will connect there. */
  static Sockets at(URI uri, Duration wait) throws IOException {
    if (!"tcp".equals(uri.getScheme()) || uri.getHost() == null || uri.getPort() < 0) {
      throw new IllegalArgumentException("the tester listens at tcp://host:port, not at " + uri);
    }
    ServerSocket server =
        new ServerSocket(uri.getPort(), BACKLOG, InetAddress.getByName(uri.getHost()));
    server.setSoTimeout((int) wait.toMillis());
    return new Sockets(
        URI.create("tcp://" + uri.getHost() + ":" + server.getLocalPort()), wait, server);
  }

  /** Where the peer is, or connects to. */
  URI uri() {
    return uri;
  }

  @Override
  public boolean isConnecting() {
    return server == null;
  }

  @Override
  public Pipe next() throws IOException {
    if (server != null) {
      return new SocketPipe(server.accept());
    }
    return switch (String.valueOf(uri.getScheme())) {
      case "unix" ->
          new UnixPipe(SocketChannel.open(UnixDomainSocketAddress.of(Path.of(uri.getPath()))));
      case "tls" -> new SocketPipe(tls());
      default -> new SocketPipe(tcp());
    };
  }

  private Socket tcp() throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.connect(new InetSocketAddress(uri.getHost(), uri.getPort()), (int) wait.toMillis());
    return socket;
  }

  private SSLSocket tls() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Anybody()}, null);
      SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(tcp(), uri.getHost(), uri.getPort(), true);
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(new String[] {PROTOCOL});
      parameters.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      return socket;
    } catch (GeneralSecurityException e) {
      throw new IOException(e);
    }
  }

  @Override
  public String protocol() throws IOException {
    if (!"tls".equals(uri.getScheme())) {
      return "";
    }
    try (SSLSocket socket = tls()) {
      String agreed = socket.getApplicationProtocol();
      return agreed == null || agreed.isEmpty() ? "none" : agreed;
    }
  }

  @Override
  public void close() {
    if (server != null) {
      try {
        server.close();
      } catch (IOException e) {
        // Nobody can connect any more, which is what was wanted.
      }
    }
  }

  /** What is tested is the wire, not whose certificate it is. */
  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
