package io.libchan.conformance;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * What a script of one case has in hand: fresh connections to the peer, closed when it is over.
 *
 * <p>Not thread-safe, but {@link #close} may be called by another thread.
 */
final class Tester implements AutoCloseable {
  private final Peer peer;
  private final Duration wait;
  private final String rule;
  private final Consumer<String> trace;
  private final List<Wire> wires = new CopyOnWriteArrayList<>(); // the clock closes them too

  Tester(Peer peer, Duration wait, String rule, Consumer<String> trace) {
    this.peer = peer;
    this.wait = wait;
    this.rule = rule;
    this.trace = trace;
  }

  boolean isConnecting() {
    return peer.isConnecting();
  }

  /** Says that a rule does not apply to a peer that connects. */
  void onlyWhenConnecting(String why) throws NotApplicable {
    if (!peer.isConnecting()) {
      throw new NotApplicable(why);
    }
  }

  String protocol() throws IOException {
    return peer.protocol();
  }

  /** A connection without a word on it. */
  Talk connect() throws Broken {
    try {
      Wire wire = new Wire(peer.next(), peer.isConnecting(), wait.toNanos(), rule, trace);
      wires.add(wire);
      return new Talk(wire);
    } catch (IOException e) {
      throw new Broken(Conformance.CONNECTION, "a connection", String.valueOf(e.getMessage()));
    }
  }

  /** A session. */
  Talk talk() throws Broken, InterruptedException {
    return talk(Hello.USUAL);
  }

  Talk talk(Hello hello) throws Broken, InterruptedException {
    return connect().handshake(hello);
  }

  /** Throws what was broken on any of the connections and not seen by the script. */
  void check() throws Broken {
    for (Wire wire : wires) {
      wire.check();
    }
  }

  @Override
  public void close() {
    wires.forEach(Wire::close);
  }
}
