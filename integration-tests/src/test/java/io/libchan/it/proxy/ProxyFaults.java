package io.libchan.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.RequestAuthenticator.Answer;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.it.proxy.Service.Ask;
import io.libchan.it.proxy.Service.Deep;
import io.libchan.it.proxy.Service.Echo;
import io.libchan.it.proxy.Service.Inner;
import io.libchan.it.proxy.Service.Item;
import io.libchan.it.scale.Child;
import io.libchan.testkit.Ports;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import io.libchan.transport.http2.Http2Options;
import java.io.DataInputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens to sessions through a proxy when it, or what is behind it, is not at its best. */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
abstract class ProxyFaults {
  /** How long sessions are idle; 180 s with all at its stock, or all of it shorter. */
  static final int SECONDS = Integer.getInteger("libchan.proxy.seconds", 6);

  private static final long BYTES = Long.getLong("libchan.proxy.bytes", 64 * 1024 * 1024);
  private static final int STREAMS = 5000;
  static final int UNENDING = Integer.MAX_VALUE;
  private static final Duration DEFAULT_HEARTBEAT = Duration.ofSeconds(20);

  final ProxyProgram program;
  final List<AutoCloseable> opened = new ArrayList<>();
  Proxy proxy;

  ProxyFaults(ProxyProgram program) {
    this.program = program;
  }

  /** The file with the stock time-outs of its program, as much shorter as the idle time is. */
  abstract List<Edit> stockTimeouts();

  /** The file with a rule that forbids all. */
  abstract Edit forbidden();

  /** The file where one connection has no more than 1,000 requests. */
  List<Edit> fewRequestsPerConnection() {
    return List.of();
  }

  /** What is answered for a service that does not run. */
  int statusWithoutService() {
    return 503;
  }

  /** So many of the 180 s that a whole idle time takes. */
  static long scaledMillis(int seconds) {
    return seconds * 1000L * SECONDS / 180;
  }

