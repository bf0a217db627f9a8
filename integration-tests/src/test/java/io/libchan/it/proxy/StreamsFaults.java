package io.libchan.it.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.ChannelException;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.it.proxy.Service.Item;
import io.libchan.it.scale.Child;
import io.libchan.testkit.Ports;
import io.libchan.testkit.Rule;
import io.libchan.testkit.Waits;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** As {@link ProxyFaults}, and what is special to a session with a request for each stream. */
abstract class StreamsFaults extends ProxyFaults {
  StreamsFaults(ProxyProgram program) {
    super(program);
  }

  /** It lives on, as the proxy was away for less than the grace time. */
  @Override
  void expectAfterRestart(Session session) throws Exception {
    Waits.until(
        "the session has a connection again",
        () -> {
          try {
            expectAlive(session);
            return true;
          } catch (ChannelException e) {
            return false;
          }
        });
  }

  @Test
  @Rule("BOD-3")
  void aStreamThatTheProxyEndsForItsSilenceIsLost() throws Exception {
    Duration never = Duration.ofMinutes(10);
    start(never, stockTimeouts().toArray(new Edit[0]));
    Session session = connect(never);
    Receiver<Item> items = ask("silent", session, 0, 0);
    items.closed().toCompletableFuture().get(Waits.BOUND.toSeconds() + SECONDS, TimeUnit.SECONDS);
    expectLoss(items);
  }

  @Test
  @Rule({"H2-2", "H2-4"})
  void aSessionStaysAtOneOfTwoServices() throws Exception {
    int one = serve("one", Duration.ofSeconds(20));
    int two = serve("two", Duration.ofSeconds(20));
    proxy = keep(Proxy.start(program, List.of(one, two)));
    Set<String> seen = new HashSet<>();
    for (int sessions = 0; sessions < 64 && (sessions < 8 || seen.size() < 2); sessions++) {
      Session session = connect(Duration.ofSeconds(20));
      Set<String> ofSession = new HashSet<>();
      for (int i = 0; i < 20; i++) {
        Receiver<Item> items = ask(session, 1, 0);
        ofSession.add(items.receive(Waits.BOUND).service());
      }
      expectNumbers(deep(session, 5), 0, 5);
      assertThat(ofSession).hasSize(1);
      seen.addAll(ofSession);
    }
    assertThat(seen).containsExactlyInAnyOrder("one", "two");
  }

  @Test
  @Rule("H2-4")
  void whatWasAtADeadServiceIsLostAndOthersServeOn() throws Exception {
    int dead = Ports.next();
    Child child = service(dead);
    proxy = keep(Proxy.start(program, List.of(serve("one", Duration.ofSeconds(20)), dead)));
    Session here = connectTo("one");
    Session there = connectTo("killed");
    Receiver<Item> lost = ask(there, UNENDING, 10);
    Receiver<Item> kept = ask(here, 1000, 10);
    expect(kept, 0, 100);
    child.close(); // -9
    expectLoss(lost);
    expect(kept, 100, 1000);
    expectEnd(kept);
    expectAlive(here);
    expectAlive(connectAgain());
  }

  private Session connectTo(String service) throws Exception {
    for (int tries = 0; tries < 64; tries++) {
      Session session = connect(Duration.ofSeconds(20));
      if (ask(session, 1, 0).receive(Waits.BOUND).service().equals(service)) {
        return session;
      }
    }
    throw new AssertionError("64 sessions, and none at " + service);
  }
}
