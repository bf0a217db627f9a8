package io.libchan.transport.unix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.ByteStream;
import io.libchan.ConnectFailed;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.spi.Transport;
import io.libchan.testkit.Leaks;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Task;
import io.libchan.testkit.Waits;
import java.io.FileDescriptor;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.newsclub.net.unix.AFUNIXDatagramSocket;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** Addresses, files, users and failures of Unix sockets. */
@ExtendWith(Leaks.class)
@SuppressWarnings("try") // what closing does is what is tested
final class UnixTransportTest {
  @TempDir Path folder;

  private static Listener listen(String uri, Options options) throws Exception {
    return Libchan.listen(uri, options, session -> {});
  }

  private static Listener listen(Path path) throws Exception {
    return listen("unix:" + path, Options.DEFAULTS);
  }

  private static Options with(UnixOptions unix) {
    return Options.builder().with(unix).build();
  }

  private static String failure(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    Throwable[] caught = new Throwable[1];
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ConnectFailed.class, failed -> caught[0] = failed);
    return String.valueOf(caught[0].getMessage());
  }

  @Test
  @Rule("UNX-1")
  void addressesAreCheckedFirst() {
    for (String bad :
        List.of(
            "unix:relative",
            "unix:@",
            "unix://host/path",
            "unix:/path?query",
            "unix:/path#part",
            "unix:/" + "x".repeat(UnixAddress.MAX_BYTES),
            "unix:@" + "x".repeat(UnixAddress.MAX_BYTES + 1))) {
      assertThatThrownBy(() -> Libchan.connect(bad))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> listen(bad, Options.DEFAULTS))
          .as(bad)
          .isInstanceOf(IllegalArgumentException.class);
    }
    String longest = "unix:/" + "x".repeat(UnixAddress.MAX_BYTES - 1);
    assertThat(failure(() -> Libchan.connect(longest))).contains("nothing listens");
  }

  @Test
  @Rule("UNX-1")
  void aPathWithBlanksAndTheLongestNameWork() throws Exception {
    for (String uri :
        List.of(
            "unix:" + folder.resolve("a b%c").toString().replace("%", "%25").replace(" ", "%20"),
            "unix:@" + "y".repeat(UnixAddress.MAX_BYTES))) {
      try (Listener listener = listen(uri, Options.DEFAULTS);
          Session session = Libchan.connect(listener.uri().toString())) {
        assertThat(listener.uri().toString()).isEqualTo(uri);
        assertThat(session.peer().transport()).isEqualTo("unix");
      }
    }
  }

  @Test
  @Rule("UNX-3")
  void theFileOfAKilledListenerIsTakenAway() throws Exception {
    Path path = folder.resolve("s");
    AFUNIXServerSocket dead = AFUNIXServerSocket.newInstance();
    dead.bind(AFUNIXSocketAddress.of(path));
    FileDescriptor descriptor = dead.getFileDescriptor();
    OpenDescriptor.close(descriptor); // as the system does for a process that is killed
    assertThat(path).exists();
    try (Listener listener = listen(path);
        Session session = Libchan.connect(listener.uri().toString())) {
      assertThat(session.peer().principal()).isInstanceOf(UnixPeer.class);
    }
    assertThat(folder).isEmptyDirectory();
    dead.close();
  }

  @Test
  @Rule("UNX-3")
  void aServedSocketAndAnotherKindOfFileAreLeftAlone() throws Exception {
    Path path = folder.resolve("s");
    try (Listener listener = listen(path)) {
      assertThat(failure(() -> listen(path))).contains("in use");
      try (Session session = Libchan.connect(listener.uri().toString())) {
        assertThat(session.snapshot().reason()).isNull();
      }
    }
    Path file = Files.writeString(folder.resolve("f"), "precious");
    assertThat(failure(() -> listen(file))).contains("no socket");
    assertThat(file).hasContent("precious");
    assertThat(failure(() -> listen(folder.resolve("no/such")))).contains("no directory");
  }

  @Test
  @Rule("UNX-5")
  void theFileHasTheModeThatWasAskedForAndGoesWithTheListener() throws Exception {
    Path path = folder.resolve("s");
    try (Listener listener = listen(path)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-------");
      listener.close();
      assertThat(path).doesNotExist();
    }
    UnixOptions open =
        UnixOptions.builder().socketMode(PosixFilePermissions.fromString("rw-rw----")).build();
    try (Listener listener = listen("unix:" + path, with(open))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rw-rw----");
      Files.delete(path);
      Files.writeString(path, "another's by now");
      Task<?> closing = Task.run(listener::close);
      closing.result(); // nobody can connect any more to wake it
    }
    assertThat(path).hasContent("another's by now");
  }

  @Test
  @Rule("UNX-5")
  void aListenerWhosePathIsAnothersByNowClosesAndLeavesThatAlone() throws Exception {
    Path path = folder.resolve("s");
    Listener first = listen(path);
    Files.delete(path);
    try (Listener second = listen(path)) {
      Task.run(first::close).result();
      Libchan.connect(second.uri().toString()).close();
    }
    assertThat(path).doesNotExist();
  }

  @Test
  @Rule("UNX-3")
  void ofListenersThatStartAtATimeOneIsServed() throws Exception {
    Path path = folder.resolve("s");
    for (int round = 0; round < 5; round++) {
      CountDownLatch go = new CountDownLatch(1);
      List<Task<Listener>> starting = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        starting.add(
            Task.call(
                () -> {
                  go.await();
                  return listen(path);
                }));
      }
      go.countDown();
      List<Listener> served = new ArrayList<>();
      for (Task<Listener> one : starting) {
        try {
          served.add(one.result());
        } catch (AssertionError e) {
          assertThat(e).hasMessageContaining("can't listen");
        }
      }
      assertThat(served).hasSize(1);
      Libchan.connect("unix:" + path).close();
      served.get(0).close();
    }
  }

  @Test
  void aListenerThatNobodyCanReachAnyMoreSaysSoOnceAndStops() throws Exception {
    Path path = folder.resolve("s");
    UnixAddress address = UnixAddress.of(URI.create("unix:" + path));
    CountDownLatch replaced = new CountDownLatch(1);
    Transport.Bound bound =
        new UnixTransport()
            .listen(
                address.uri(),
                Options.DEFAULTS,
                connection -> {
                  ((UnixConnection) connection).abort();
                  try {
                    replaced.await();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                });
    ((UnixConnection) new Dialer(address, Options.DEFAULTS).connect()).abort();
    Files.delete(path);
    Files.writeString(path, "another's by now");
    replaced.countDown();
    Waits.until(
        "its thread to end",
        () ->
            Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("libchan-unix-accept")));
    bound.close();
    assertThat(path).hasContent("another's by now");
  }

  @Test
  @Rule("UNX-3")
  void onlyTheFileOfADeadStreamSocketIsTakenAway() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    assertThat(failure(() -> listen(pipe))).contains("no socket");
    assertThat(pipe).exists();
    Path log = folder.resolve("log");
    try (AFUNIXDatagramSocket served = AFUNIXDatagramSocket.newInstance()) {
      served.bind(AFUNIXSocketAddress.of(log));
      assertThat(failure(() -> listen(log))).contains("can't listen");
      assertThat(log).exists();
    }
  }

  @Test
  @Rule("UNX-3")
  void aStaleFileOfTheLongestPathIsTakenAwayToo() throws Exception {
    String below = folder.toString();
    Path directory =
        Files.createDirectory(
            folder.resolve("d".repeat(UnixAddress.MAX_BYTES - below.length() - 3)));
    Path path = directory.resolve("s");
    assertThat(path.toString()).hasSize(UnixAddress.MAX_BYTES);
    AFUNIXServerSocket dead = AFUNIXServerSocket.newInstance();
    dead.bind(AFUNIXSocketAddress.of(path));
    OpenDescriptor.close(dead.getFileDescriptor());
    try (Listener listener = listen(path)) {
      Libchan.connect(listener.uri().toString()).close();
    }
    assertThat(directory).isEmptyDirectory();
    dead.close();
  }

  @Test
  void aListenerOutlivesAnAcceptorThatFails() throws Exception {
    URI uri = URI.create(Addresses.abstractName());
    AtomicInteger calls = new AtomicInteger();
    Transport.Acceptor failing =
        connection -> {
          if (calls.incrementAndGet() == 1) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          ((UnixConnection) connection).close();
        };
    Transport.Bound bound = new UnixTransport().listen(uri, Options.DEFAULTS, failing);
    long before = OpenFds.count();
    for (int i = 1; i <= 3; i++) {
      UnixConnection one =
          (UnixConnection) new Dialer(UnixAddress.of(uri), Options.DEFAULTS).connect();
      int wanted = i;
      Waits.until("it to be accepted", () -> calls.get() == wanted);
      one.abort();
    }
    Waits.until("all to be closed", () -> OpenFds.count() <= before);
    bound.close();
  }

  @Test
  void aPairOfSocketsIsNotJoinedWithAStranger() throws Exception {
    AFUNIXSocketAddress address =
        AFUNIXSocketAddress.inAbstractNamespace("libchan-" + java.util.UUID.randomUUID());
    try (AFUNIXServerSocket server = AFUNIXServerSocket.newInstance();
        AFUNIXSocket stranger = AFUNIXSocket.newInstance()) {
      server.bind(address, 8);
      stranger.connect(address);
      ByteStream.Pair pair = UnixDescriptors.connected(server, address);
      try (ByteStream left = pair.left();
          ByteStream right = pair.right()) {
        left.output().write(7);
        assertThat(right.input().read()).isEqualTo(7);
      }
    }
  }

  @Test
  @Rule("UNX-4")
  void aDirectoryWhereOthersMayReplaceFilesIsRefused() throws Exception {
    Path directory = Files.createDirectory(folder.resolve("d"));
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path path = directory.resolve("s");
    assertThat(failure(() -> listen(path))).contains("chmod 700");
    UnixOptions unchecked = UnixOptions.builder().directoryChecked(false).build();
    try (Listener listener = listen("unix:" + path, with(unchecked))) {
      assertThat(listener.uri().getPath()).isEqualTo(path.toString());
    }
  }

  @Test
  @Rule("UNX-6")
  void thePeersUserIsKnownAndCheckedByBothSides() throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    String uri = Addresses.abstractName();
    try (Listener listener = Libchan.listen(uri, Options.DEFAULTS, accepted::put);
        Session near = Libchan.connect(uri);
        Session far = accepted.poll(10, TimeUnit.SECONDS)) {
      long uid = Users.own();
      for (Session side : List.of(near, far)) {
        assertThat(side.peer().principal())
            .isInstanceOfSatisfying(
                UnixPeer.class,
                peer -> {
                  assertThat(peer.uid()).isEqualTo(uid);
                  assertThat(peer.pid()).isEqualTo(ProcessHandle.current().pid());
                  assertThat(peer.getName()).isEqualTo("uid=" + uid);
                });
      }
      UnixOptions strangers = UnixOptions.builder().allowedUids(Set.of(uid + 1)).build();
      assertThat(failure(() -> Libchan.connect(uri, with(strangers)))).contains("not trusted");
      UnixOptions everybody = UnixOptions.builder().everyUid(true).build();
      Libchan.connect(uri, with(everybody)).close();
      listener.close();
      try (Listener picky = listen(uri, with(strangers))) {
        assertThat(failure(() -> Libchan.connect(uri))).contains("no session");
        assertThat(picky.sessions()).isZero();
      }
    }
  }

  @Test
  void whereNobodyListensTheErrorSaysSo() {
    assertThat(failure(() -> Libchan.connect("unix:" + folder.resolve("none"))))
        .contains("nothing listens", "no such file");
    assertThat(failure(() -> Libchan.connect(Addresses.abstractName())))
        .contains("nothing listens");
  }

  @Test
  void aFullBacklogEndsInATimeOutAndAnInterruptBeforeThat() throws Exception {
    Path path = folder.resolve("s");
    List<AutoCloseable> open = new ArrayList<>();
    try (AFUNIXServerSocket deaf = AFUNIXServerSocket.newInstance()) {
      deaf.bind(AFUNIXSocketAddress.of(path), 1);
      Options options = Options.builder().connectTimeout(Duration.ofMillis(200)).build();
      UnixAddress address = UnixAddress.of(URI.create("unix:" + path));
      for (int i = 0; i < 2; i++) {
        UnixConnection taken = (UnixConnection) new Dialer(address, options).connect();
        open.add(taken::abort);
      }
      assertThat(failure(() -> new Dialer(address, options).connect()))
          .contains("did not accept within 200 ms");
      Options patient = Options.builder().connectTimeout(Duration.ofSeconds(2)).build();
      Task<?> waiting = Task.call(() -> new Dialer(address, patient).connect()).awaitBlocked();
      waiting.interrupt();
      waiting.failure(InterruptedException.class);
      for (AutoCloseable one : open) {
        one.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aMissingNativeLibraryIsAnErrorThatNamesTheFix(boolean cause) {
    String message =
        Natives.unavailable(cause ? new UnsatisfiedLinkError("no such library") : null).message();
    assertThat(message)
        .contains("junixsocket-native-common", "--enable-native-access", "java.io.tmpdir");
  }

  @Test
  void aHundredListenersComeAndGo() throws Exception {
    Path path = folder.resolve("s");
    long before = OpenFds.count();
    for (int i = 0; i < 100; i++) {
      try (Listener listener = listen(path)) {
        Libchan.connect(listener.uri().toString()).close();
      }
    }
    Waits.until("all to be closed", () -> OpenFds.count() <= before + 1);
  }
}
