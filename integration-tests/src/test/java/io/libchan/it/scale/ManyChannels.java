package io.libchan.it.scale;

import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Limits;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** Very many nested channels on one session, in one process or two. */
final class ManyChannels {
  private static final int CAPACITY = 4;

  private ManyChannels() {}

  /** A nested channel in each direction. */
  record Nested(int number, Sender<Integer> up, Receiver<Integer> down) {}

  enum Step {
    MEASURE,
    EXCHANGE,
    CLOSE
  }

  /** What the server is to do next; it answers with the bytes in use when it has. */
  record Command(Step step, Sender<Long> answer) {}

  public static void main(String[] args) throws Exception {
    int count = Integer.parseInt(args[1]);
    Options options = Options.builder().limits(Limits.DEFAULTS.withMaxStreams(count + 8)).build();
    switch (args[0]) {
      case "server" -> {
        try (Listener listener = listen(options)) {
          Figures.print("uri", listener.uri());
          Figures.awaitParent();
          end(listener);
        }
      }
      case "client" -> new Client(count, false).run(args[2], options);
      default -> {
        try (Listener listener = listen(options)) {
          new Client(count, true).run(listener.uri().toString(), options);
          end(listener);
        }
      }
    }
  }

  private static void end(Listener listener) {
    long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
    while (listener.sessions() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
    Figures.print("sessions", listener.sessions());
    Figures.print("usedAfterAll", Figures.usedHeap());
  }

  // ---- the server ----

  private static Listener listen(Options options) throws Exception {
    return Libchan.listen("tcp://127.0.0.1:0", options, ManyChannels::serve);
  }

  private static void serve(Session session) throws Exception {
    Receiver<Nested> arriving = session.accept("nested", Nested.class);
    List<Nested> all = new ArrayList<>();
    Thread collecting =
        new Thread(
            () -> {
              for (Nested nested : arriving) {
                synchronized (all) {
                  all.add(nested);
                }
              }
            });
    collecting.start();
    for (Command command : session.accept("commands", Command.class)) {
      synchronized (all) {
        switch (command.step()) {
          case EXCHANGE -> {
            for (Nested nested : all) {
              nested.up().send(nested.number());
            }
            for (Nested nested : all) {
              expect(nested.number(), nested.down().receive());
            }
          }
          case CLOSE -> {
            for (Nested nested : all) {
              nested.up().close();
            }
            for (Nested nested : all) {
              expect(null, nested.down().receive());
            }
            all.clear();
          }
          default -> {}
        }
      }
      command.answer().send(Figures.usedHeap());
      command.answer().close();
    }
    collecting.join();
  }

  private static void expect(Object expected, Object actual) {
    if (!String.valueOf(expected).equals(String.valueOf(actual))) {
      throw new IllegalStateException("expected " + expected + ", not " + actual);
    }
  }

  // ---- the client ----

  private record Client(int count, boolean oneProcess) {
    void run(String uri, Options options) throws Exception {
      try (Session session = Libchan.connect(uri, options)) {
        Sender<Nested> nested = session.open("nested", Nested.class);
        Sender<Command> commands = session.open("commands", Command.class);
        // Twice: the second time only works if everything of the first is gone.
        long[] base = heaps(commands, Step.MEASURE);
        long[] after = cycle(nested, commands, base, "first");
        cycle(nested, commands, after, "second");
        nested.close();
        commands.close();
        commands.flush();
      }
      Figures.print("end", "client");
    }

    private long[] cycle(Sender<Nested> nested, Sender<Command> commands, long[] base, String name)
        throws Exception {
      List<Sender<Integer>> senders = new ArrayList<>();
      List<Receiver<Integer>> receivers = new ArrayList<>();
      long start = System.nanoTime();
      for (int i = 0; i < count / 2; i++) {
        Channel<Integer> up = Channel.of(Integer.class, CAPACITY);
        Channel<Integer> down = Channel.of(Integer.class, CAPACITY);
        nested.send(new Nested(i, up.sender(), down.receiver()));
        receivers.add(up.receiver());
        senders.add(down.sender());
      }
      nested.flush();
      print(name, "opened.millis", start);

      long[] open = heaps(commands, Step.MEASURE);
      printPerChannel(name + ".idle", base, open);
      start = System.nanoTime();
      for (int i = 0; i < senders.size(); i++) {
        senders.get(i).send(i);
      }
      long[] used = heaps(commands, Step.EXCHANGE);
      for (int i = 0; i < receivers.size(); i++) {
        expect(i, receivers.get(i).receive());
      }
      print(name, "exchanged.millis", start);
      printPerChannel(name + ".used", base, used);

      start = System.nanoTime();
      for (Sender<Integer> sender : senders) {
        sender.close();
      }
      heaps(commands, Step.CLOSE);
      for (Receiver<Integer> receiver : receivers) {
        expect(null, receiver.receive());
      }
      print(name, "closed.millis", start);
      senders.clear();
      receivers.clear();
      long[] after = heaps(commands, Step.MEASURE);
      printPerChannel(name + ".left", base, after);
      return base;
    }

    /** The bytes in use at the server and here. */
    private long[] heaps(Sender<Command> commands, Step step) throws Exception {
      Channel<Long> answer = Channel.of(Long.class, 1);
      commands.send(new Command(step, answer.sender()));
      Long there = answer.receiver().receive();
      return new long[] {there == null ? -1 : there, Figures.usedHeap()};
    }

    private void printPerChannel(String name, long[] base, long[] now) {
      if (oneProcess) {
        Figures.print(name + ".bothBytes", (now[1] - base[1]) / count);
      } else {
        Figures.print(name + ".serverBytes", (now[0] - base[0]) / count);
        Figures.print(name + ".clientBytes", (now[1] - base[1]) / count);
      }
    }

    private static void print(String name, String what, long start) {
      Figures.print(name + "." + what, (System.nanoTime() - start) / 1_000_000);
    }
  }
}
