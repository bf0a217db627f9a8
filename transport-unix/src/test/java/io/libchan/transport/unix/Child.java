package io.libchan.transport.unix;

import io.libchan.ChannelException;
import io.libchan.FileHandle;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.newsclub.net.unix.AFUNIXServerSocket;
import org.newsclub.net.unix.AFUNIXSocket;
import org.newsclub.net.unix.AFUNIXSocketAddress;

/** What a JVM of its own does; it prints what it sees. Uses nothing of the tests' libraries. */
public final class Child {
  private static final Duration BOUND = Duration.ofSeconds(10);

  /** Public, as a codec in a module of its own reads it. */
  public record OneFile(FileHandle file) {}

  private Child() {}

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "pass" -> pass(Path.of(args[1]), Long.parseLong(args[2]));
      case "connect" -> connect();
      case "flood" -> flood(Path.of(args[1]));
      case "address" -> address();
      default -> throw new IllegalArgumentException(args[0]);
    }
    System.exit(0); // whatever it left
  }

  private static String name() {
    return "unix:@libchan-child-" + ProcessHandle.current().pid();
  }

  /** A file through a session, and as many descriptors in one write as the system passes. */
  private static void pass(Path file, long expected) throws Exception {
    System.out.println("module=" + UnixTransport.class.getModule().getName());
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    try (Listener listener = Libchan.listen(name(), Options.DEFAULTS, accepted::put)) {
      try (Session near = Libchan.connect(listener.uri().toString());
          Session far = accepted.poll(10, TimeUnit.SECONDS)) {
        Sender<OneFile> sender = near.open(OneFile.class);
        sender.send(new OneFile(FileHandle.open(file)));
        Receiver<OneFile> receiver = far.accept(OneFile.class);
        try (FileHandle got = receiver.receive().file()) {
          System.out.println("passed=" + got.channel().isPresent());
        }
      }
      try (AFUNIXSocket raw = AFUNIXSocket.newInstance();
          FileInputStream open = new FileInputStream(file.toFile())) {
        raw.connect(UnixAddress.of(listener.uri()).socketAddress());
        FileDescriptor[] all = new FileDescriptor[253];
        Arrays.fill(all, open.getFD());
        raw.setOutboundFileDescriptors(all);
        raw.getOutputStream().write(0);
        System.out.println("ended=" + (raw.getInputStream().readAllBytes() != null));
      }
      long deadline = System.nanoTime() + BOUND.toNanos();
      while (open(file) != expected && System.nanoTime() - deadline < 0) {
        Thread.onSpinWait();
      }
      System.out.println("left=" + open(file));
    }
  }

  /** How many descriptors of a file there are. */
  private static long open(Path file) throws IOException {
    long count = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : all) {
        try {
          count += Files.readSymbolicLink(one).equals(file) ? 1 : 0;
        } catch (NoSuchFileException e) {
          // It closed meanwhile.
        }
      }
    }
    return count;
  }

  private static void connect() throws Exception {
    try {
      Libchan.connect(name()).close();
    } catch (ChannelException e) {
      System.out.println("failure=" + e.getMessage());
    }
  }

  /** More descriptors under way than the process may have open, then one more by a session. */
  private static void flood(Path file) throws Exception {
    LinkedBlockingQueue<Session> accepted = new LinkedBlockingQueue<>();
    AFUNIXSocketAddress deaf =
        AFUNIXSocketAddress.inAbstractNamespace("deaf-" + ProcessHandle.current().pid());
    try (Listener listener = Libchan.listen(name(), Options.DEFAULTS, accepted::put);
        Session near = Libchan.connect(listener.uri().toString());
        Session far = accepted.poll(10, TimeUnit.SECONDS);
        AFUNIXServerSocket server = AFUNIXServerSocket.newInstance();
        AFUNIXSocket raw = AFUNIXSocket.newInstance();
        FileInputStream open = new FileInputStream(file.toFile())) {
      server.bind(deaf, 1);
      raw.connect(deaf);
      FileDescriptor[] some = new FileDescriptor[60];
      Arrays.fill(some, open.getFD());
      try {
        for (int i = 0; i < 1000; i++) {
          raw.setOutboundFileDescriptors(some);
          raw.getOutputStream().write(0);
        }
        System.out.println("full=never");
      } catch (IOException e) {
        System.out.println("full=" + e.getMessage());
      }
      Sender<OneFile> sender = near.open(OneFile.class);
      sender.send(new OneFile(FileHandle.open(file)));
      String reason = near.closed().toCompletableFuture().get(10, TimeUnit.SECONDS).message();
      System.out.println("reason=" + reason);
      try {
        Object got = far.accept("", OneFile.class, BOUND).receive();
        System.out.println("far=" + got);
      } catch (SessionLost e) {
        System.out.println("far=lost");
      }
    }
  }

  /** In a charset that has not its letters. */
  private static void address() throws Exception {
    System.out.println("charset=" + java.nio.charset.Charset.defaultCharset());
    byte[] bytes = UnixAddress.of(URI.create("unix:@%C3%A9")).socketAddress().getPathAsBytes();
    System.out.println("bytes=" + Arrays.toString(bytes));
  }
}
