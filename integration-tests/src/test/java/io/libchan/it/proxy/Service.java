package io.libchan.it.proxy;

import io.libchan.BodyOptions;
import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.it.scale.Figures;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What the services behind the proxies do, in the test's process or in one that is killed. */
final class Service {
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, "service");
            thread.setDaemon(true);
            return thread;
          });

  private Service() {}

  /** For so many items, each with so long a text; on a stream that the client opens. */
  record Ask(int count, int textLength, Sender<Item> items) {}

  /** One of them, and which service it comes from. */
  record Item(int number, String service, String text) {}

  /** For a channel of so many numbers, whose stream the service opens. */
  record Deep(int count, Sender<Inner> answer) {}

  /** That channel. */
  record Inner(Receiver<Integer> numbers) {}

  /** For all bytes back. */
  record Echo(ByteStream stream) {}

  /** Work on one message; what it throws is the client's to see. */
  private interface Work<T> {
    void on(T message) throws IOException, InterruptedException;
  }

  /** Both sides' options: proxies count silence, and so do we. */
  static Options.Builder options(Duration heartbeat) {
    return Options.builder()
        .keepAlive(heartbeat, Duration.ofSeconds(10))
        .handshakeTimeout(Duration.ofSeconds(15))
        .closeTimeout(Duration.ofSeconds(2))
        .with(BodyOptions.DEFAULTS.withHeartbeat(heartbeat));
  }

  /** Listens where a proxy looks for it. */
  static Listener listen(String name, int port, Options options)
      throws ChannelException, InterruptedException {
    return Libchan.listen(
        "http://127.0.0.1:" + port + "/libchan", options, session -> serve(name, session));
  }

  private static void serve(String name, Session session) {
    each(session, "ask", Ask.class, ask -> answer(name, ask));
    each(session, "deep", Deep.class, Service::answer);
    each(session, "echo", Echo.class, Service::answer);
    Queue<Ask> unanswered = new ConcurrentLinkedQueue<>();
    each(session, "silent", Ask.class, unanswered::add);
    THREADS.execute(() -> neverReceive(session));
  }

  private static <T> void each(Session session, String name, Class<T> type, Work<T> work) {
    THREADS.execute(
        () -> {
          try {
            while (true) {
              Receiver<T> messages = session.accept(name, type);
              THREADS.execute(() -> each(messages, work));
            }
          } catch (ChannelException | IllegalStateException | InterruptedException e) {
            // The session is over.
          }
        });
  }

  private static <T> void each(Receiver<T> messages, Work<T> work) {
    try {
      for (T message = messages.receive(); message != null; message = messages.receive()) {
        T next = message;
        THREADS.execute(
            () -> {
              try {
                work.on(next);
              } catch (IOException | InterruptedException e) {
                // The client sees it too.
              }
            });
      }
    } catch (ChannelException | InterruptedException e) {
      // The client opens another one.
    }
  }

  private static void answer(String name, Ask ask) throws ChannelException, InterruptedException {
    String text = "x".repeat(ask.textLength);
    try (Sender<Item> items = ask.items) {
      for (int i = 0; i < ask.count; i++) {
        items.send(new Item(i, name, text));
      }
    }
  }

  private static void answer(Deep deep) throws ChannelException, InterruptedException {
    Channel<Integer> numbers = Channel.of(Integer.class, 1);
    try (Sender<Inner> answer = deep.answer) {
      answer.send(new Inner(numbers.receiver()));
    }
    try (Sender<Integer> sender = numbers.sender()) {
      for (int i = 0; i < deep.count; i++) {
        sender.send(i);
      }
    }
  }

  private static void answer(Echo echo) throws IOException {
    try (OutputStream output = echo.stream.output()) {
      echo.stream.input().transferTo(output);
    }
  }

  private static void neverReceive(Session session) {
    try {
      while (true) {
        Receiver<Item> unread = session.accept("deaf", Item.class);
        unread.capacity();
      }
    } catch (ChannelException | IllegalStateException | InterruptedException e) {
      // The session is over.
    }
  }

  /** A process of its own: name and port. */
  public static void main(String[] args) throws Exception {
    Options options = options(Duration.ofSeconds(20)).build();
    try (Listener listener = listen(args[0], Integer.parseInt(args[1]), options)) {
      Figures.print("uri", listener.uri());
      Figures.awaitParent();
    }
  }
}
