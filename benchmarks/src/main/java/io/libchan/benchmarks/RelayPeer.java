package io.libchan.benchmarks;

import io.libchan.Channel;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * libchan with nodes in between, each of which passes on the ends that it receives: nodes in a row,
 * a TCP session between each two.
 */
final class RelayPeer implements Peer {
  private final BlockingQueue<Received> tallies = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> nodes = new ArrayList<>();
  private final Sender<Route> routes;

  /** Ends on their way to the last node. */
  record Route(Receiver<Sample> there, @Nullable Sender<Sample> back) {}

  private RelayPeer(int hops) throws Exception {
    Listener next = listen(null);
    for (int i = 0; i < hops; i++) {
      next = listen(connect(next));
    }
    routes = connect(next);
  }

  static Peer start(int hops) throws Exception {
    return new RelayPeer(hops);
  }

  private Listener listen(@Nullable Sender<Route> further) throws Exception {
    Listener node =
        Libchan.listen("tcp://127.0.0.1:0", Options.DEFAULTS, session -> serve(session, further));
    nodes.add(0, node);
    return node;
  }

  private Sender<Route> connect(Listener node) throws Exception {
    Session session = Libchan.connect(node.uri().toString());
    nodes.add(0, session);
    return session.open("route", Route.class);
  }

  private void serve(Session session, @Nullable Sender<Route> further) throws Exception {
    Receiver<Route> incoming = session.accept("route", Route.class);
    for (Route route = incoming.receive(); route != null; route = incoming.receive()) {
      if (further != null) {
        further.send(route);
      } else if (route.back() == null) {
        tallies.add(LibchanService.tally(route.there()));
      } else {
        answer(route.there(), route.back());
      }
    }
  }

  private static void answer(Receiver<Sample> there, Sender<Sample> back) throws Exception {
    try (back) {
      for (Sample next = there.receive(); next != null; next = there.receive()) {
        back.send(next);
      }
    }
  }

  @Override
  public OneWay oneWay() throws Exception {
    Channel<Sample> there = Channel.of(Sample.class);
    routes.send(new Route(there.receiver(), null));
    return new OneWay() {
      @Override
      public void send(Sample sample) throws Exception {
        there.sender().send(sample);
      }

      @Override
      public Received end() throws Exception {
        there.sender().close();
        return tallies.take();
      }

      @Override
      public void close() {
        there.sender().close();
      }
    };
  }

  @Override
  public Echo echo() throws Exception {
    Channel<Sample> there = Channel.of(Sample.class);
    Channel<Sample> back = Channel.of(Sample.class);
    routes.send(new Route(there.receiver(), back.sender()));
    return new Echo() {
      @Override
      public void send(Sample sample) throws Exception {
        there.sender().send(sample);
      }

      @Override
      public long receive() throws Exception {
        Sample reply = back.receiver().receive();
        return reply == null ? -1 : reply.id();
      }

      @Override
      public void close() {
        there.sender().close();
      }
    };
  }

  @Override
  public void close() throws IOException {
    try {
      for (AutoCloseable node : nodes) {
        node.close();
      }
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}
