package io.libchan.transport.spdy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.testkit.Rule;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Both captures, in both roles: one side is this library, the other one what Go once wrote. */
@Timeout(value = 30, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ReplayTest {
  record Sum(int value) {}

  record Question(int a, int b, Sender<Sum> reply) {}

  record Feed(String name, InputStream blob, Receiver<Object> items) {}

  /** Whatever comes on the top-level channel. */
  record Either(
      Integer a,
      Integer b,
      Sender<Sum> reply,
      String name,
      Receiver<Object> items,
      InputStream blob) {}

  record Status(int status) {}

  /** The fields in the order in which the capture has their streams. */
  record Command(
      ByteStream stdout,
      ByteStream stderr,
      Sender<Status> statusChan,
      String cmd,
      List<String> args,
      ByteStream stdin) {}

  record Heard(
      String cmd,
      List<String> args,
      InputStream stdin,
      OutputStream stdout,
      OutputStream stderr,
      Sender<Status> statusChan) {}

  @Test
  @Rule({"SPDY-5", "SPDY-6", "SPDY-8", "SPDY-9", "SPDY-10", "SPDY-13", "SPDY-17"})
  void serverOfNestedChannels() throws Exception {
    Capture capture = Capture.of("nested-channels.txt");
    CompletableFuture<List<Object>> heard = new CompletableFuture<>();
    Traffic traffic = new Traffic();
    try (Listener listener = listen(session -> heard.complete(serve(session)));
        Socket socket = connect(listener)) {
      socket.getOutputStream().write(capture.client());
      record(socket.getInputStream(), traffic);
      assertThat(heard.get())
          .containsExactly(
              0,
              -50,
              1,
              50,
              2,
              150,
              "feed",
              10_000,
              1,
              "two",
              "[3, 3, 3]",
              4.5,
              true,
              Map.of("k", -70_000),
              Arrays.asList(200, null),
              "end");
      for (int stream : new int[] {1, 3, 5, 7, 11}) {
        traffic.awaitData(stream, 0, true);
      }
    }
    Traffic expected = Traffic.of(capture.server());
    assertThat(traffic.replied).isEqualTo(expected.replied);
    assertThat(traffic.opened).isEmpty();
    assertThat(traffic.reset).isEmpty();
    assertThat(traffic.ended).containsAll(expected.ended);
    for (int stream : new int[] {3, 5, 7}) {
      assertThat(traffic.bytes(stream)).isEqualTo(expected.bytes(stream));
    }
  }

  private static List<Object> serve(Session session) throws Exception {
    List<Object> heard = new ArrayList<>();
    Receiver<Either> top = session.accept(Either.class);
    for (Either one = top.receive(); one != null; one = top.receive()) {
      if (one.reply() != null) {
        heard.add(one.a());
        heard.add(one.b());
        one.reply().send(new Sum(one.a() + one.b()));
        one.reply().close();
      } else {
        heard.add(one.name());
        byte[] blob = one.blob().readAllBytes();
        assertThat(blob).containsOnly(0);
        heard.add(blob.length);
        for (Object item : one.items()) {
          heard.add(item instanceof byte[] bytes ? Arrays.toString(bytes) : item);
        }
      }
    }
    heard.add("end");
    return heard;
  }

  @Test
  @Rule({"SPDY-5", "SPDY-8", "SPDY-9", "SPDY-12", "SPDY-13", "SPDY-17"})
  void clientOfNestedChannels() throws Exception {
    Capture capture = Capture.of("nested-channels.txt");
    Traffic traffic = new Traffic();
    List<Integer> sums = new ArrayList<>();
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Session session = Libchan.connect(uri(listening), Options.DEFAULTS);
        Socket socket = listening.accept()) {
      record(socket.getInputStream(), traffic);
      replay(capture.server(), socket.getOutputStream(), traffic);
      Sender<Object> top = session.open(Object.class);
      for (int i = 0; i < 3; i++) {
        Channel<Sum> reply = Channel.of(Sum.class);
        top.send(new Question(i, 100 * i - 50, reply.sender()));
        sums.add(reply.receiver().receive().value());
        assertThat(reply.receiver().receive()).isNull();
      }
      Channel<Object> items = Channel.of(Object.class);
      top.send(new Feed("feed", new ByteArrayInputStream(new byte[10_000]), items.receiver()));
      for (Object item :
          List.of(
              1,
              "two",
              new byte[] {3, 3, 3},
              4.5,
              true,
              Map.of("k", -70_000),
              Arrays.asList(200, null))) {
        items.sender().send(item);
      }
      items.sender().close();
      top.close();
      for (int stream : new int[] {1, 3, 5, 7, 9, 11}) {
        traffic.awaitData(stream, 0, true);
      }
      CompletableFuture<Void> closed = CompletableFuture.runAsync(session::close);
      traffic.awaitGoAway();
      socket.shutdownOutput();
      closed.get();
    }
    assertThat(sums).containsExactly(-50, 51, 152);
    same(traffic, Traffic.of(capture.client()), 1, 3, 5, 7, 11);
    assertThat(traffic.bytes(9)).hasSize(10_000).containsOnly(0);
  }

  @Test
  @Rule({"SPDY-5", "SPDY-8", "SPDY-13", "SPDY-16"})
  void serverOfRemoteExec() throws Exception {
    Capture capture = Capture.of("remote-exec.txt");
    CompletableFuture<String> heard = new CompletableFuture<>();
    Traffic traffic = new Traffic();
    try (Listener listener = listen(session -> heard.complete(run(session)));
        Socket socket = connect(listener)) {
      socket.getOutputStream().write(capture.client());
      record(socket.getInputStream(), traffic);
      assertThat(heard.get()).isEqualTo("sh [-c, sort; echo oops >&2; exit 7] pear\napple\nfig\n");
      traffic.awaitData(7, 9, false);
      traffic.awaitData(3, 15, true);
      traffic.awaitData(5, 5, true);
    }
    Traffic expected = Traffic.of(capture.server());
    assertThat(traffic.replied).isEqualTo(expected.replied);
    assertThat(traffic.ended).containsAll(expected.ended);
    for (int stream : new int[] {3, 5, 7}) {
      assertThat(traffic.bytes(stream)).isEqualTo(expected.bytes(stream));
    }
  }

  private static String run(Session session) throws Exception {
    Heard command = session.accept(Heard.class).receive();
    String input = new String(command.stdin().readAllBytes(), UTF_8);
    command.stdout().write("apple\nfig\npear\n".getBytes(UTF_8));
    command.stdout().close();
    command.stderr().write("oops\n".getBytes(UTF_8));
    command.stderr().close();
    command.statusChan().send(new Status(7));
    return command.cmd() + " " + command.args() + " " + input;
  }

  @Test
  @Rule({"SPDY-5", "SPDY-8", "SPDY-13", "SPDY-16"})
  void clientOfRemoteExec() throws Exception {
    Capture capture = Capture.of("remote-exec.txt");
    Traffic traffic = new Traffic();
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Session session = Libchan.connect(uri(listening), Options.DEFAULTS);
        Socket socket = listening.accept()) {
      record(socket.getInputStream(), traffic);
      replay(capture.server(), socket.getOutputStream(), traffic);
      ByteStream.Pair stdin = ByteStream.pair();
      ByteStream.Pair stdout = ByteStream.pair();
      ByteStream.Pair stderr = ByteStream.pair();
      Channel<Status> status = Channel.of(Status.class);
      session
          .open(Command.class)
          .send(
              new Command(
                  stdout.right(),
                  stderr.right(),
                  status.sender(),
                  "sh",
                  List.of("-c", "sort; echo oops >&2; exit 7"),
                  stdin.right()));
      stdout.left().output().close();
      stderr.left().output().close();
      stdin.left().output().write("pear\napple\nfig\n".getBytes(UTF_8));
      stdin.left().output().close();
      assertThat(new String(stdout.left().input().readAllBytes(), UTF_8))
          .isEqualTo("apple\nfig\npear\n");
      assertThat(new String(stderr.left().input().readAllBytes(), UTF_8)).isEqualTo("oops\n");
      assertThat(status.receiver().receive()).isEqualTo(new Status(7));
      traffic.awaitData(9, 15, true);
    }
    Traffic expected = Traffic.of(capture.client());
    same(traffic, expected, 1);
    assertThat(traffic.ended).containsAll(expected.ended);
    assertThat(traffic.bytes(9)).isEqualTo(expected.bytes(9));
  }

  /** The same streams with the same headers, and the same messages on channels. */
  private static void same(Traffic ours, Traffic theirs, int... channels) {
    assertThat(ours.opened).isEqualTo(theirs.opened);
    for (int channel : channels) {
      assertThat(Values.all(ours.bytes(channel)))
          .as("stream %s", channel)
          .isEqualTo(Values.all(theirs.bytes(channel)));
    }
  }

  /** Writes what the capture has, each frame once the stream that it is of is open. */
  private static void replay(byte[] captured, OutputStream to, Traffic traffic) {
    Thread thread =
        new Thread(
            () -> {
              try {
                Frames frames = new Frames();
                ByteArrayInputStream in = new ByteArrayInputStream(captured);
                for (Frames.Frame frame = frames.read(in); frame != null; frame = frames.read(in)) {
                  traffic.awaitOpened(frame.stream());
                  to.write(frame.raw());
                }
              } catch (Exception e) {
                // The socket is closed: the test has ended.
              }
            },
            "replay");
    thread.setDaemon(true);
    thread.start();
  }

  private static void record(InputStream from, Traffic traffic) {
    Thread thread =
        new Thread(
            () -> {
              Frames frames = new Frames();
              try {
                for (Frames.Frame frame = frames.read(from);
                    frame != null;
                    frame = frames.read(from)) {
                  traffic.add(frame);
                }
              } catch (Exception e) {
                // The socket is closed: the test has ended.
              }
            },
            "record");
    thread.setDaemon(true);
    thread.start();
  }

  private interface Serving {
    void serve(Session session) throws Exception;
  }

  private static Listener listen(Serving serving) throws Exception {
    return Libchan.listen(
        "spdy://127.0.0.1:0",
        Options.DEFAULTS,
        session -> {
          try {
            serving.serve(session);
          } catch (Exception e) {
            throw new AssertionError(e);
          }
        });
  }

  private static Socket connect(Listener listener) throws Exception {
    return new Socket(InetAddress.getLoopbackAddress(), listener.uri().getPort());
  }

  private static String uri(ServerSocket listening) {
    return "spdy://127.0.0.1:" + listening.getLocalPort();
  }
}
