package io.libchan.transport.unix;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelReset;
import io.libchan.DescriptorPolicy;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.ProtocolViolation;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Descriptor;
import io.libchan.spi.DescriptorConnection;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.QuietLog;
import io.libchan.testkit.Rule;
import io.libchan.testkit.ScriptedPeer;
import io.libchan.testkit.Waits;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** Peers that send other descriptors than they say. */
@ExtendWith({Leaks.class, QuietLog.class})
final class HostileDescriptorsTest {
  record Reads(int number, InputStream input) {}

  record Encoded(int number, Object input) {}

  @TempDir Path folder;

  private final LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
  private Listener listener;
  private Passer passer;
  private ScriptedPeer peer;
  private Session session;
  private long before;

  /** Passes what a test gives it with the next bytes that the script writes. */
  private static final class Passer implements ByteConnection {
    private final DescriptorConnection below;
    private final LinkedBlockingQueue<Descriptor> waiting = new LinkedBlockingQueue<>();

    Passer(DescriptorConnection below) {
      this.below = below;
    }

    void pass(Path file, int count) throws IOException {
      try (FileInputStream open = new FileInputStream(file.toFile())) {
        for (int i = 0; i < count; i++) {
          waiting.add(below.duplicate(open.getFD()));
        }
      }
    }

    @Override
    public PeerInfo peer() {
      return below.peer();
    }

    @Override
    public void start(Handler handler) {
      below.start(
          new Handler() {
            @Override
            public boolean fill(ByteBuffer target) {
              int start = target.position();
              boolean more = handler.fill(target);
              while (target.position() > start && !below.isFull() && !waiting.isEmpty()) {
                below.pass(waiting.remove());
              }
              return more;
            }

            @Override
            public void received(ByteBuffer bytes) {
              handler.received(bytes);
            }

            @Override
            public void closed(IOException cause) {
              handler.closed(cause);
            }
          });
    }

    @Override
    public void wantWrite() {
      below.wantWrite();
    }

    @Override
    public void close() {
      below.close();
    }

    @Override
    public void abort() {
      below.abort();
    }
  }

  @BeforeEach
  void connect() throws Exception {
    connect(Options.builder());
  }

  private void connect(Options.Builder options) throws Exception {
    Options built = options.referenceTimeout(Duration.ofMillis(400)).build();
    listener = Libchan.listen(Addresses.path(), built, accepted::put);
    passer = new Passer((DescriptorConnection) new UnixTransport().connect(listener.uri(), built));
    peer = new ScriptedPeer(passer, true).hello();
    session = accepted.poll(10, TimeUnit.SECONDS);
    before = OpenFds.count();
  }

  @AfterEach
  void close() {
    peer.close();
    session.close();
    listener.close();
  }

  private Path file() throws Exception {
    return Files.writeString(folder.resolve("a"), "x");
  }

  private static byte[] message(long descriptor) throws Exception {
    return ScriptedPeer.message(
        ScriptedPeer.table(64 + 4, descriptor),
        ScriptedPeer.encode("msgpack", new Encoded(1, InputStream.nullInputStream())));
  }

  private Receiver<Reads> channel() throws Exception {
    return session.accept("c", Reads.class, Waits.BOUND);
  }

  private void expectAlive() throws Exception {
    int stream = peer.openChannel("alive", "msgpack", 4);
    peer.data(stream, message(1000));
    session.accept("alive", Reads.class, Waits.BOUND).close();
    assertThat(session.snapshot().reason()).isNull();
  }