  @AfterEach
  void close() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
  }

  <C extends AutoCloseable> C keep(C closeable) {
    opened.add(closeable);
    return closeable;
  }

  /** A service in this process; its port. */
  int serve(String name, Duration heartbeat) throws Exception {
    int port = Ports.next();
    keep(Service.listen(name, port, Service.options(heartbeat).build()));
    return port;
  }

  /** A proxy with one service behind it. */
  void start(Duration heartbeat, Edit... edits) throws Exception {
    proxy = keep(Proxy.start(program, List.of(serve("one", heartbeat)), edits));
  }

  Session connect(Duration heartbeat) throws Exception {
    Options options = Service.options(heartbeat).with(Proxy.trusted()).build();
    return keep(Libchan.connect(proxy.uri(), options));
  }

  static Receiver<Item> ask(Session session, int count, int textLength) throws Exception {
    return ask("ask", session, count, textLength);
  }

  static Receiver<Item> ask(String name, Session session, int count, int textLength)
      throws Exception {
    Channel<Item> items = Channel.of(Item.class, 16);
    try (Sender<Ask> asks = session.open(name, Ask.class)) {
      asks.send(new Ask(count, textLength, items.sender()), Waits.BOUND);
      asks.flush(Waits.BOUND);
    }
    return items.receiver();
  }

  static Receiver<Integer> deep(Session session, int count) throws Exception {
    Channel<Inner> answer = Channel.of(Inner.class);
    try (Sender<Deep> asks = session.open("deep", Deep.class)) {
      asks.send(new Deep(count, answer.sender()), Waits.BOUND);
      asks.flush(Waits.BOUND);
    }
    try (Receiver<Inner> inner = answer.receiver()) {
      return inner.receive(Waits.BOUND).numbers();
    }
  }

  static void expect(Receiver<Item> items, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      assertThat(items.receive(Waits.BOUND).number()).isEqualTo(i);
    }
  }

  static void expectNumbers(Receiver<Integer> numbers, int from, int to) throws Exception {
    for (int i = from; i < to; i++) {
      assertThat(numbers.receive(Waits.BOUND)).isEqualTo(i);
    }
  }

  static void expectEnd(Receiver<?> receiver) throws Exception {
    assertThat(receiver.receive(Waits.BOUND)).isNull();
  }

  /** What had arrived may still be received; then comes an error, and never an end. */
  static void expectLoss(Receiver<?> receiver) {
    assertThatThrownBy(
            () -> {
              while (receiver.receive(Waits.BOUND) != null) {
                // It was on its way.
              }
              fail("a loss looked like an end");
            })
        .isInstanceOf(ChannelException.class);
  }

  static void expectAlive(Session session) throws Exception {
    Receiver<Item> items = ask(session, 1, 0);
    expect(items, 0, 1);
    expectEnd(items);
    Receiver<Integer> numbers = deep(session, 1);
    expectNumbers(numbers, 0, 1);
    expectEnd(numbers);
  }

  /** Connects as soon as it can. */
  Session connectAgain() throws Exception {
    List<Session> sessions = new ArrayList<>();
    Waits.until(
        "a session comes about; " + proxy.output(),
        () -> {
          try {
            sessions.add(connect(DEFAULT_HEARTBEAT));
          } catch (ConnectFailed e) {
            // Not yet.
          }
          return !sessions.isEmpty();
        });
    return sessions.get(0);
  }

  @Test
  @Rule({"BOD-11", "MUX-12"})
  void anIdleSessionOutlivesTheTimeoutsOfTheProxy() throws Exception {
    Duration heartbeat = Duration.ofMillis(scaledMillis(20));
    start(heartbeat, stockTimeouts().toArray(new Edit[0]));
    Session session = connect(heartbeat);
    Receiver<Item> items = ask(session, 100, 0);
    Receiver<Integer> numbers = deep(session, 100);
    expect(items, 0, 1);
    expectNumbers(numbers, 0, 1);
    assertThatThrownBy(() -> session.closed().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS))
        .isInstanceOf(TimeoutException.class);
    expect(items, 1, 100);
    expectEnd(items);
    expectNumbers(numbers, 1, 100);
    expectEnd(numbers);
    expectAlive(session);
  }

  @Test
  @Rule("H2-18")
  void fiveThousandStreamsAreOpened() throws Exception {
    start(DEFAULT_HEARTBEAT, fewRequestsPerConnection().toArray(new Edit[0]));
    Session session = connect(DEFAULT_HEARTBEAT);
    Queue<Receiver<Item>> open = new ArrayDeque<>();
    try (Sender<Ask> asks = session.open("ask", Ask.class)) {
      for (int i = 0; i < STREAMS; i++) {
        Channel<Item> items = Channel.of(Item.class);
        asks.send(new Ask(1, 0, items.sender()), Waits.BOUND);
        open.add(items.receiver());
        if (open.size() == 50) {
          receiveOne(open.remove());
        }
      }
      for (Receiver<Item> items : open) {
        receiveOne(items);
      }
    }
    expectAlive(session);
  }

  private static void receiveOne(Receiver<Item> items) throws Exception {
    expect(items, 0, 1);
    expectEnd(items);
  }

  @Test
  @Rule({"H2-18", "H2-19"})
  void aReloadIsNotNoticed() throws Exception {
    start(DEFAULT_HEARTBEAT);
    Session session = connect(DEFAULT_HEARTBEAT);
    Receiver<Item> items = ask(session, 1000, 100);
    Receiver<Integer> numbers = deep(session, 1000);
    expect(items, 0, 300);
    expectNumbers(numbers, 0, 300);
    proxy.reload();
    expect(items, 300, 600);
    expectAlive(session);
    expect(items, 600, 1000);
    expectEnd(items);
    expectNumbers(numbers, 300, 1000);
    expectEnd(numbers);
    expectAlive(connectAgain());
    expectAlive(session);
  }

  @Test
  @Rule({"BOD-3", "BOD-10", "H2-14", "H2-16"})
  void aRestartIsALossOfStreamsAndNeverAnEnd() throws Exception {
    start(DEFAULT_HEARTBEAT);
    Session session = connect(DEFAULT_HEARTBEAT);
    List<Receiver<?>> receivers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      receivers.add(ask(session, UNENDING, 10));
      receivers.add(deep(session, UNENDING));
    }
    proxy.kill();
    for (Receiver<?> each : receivers) {
      expectLoss(each);
    }
    proxy.start();
    expectAfterRestart(session);
    expectAlive(connectAgain());
  }

  /** Whether the session itself lives on is a matter of the carrier. */
  abstract void expectAfterRestart(Session session) throws Exception;

  @Test
  @Rule({"BOD-3", "BOD-14", "H2-11", "H2-14"})
  void aServiceThatIsKilledIsALossAndNeverAnEnd() throws Exception {
    int port = Ports.next();
    Child service = service(port);
    proxy = keep(Proxy.start(program, List.of(port)));
    Session session = connect(DEFAULT_HEARTBEAT);
    List<Receiver<?>> receivers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      receivers.add(ask(session, UNENDING, 10));
      receivers.add(deep(session, UNENDING));
    }
    service.close(); // -9
    for (Receiver<?> each : receivers) {
      expectLoss(each);
    }
    service(port);
    Waits.value(session.closed());
    expectAlive(connectAgain());
  }

  /** A service in a process of its own. */
  Child service(int port) throws Exception {
    Child child =
        keep(
            Child.start(Service.class, 256, Duration.ofMinutes(5), "killed", String.valueOf(port)));
    child.text("uri");
    return child;
  }

  @Test
  @Rule({"BOD-21", "H2-12"})
  void bytesBothWaysOnOneStreamDoNotHang() throws Exception {
    start(DEFAULT_HEARTBEAT);
    Session session = connect(DEFAULT_HEARTBEAT);
    ByteStream.Pair pair = ByteStream.pair();
    try (Sender<Echo> asks = session.open("echo", Echo.class)) {
      asks.send(new Echo(pair.right()), Waits.BOUND);
    }
    byte[] block = new byte[64 * 1024];
    new Random(1).nextBytes(block);
    long start = System.nanoTime();
    CompletableFuture<Void> written =
        CompletableFuture.runAsync(
            () -> {
              try (OutputStream output = pair.left().output()) {
                for (long left = BYTES; left > 0; left -= block.length) {
                  output.write(block);
                }
              } catch (Exception e) {
                throw new AssertionError(e);
              }
            });
    byte[] received = new byte[block.length];
    DataInputStream input = new DataInputStream(pair.left().input());
    for (long left = BYTES; left > 0; left -= block.length) {
      input.readFully(received);
      assertThat(Arrays.equals(received, block)).isTrue();
    }
    assertThat(input.read()).isEqualTo(-1);
    written.get(15, TimeUnit.SECONDS);
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%s, %d MB each way on one stream: %.0f MB/s%n",
        program,
        BYTES >> 20,
        (BYTES >> 20) / seconds);
  }

  @Test
  @Rule({"H2-7", "H2-10"})
  void whatTheProxyRefusesIsATypedError() throws Exception {
    start(DEFAULT_HEARTBEAT);
    expectAlive(connect(DEFAULT_HEARTBEAT));
    expectFailure(proxy.uri("libchan:wrong", "/libchan"), ReasonCode.REFUSED, 401);
    expectFailure(proxy.uri("libchan:secret", "/other"), ReasonCode.CONNECT_FAILED, 404);
    int nobody = Ports.next();
    proxy = keep(Proxy.start(program, List.of(nobody)));
    expectFailure(proxy.uri(), ReasonCode.CONNECT_FAILED, statusWithoutService());
    proxy = keep(Proxy.start(program, List.of(nobody), forbidden()));
    expectFailure(proxy.uri(), ReasonCode.REFUSED, 403);
  }

  private static void expectFailure(String uri, ReasonCode code, int status) {
    assertThatThrownBy(
            () -> Libchan.connect(uri, Options.builder().with(Proxy.trusted()).build()).close())
        .isInstanceOfSatisfying(
            ConnectFailed.class,
            failed -> {
              assertThat(failed).hasMessageContaining("(" + status);
              assertThat(failed.reason().code()).isEqualTo(code);
              assertThat(failed).hasMessageNotContaining("secret");
            });
  }

  @Test
  @Rule({"H2-6", "H2-7"})
  void theServiceKnowsWhomTheProxyLetIn() throws Exception {
    int port = Ports.next();
    CompletableFuture<Session> accepted = new CompletableFuture<>();
    Options options =
        Options.builder()
            .requestAuthenticator(
                peer -> {
                  String user = peer.request().header("x-remote-user");
                  return peer.request().header("authorization") != null || user == null
                      ? Answer.forbidden()
                      : Answer.admit(() -> user);
                })
            .build();
    Listener listener =
        keep(Libchan.listen("http://127.0.0.1:" + port + "/libchan", options, accepted::complete));
    proxy = keep(Proxy.start(program, List.of(port)));
    Options lies =
        Options.builder()
            .with(Proxy.trusted())
            .with(Http2Options.builder().header("x-remote-user", "root").build())
            .build();
    keep(Libchan.connect(proxy.uri(), lies));
    assertThat(Waits.value(accepted).peer().principal().getName()).isEqualTo("libchan");
    assertThat(listener.sessions()).isEqualTo(1);
  }
}
