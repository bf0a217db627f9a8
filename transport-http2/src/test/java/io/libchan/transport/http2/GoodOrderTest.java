package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a proxy in the middle sees of a session that does nothing wrong. */
final class GoodOrderTest {
  private static final int PREFACE = 24;

  /** Asks for an answer on a channel of its own. */
  record Ask(int number, Sender<Integer> answer) {}

  /** Passes bytes on, and counts frames by what they are. */
  private static final class Tap implements AutoCloseable {
    private final ServerSocket listening =
        new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final int target;
    private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
    final AtomicInteger requests = new AtomicInteger();
    final AtomicInteger resets = new AtomicInteger();
    final AtomicInteger trailers = new AtomicInteger();
    final AtomicInteger open = new AtomicInteger();

    Tap(int target) throws IOException {
      this.target = target;
      start(this::accept);
    }

    private void start(Runnable task) {
      Thread thread = new Thread(task, "tap");
      thread.setDaemon(true);
      thread.start();
    }

    private void accept() {
      try {
        while (true) {
          Socket client = listening.accept();
          Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
          for (Socket each : List.of(client, server)) {
            each.setTcpNoDelay(true);
            sockets.add(each);
            open.incrementAndGet();
          }
          start(() -> pass(client, server, PREFACE));
          start(() -> pass(server, client, 0));
        }
      } catch (IOException e) {
        // The test is over.
      }
    }

    private void pass(Socket from, Socket to, int before) {
      try {
        DataInputStream in = new DataInputStream(from.getInputStream());
        OutputStream out = to.getOutputStream();
        out.write(in.readNBytes(before));
        List<Integer> headed = new ArrayList<>();
        byte[] head = in.readNBytes(9);
        while (head.length == 9) {
          int length = (head[0] & 255) << 16 | (head[1] & 255) << 8 | (head[2] & 255);
          int stream = (head[5] & 127) << 24 | (head[6] & 255) << 16 | (head[7] & 255) << 8;
          stream |= head[8] & 255;
          if (head[3] == RawPeer.RST_STREAM) {
            resets.incrementAndGet();
          } else if (head[3] == RawPeer.HEADERS && headed.contains(stream)) {
            trailers.incrementAndGet();
          } else if (head[3] == RawPeer.HEADERS) {
            headed.add(stream);
            requests.addAndGet(before == 0 ? 0 : 1);
          }
          byte[] frame = new byte[9 + length];
          System.arraycopy(head, 0, frame, 0, 9);
          in.readFully(frame, 9, length);
          out.write(frame);
          head = in.readNBytes(9);
        }
        to.shutdownOutput();
      } catch (IOException e) {
        // A side is gone.
      } finally {
        open.decrementAndGet();
      }
    }

    URI uri() {
      return URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/libchan");
    }

    @Override
    public void close() throws IOException {
      listening.close();
      for (Socket each : List.copyOf(sockets)) {
        each.close();
      }
    }
  }

  private static void answer(Session session) throws Exception {
    for (Ask ask : session.accept("ask", Ask.class)) {
      ask.answer().send(ask.number() + 1);
      ask.answer().close();
    }
  }

  @Test
  @Rule("H2-15")
  void aSessionInGoodOrderHasNeitherResetsNorTrailers() throws Exception {
    try (Listener listener =
            Libchan.listen("http://127.0.0.1:0/libchan", Options.DEFAULTS, GoodOrderTest::answer);
        Tap tap = new Tap(listener.uri().getPort())) {
      try (Session session = Libchan.connect(tap.uri().toString(), Options.DEFAULTS)) {
        Sender<Ask> asks = session.open("ask", Ask.class);
        for (int i = 0; i < 100; i++) {
          Channel<Integer> back = Channel.of(Integer.class);
          asks.send(new Ask(i, back.sender()));
          try (Receiver<Integer> answers = back.receiver()) {
            assertThat(answers.receive()).isEqualTo(i + 1);
            assertThat(answers.iterator().hasNext()).isFalse();
          }
        }
        asks.close();
      }
      Waits.until("the connection is over", () -> tap.open.get() == 0);
      assertThat(tap.requests.get()).isGreaterThan(100);
      assertThat(tap.resets).hasValue(0);
      assertThat(tap.trailers).hasValue(0);
    }
  }
}
