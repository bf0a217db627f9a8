package io.libchan.transport.unix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.Descriptors;
import io.libchan.Options;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Waits;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** Sockets of the JDK's become attachments, and other programs' by a Unix socket. */
@ExtendWith({Leaks.class, QuietLog.class})
final class JdkSocketsTest {
  @TempDir Path folder;

  @BeforeAll
  static void theRuntimeOpensASocketForItselfWithTheFirstOne() throws Exception {
    SocketChannel.open().close();
    ByteStream.Pair sockets = UnixDescriptors.sockets();
    sockets.left().close();
    sockets.right().close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "::1"})
  void aConnectionGoesOnWithoutItsChannel(String host) throws Exception {
    long before = OpenFds.count();
    try (ServerSocketChannel server = server(host);
        SocketChannel near = SocketChannel.open(server.getLocalAddress());
        SocketChannel far = server.accept()) {
      near.configureBlocking(false);
      try (ByteStream stream = UnixDescriptors.stream(near)) {
        assertThat(near.isOpen()).isFalse();
        assertThat(Descriptors.of(stream)).isPresent();
        stream.output().write(3);
        assertThat(read(far)).isEqualTo(3);
        far.write(ByteBuffer.wrap(new byte[] {4}));
        assertThat(stream.input().read()).as("it blocks until there is a byte").isEqualTo(4);
        stream.output().close();
        assertThat(read(far)).as("half-close").isEqualTo(-1);
      }
    }
    Waits.until("all descriptors are closed", () -> OpenFds.count() == before);
  }

  @Test
  void amongManySocketsItIsTheRightOne() throws Exception {
    try (ServerSocketChannel server = server("127.0.0.1")) {
      ByteStream[] streams = new ByteStream[50];
      SocketChannel[] near = new SocketChannel[streams.length];
      SocketChannel[] far = new SocketChannel[streams.length];
      for (int i = 0; i < streams.length; i++) {
        near[i] = SocketChannel.open(server.getLocalAddress());
        far[i] = server.accept();
      }
      for (int i = 0; i < streams.length; i++) {
        streams[i] = UnixDescriptors.stream(near[i]);
      }
      for (int i = 0; i < streams.length; i++) {
        streams[i].output().write(i);
        assertThat(read(far[i])).isEqualTo(i);
        streams[i].close();
        far[i].close();
      }
    }
  }

  @Test
  void aSocketThatASelectorHoldsIsRefusedAndStaysAsItWas() throws Exception {
    try (ServerSocketChannel server = server("127.0.0.1");
        SocketChannel near = SocketChannel.open(server.getLocalAddress());
        SocketChannel far = server.accept();
        Selector selector = Selector.open()) {
      near.configureBlocking(false);
      SelectionKey unused = near.register(selector, SelectionKey.OP_READ);
      assertThatThrownBy(() -> UnixDescriptors.stream(near))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("selector");
      near.write(ByteBuffer.wrap(new byte[] {5}));
      assertThat(read(far)).isEqualTo(5);
    }
  }

  @Test
  void aSocketThatTheSystemDoesNotTellOfStaysAsItWas() throws Exception {
    Path path = folder.resolve("jdk");
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(path));
      try (SocketChannel near = SocketChannel.open(UnixDomainSocketAddress.of(path));
          SocketChannel far = server.accept()) {
        assertThatThrownBy(() -> UnixDescriptors.stream(near))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("not a connected TCP socket");
        near.write(ByteBuffer.wrap(new byte[] {6}));
        assertThat(read(far)).isEqualTo(6);
      }
    }
  }

  @Test
  void aProgramThatConnectsIsGivenASocketAndOneThatGetsNoneReadsTheEnd() throws Exception {
    long before = OpenFds.count();
    Path path = folder.resolve("give");
    try (ServerSocketChannel server = server("127.0.0.1");
        SocketChannel near = SocketChannel.open(server.getLocalAddress());
        SocketChannel far = server.accept()) {
      CompletableFuture<ByteStream> source =
          CompletableFuture.completedFuture(UnixDescriptors.stream(near));
      try (DescriptorServer giving =
          DescriptorServer.listen(
              java.net.URI.create("unix:" + path), Options.DEFAULTS, peer -> source)) {
        assertThat(giving.uri()).hasToString("unix:" + path);
        try (AFUNIXSocket client = AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(path))) {
          client.setAncillaryReceiveBufferSize(1024);
          assertThat(client.getInputStream().read()).isZero();
          try (ByteStream given = UnixDescriptors.stream(client.getReceivedFileDescriptors()[0])) {
            given.output().write(9);
            assertThat(read(far)).isEqualTo(9);
          }
          assertThat(client.getInputStream().read()).as("it hangs up").isEqualTo(-1);
        }
        // What the source had was given away: the second one gets nothing.
        try (AFUNIXSocket client = AFUNIXSocket.connectTo(AFUNIXSocketAddress.of(path))) {
          assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
      }
      assertThat(read(far)).as("nobody holds the given socket").isEqualTo(-1);
    }
    Waits.until("all descriptors are closed", () -> OpenFds.count() == before);
  }

  private static ServerSocketChannel server(String host) throws IOException {
    return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getByName(host), 0));
  }

  private static int read(SocketChannel from) throws IOException {
    ByteBuffer one = ByteBuffer.allocate(1);
    return from.read(one) < 0 ? -1 : one.get(0);
  }
}