  private static Reason failure(Receiver<?> receiver) {
    try {
      receiver.receive(Waits.BOUND);
    } catch (ProtocolViolation | ChannelReset e) {
      return e.reason();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("no failure");
  }

  @Test
  @Rule("FD-8")
  void aMessageThatNamesMoreThanWereSentFailsItsChannel() throws Exception {
    int stream = peer.openChannel("c", "msgpack", 4);
    passer.pass(file(), 1);
    peer.data(stream, message(2));
    Reason reason = failure(channel());
    assertThat(reason.code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(reason.message()).contains("FD-8");
    expectAlive();
  }

  @Test
  @Rule({"FD-9", "FD-6"})
  void descriptorsThatNoMessageNamesAreClosedInTime() throws Exception {
    int stream = peer.openChannel("c", "msgpack", 4);
    passer.pass(file(), 3);
    peer.data(stream, message(1));
    channel().receive(Waits.BOUND).input().close();
    Waits.until("the other two to be closed", () -> OpenFds.count() <= before);
    expectAlive();
  }

  @Test
  @Rule("FD-8")
  void aDescriptorThatIsNamedTwiceIsNotThereTheSecondTime() throws Exception {
    int stream = peer.openChannel("c", "msgpack", 4);
    passer.pass(file(), 1);
    peer.data(stream, ScriptedPeer.join(message(1), message(1)));
    Receiver<Reads> channel = channel();
    channel.receive(Waits.BOUND).input().close();
    try {
      channel.receive(Waits.BOUND);
      throw new AssertionError("no failure");
    } catch (io.libchan.MessageRejected e) {
      assertThat(e.reason().code()).isEqualTo(ReasonCode.REF_NOT_FOUND);
    }
    expectAlive();
  }

  @Test
  @Rule("FD-9")
  void aStreamThatIsResetInTheMiddleOfItsMessageLeavesNothing() throws Exception {
    int stream = peer.openChannel("c", "msgpack", 4);
    passer.pass(file(), 2);
    byte[] message = message(1);
    peer.data(stream, java.util.Arrays.copyOf(message, message.length - 1));
    peer.rst(stream, ReasonCode.FAILED);
    assertThat(failure(channel()).code()).isEqualTo(ReasonCode.FAILED);
    Waits.until("both to be closed", () -> OpenFds.count() <= before);
    expectAlive();
  }

  @Test
  @Rule("FD-5")
  void aFloodEndsTheSession() throws Exception {
    passer.pass(file(), 300);
    for (int i = 0; i < 10 && !peer.isOver(); i++) {
      peer.header(ScriptedPeer.PING, ScriptedPeer.SYN, 0, i);
      int sent = 300 - 60 * (i + 1);
      Waits.until("a batch to leave", () -> passer.waiting.size() <= Math.max(0, sent));
    }
    Reason reason = session.closed().toCompletableFuture().get(10, TimeUnit.SECONDS);
    assertThat(reason.code()).isEqualTo(ReasonCode.LIMIT);
    assertThat(reason.message()).startsWith("descriptors:");
    Waits.until("all to be closed", () -> OpenFds.count() <= before);
  }

  @Test
  @Rule("FD-4")
  void whoTakesNoneIsSentNone() throws Exception {
    close();
    connect(Options.builder().descriptorPolicy(DescriptorPolicy.NEVER));
    assertThat(session.passesDescriptors()).isFalse();
    passer.pass(file(), 3);
    int stream = peer.openChannel("c", "msgpack", 4);
    peer.data(stream, message(1));
    assertThat(failure(channel()).message()).contains("FD-8");
    Waits.until("none to be open", () -> OpenFds.count() <= before);
    expectAlive();
  }

  @Test
  @Rule("FD-7")
  void aTakenThatLiesEndsTheSession() throws Exception {
    peer.data(1, ScriptedPeer.frame(5, ScriptedPeer.longNumber(1)));
    Reason reason = session.closed().toCompletableFuture().get(10, TimeUnit.SECONDS);
    assertThat(reason.code()).isEqualTo(ReasonCode.PROTOCOL_ERROR);
    assertThat(reason.message()).contains("FD-7");
  }

  @Test
  @Rule("FD-2")
  void asManyAsTheSystemPassesAtOnceLeaveNothing() throws Exception {
    Path file = file();
    URI uri = listener.uri();
    try (AFUNIXSocket raw = AFUNIXSocket.newInstance();
        FileInputStream open = new FileInputStream(file.toFile())) {
      raw.connect(AFUNIXSocketAddress.of(Path.of(uri.getPath())));
      java.io.FileDescriptor[] all = new java.io.FileDescriptor[253];
      java.util.Arrays.fill(all, open.getFD());
      raw.setOutboundFileDescriptors(all);
      raw.getOutputStream().write(0);
      // Descriptors before the HELLO: the connection ends.
      assertThat(raw.getInputStream().readAllBytes()).isNotNull();
    }
    Waits.until("all to be closed", () -> OpenFds.count() <= before);
    expectAlive();
  }
}
