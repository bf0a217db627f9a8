package io.libchan.core;

import io.libchan.ChannelException;
import io.libchan.spi.ReceivePort;
import io.libchan.spi.Rejoined;
import org.jspecify.annotations.Nullable;

/**
 * Channels that lead to a peer and back again. The peer says so by ECHO; the side where they begin
 * and end then sends CLOSE(RETURNED) around the loop, behind everything that is under way, and goes
 * on without it. Rules FWD-10 to FWD-14.
 *
 * <p>Two neighbours that cut loops which share a stream at the same time would change the order, so
 * the listening side leaves those to the connecting one. Rule FWD-13.
 */
final class Loops {
  private Loops() {}

  /** The peer says that what arrives here is what this side sends on another stream. */
  static void echoed(RemoteReceivePort<?> arrives, long reference) {
    if (reference != 0 && arrives.session.echo(arrives, reference)) {
      retry(arrives);
    }
  }

  /** The two ports of a loop are known to each other. */
  static void pair(RemoteSendPort<?> sent, RemoteReceivePort<?> arrives) {
    sent.echo(arrives);
    arrives.echo(sent);
  }

  static void retry(@Nullable RemoteReceivePort<?> arrives) {
    if (arrives == null) {
      return;
    }
    RemoteSendPort<?> sent = arrives.echo();
    if (sent != null && mayCut(sent, arrives)) {
      cut(sent, arrives);
    }
  }

  /** A cut came when the relay had come to its end; something else feeds the stream now. */
  static void cutAgain(RemoteSendPort<?> sent) {
    RemoteReceivePort<?> arrives = sent.echo();
    if (arrives != null) {
      arrives.goOnNowhere();
      retry(arrives);
    }
  }

  private static boolean mayCut(RemoteSendPort<?> sent, RemoteReceivePort<?> arrives) {
    Relay feeder = sent.relay();
    Relay consumer = arrives.relay();
    boolean shared = isLoop(feeder) || isLoop(consumer);
    if (shared && !sent.session.isConnecting()) {
      return false;
    }
    boolean known = (feeder != null || sent.isTyped()) && (consumer != null || arrives.isTyped());
    boolean alike = feeder != null || consumer != null || sent.type().equals(arrives.type());
    return known && alike && sent.isSettled() && sent.capacity() == arrives.capacity();
  }

  private static boolean isLoop(@Nullable Relay relay) {
    return relay != null && relay.isLoop();
  }

  @SuppressWarnings("unchecked") // raw messages have no type; typed ones were compared
  private static <T> void cut(RemoteSendPort<T> sent, RemoteReceivePort<?> arrives) {
    RemoteReceivePort<T> end = (RemoteReceivePort<T>) arrives;
    Relay feeder = sent.relay();
    if (feeder != null) {
      if (end.goOnWith((RemoteReceivePort<T>) feeder.from(), null)) {
        feeder.cut();
      }
      return;
    }
    Rejoined<T> channel = new Rejoined<>(sent.type(), sent.capacity());
    if (end.goOnWith(channel.receiving(), channel) && !sent.startFence(channel)) {
      end.goOnNowhere();
    }
  }

  /** After a loop, a relay's messages come from elsewhere; whether there is such a place. */
  @SuppressWarnings("unchecked") // raw messages have no type; others get the sender's
  static <T> boolean goOn(RemoteReceivePort<T> ended, RemoteSendPort<?> to) {
    ReceivePort<T> next = ended.takeNext();
    if (next == null) {
      return false;
    }
    RemoteSendPort<T> target = (RemoteSendPort<T>) to;
    if (next instanceof RemoteReceivePort<T> remote) {
      Relay.join(remote, target);
    } else {
      target.goOnWithObjects(next.type());
      try {
        next.relayTo(target);
      } catch (ChannelException e) {
        target.fail(e.reason());
      }
    }
    ended.receivedUpTo(ended.taken());
    return true;
  }
}
