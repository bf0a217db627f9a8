package io.libchan.examples.threenodes;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A sends to B through P. A gives P the receiving end of a channel, P hands it on to B, and from
 * then on P only relays. When B is killed, A learns it: the reason, with B as its origin and P as
 * the hop it passed; and {@code flush} has told A up to where B had received.
 *
 * <p>Run it without arguments: it starts P and B as processes of their own, kills B in the middle
 * and prints what A saw.
 */
public final class ThreeNodes {
  private static final Duration KEEP_ALIVE = Duration.ofSeconds(1);

  private ThreeNodes() {}

  /** What A sends to B. */
  public record Item(long number) {}

  /** How the receiving end travels. */
  public record Handover(Receiver<Item> items) {}

  /** What A and P say to each other meanwhile. */
  public record Echo(long number, @Nullable Sender<Echo> back) {}

  /**
   * Runs a node, or all three.
   *
   * @param args {@code b}; or {@code p} and the address of B; or nothing
   */
  public static void main(String[] args) throws Exception {
    if (args.length == 0) {
      demonstrate();
    } else if (args[0].equals("b")) {
      runB();
    } else {
      runP(args[1]);
    }
  }

  /** Options of a node: a name, and a keep-alive that finds a dead peer within two seconds. */
  public static Options options(String node) {
    return Options.builder().nodeName(node).keepAlive(KEEP_ALIVE, KEEP_ALIVE).build();
  }

  // ---- B: receives ----

  private static void runB() throws Exception {
    try (Listener listener =
        Libchan.listen(
            "tcp://127.0.0.1:0",
            options("B"),
            session -> {
              for (Handover handover : session.accept("items", Handover.class)) {
                Thread thread = new Thread(() -> receive(handover.items()), "receive");
                thread.setDaemon(true);
                thread.start();
              }
            })) {
      say("uri=" + listener.uri());
      awaitParent();
    }
  }

  /** Receives, and says how far it got: whatever was said was received. */
  private static void receive(Receiver<Item> items) {
    long last = 0;
    try {
      for (Item item = items.receive(); item != null; item = items.receive()) {
        if (item.number() != ++last) {
          say("wrong=" + item.number() + " after " + (last - 1));
        }
        if (last % 100 == 0) {
          say("received=" + last);
        }
      }
    } catch (ChannelException e) {
      say("lost=" + e.reason());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- P: hands on, and relays ----

  private static void runP(String uriOfB) throws Exception {
    try (Session toB = Libchan.connect(uriOfB, options("P"));
        Listener listener =
            Libchan.listen(
                "tcp://127.0.0.1:0",
                options("P"),
                session -> {
                  Thread thread = new Thread(() -> echo(session), "echo");
                  thread.setDaemon(true);
                  thread.start();
                  Sender<Handover> onward = null;
                  for (Handover handover : session.accept("items", Handover.class)) {
                    try {
                      onward = onward == null ? toB.open("items", Handover.class) : onward;
                      onward.send(handover);
                    } catch (ChannelException e) {
                      // It is still P's: A is told why nobody will receive.
                      handover.items().close(e.reason());
                    }
                  }
                })) {
      say("uri=" + listener.uri());
      awaitParent();
    }
  }

  private static void echo(Session session) {
    try {
      for (; ; ) {
        Receiver<Echo> echoes = session.accept("echo", Echo.class);
        Thread thread = new Thread(() -> answer(echoes), "answer");
        thread.setDaemon(true);
        thread.start();
      }
    } catch (ChannelException e) {
      say("session=" + e.reason().code());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void answer(Receiver<Echo> echoes) {
    try {
      for (Echo echo = echoes.receive(); echo != null; echo = echoes.receive()) {
        Sender<Echo> back = echo.back();
        if (back != null) {
          back.send(new Echo(echo.number() + 1, null));
          back.close();
        }
      }
    } catch (ChannelException e) {
      say("echoes=" + e.reason().code());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  // ---- A ----

  private static void demonstrate() throws Exception {
    List<Process> children = new ArrayList<>();
    try {
      String uriOfB = uri(start(children, "b"));
      String uriOfP = uri(start(children, "p", uriOfB));
      try (Session toP = Libchan.connect(uriOfP, options("A"))) {
        Channel<Item> items = Channel.of(Item.class);
        toP.open("items", Handover.class).send(new Handover(items.receiver()));
        long sent = 0;
        long flushed = 0;
        try {
          for (; ; ) {
            items.sender().send(new Item(++sent));
            if (sent % 1_000 == 0) {
              items.sender().flush();
              flushed = sent;
            }
            if (sent == 50_500) {
              children.get(0).destroyForcibly();
            }
          }
        } catch (ChannelException e) {
          Reason reason = e.reason();
          System.out.println("B was killed. A learnt: " + reason);
          System.out.printf(
              "sent %d, known to be received %d, in doubt %d%n",
              sent - 1, flushed, sent - 1 - flushed);
        }
        Channel<Echo> back = Channel.of(Echo.class);
        toP.open("echo", Echo.class).send(new Echo(1, back.sender()));
        System.out.println("P still answers: " + back.receiver().receive());
      }
    } finally {
      children.forEach(Process::destroyForcibly);
    }
  }

  private static Process start(List<Process> children, String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    String modules = System.getProperty("jdk.module.path");
    if (modules == null) {
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.add(ThreeNodes.class.getName());
    } else {
      command.addAll(List.of("-p", modules, "--add-modules", "ALL-MODULE-PATH", "-m"));
      command.add("io.libchan.examples/" + ThreeNodes.class.getName());
    }
    command.addAll(List.of(args));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    children.add(child);
    return child;
  }

  private static String uri(Process child) throws Exception {
    Scanner lines = new Scanner(child.getInputStream(), "UTF-8"); // stays open with the child
    String uri = lines.nextLine().substring("uri=".length());
    Thread rest =
        new Thread(
            () -> {
              while (lines.hasNextLine()) {
                lines.nextLine();
              }
            },
            "child-output");
    rest.setDaemon(true);
    rest.start();
    child.waitFor(0, TimeUnit.SECONDS);
    return uri;
  }

  private static void say(String line) {
    System.out.println(line);
    System.out.flush();
  }

  private static void awaitParent() throws IOException {
    while (System.in.read() >= 0) {
      // Nothing is ever sent.
    }
  }
}
