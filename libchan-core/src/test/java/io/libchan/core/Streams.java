package io.libchan.core;

import io.libchan.spi.MuxStream;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The streams of many sessions, as the simulator follows them from one node to the next. */
public final class Streams {
  private static final int MOST = 100;

  private final Map<CoreSession, CoreSession> peers = new HashMap<>();

  /** Two sessions are the sides of one connection. */
  public void join(Inside one, Inside other) {
    peers.put(one.session(), other.session());
    peers.put(other.session(), one.session());
  }

  private @Nullable StreamPort otherSide(StreamPort port) {
    CoreSession peer = peers.get(port.session);
    return peer == null ? null : peer.live(port.headers.reference());
  }

  /** How many streams messages pass before they come here; −1 where that leads nowhere. */
  public int before(Object port) {
    Object at = port;
    for (int count = 0; count < MOST; count++) {
      if (!(at instanceof RemoteReceivePort<?> receiving)) {
        return count;
      }
      if (!(otherSide(receiving) instanceof RemoteSendPort<?> sending)) {
        return -1;
      }
      Relay relay = sending.relay();
      if (relay == null) {
        return count + 1;
      }
      at = relay.from();
    }
    return -1;
  }

  /** How many streams messages pass that are sent here; −1 where that leads nowhere. */
  public int behind(Object port) {
    Object at = port;
    for (int count = 0; count < MOST; count++) {
      if (!(at instanceof RemoteSendPort<?> sending)) {
        return count;
      }
      if (!(otherSide(sending) instanceof RemoteReceivePort<?> receiving)) {
        return -1;
      }
      Relay relay = receiving.relay();
      if (relay == null) {
        return count + 1;
      }
      at = relay.to();
    }
    return -1;
  }

  /** How many streams bytes pass between a port and the other end; −1 where that leads nowhere. */
  public int between(Object port) {
    Object at = port;
    for (int count = 0; count < MOST; count++) {
      if (!(at instanceof RemoteBytePort bytes)) {
        return count;
      }
      if (!(otherSide(bytes) instanceof RemoteBytePort there)) {
        return -1;
      }
      if (!(there.relay() instanceof ByteRelay relay)) {
        return count + 1;
      }
      at = relay.across(there);
    }
    return -1;
  }

  static String describe(StreamPort port) {
    StringBuilder text = new StringBuilder();
    text.append(port.headers.reference()).append(':').append(port.headers.kind());
    if (port instanceof RemoteSendPort<?> sending) {
      text.append(" sends").append(sending.relay() != null ? " relayed" : "");
      text.append(sending.fence().echo() != null ? " echoed" : "");
      text.append(" sent ").append(sending.sent()).append(" acked ").append(sending.acknowledged());
      text.append(" broken ").append(sending.broken()).append(" ended ").append(sending.ended());
    } else if (port instanceof RemoteReceivePort<?> receiving) {
      text.append(" receives").append(receiving.relay() != null ? " relayed" : "");
      text.append(receiving.returning().isKnown() ? " returning" : "");
      text.append(" taken ").append(receiving.taken());
      text.append(" unreceived ").append(receiving.unreceived());
      text.append(" end ").append(receiving.end()).append(" ended ").append(receiving.ended());
    }
    return "[" + text + (port.isEnding() ? " ending" : "") + "]";
  }

  public boolean isReturning(Object port) {
    return port instanceof RemoteReceivePort<?> receiving && receiving.returning().isKnown();
  }

  public static boolean isRelayed(MuxStream.Handler port) {
    return port instanceof RemoteReceivePort<?> receiving
        ? receiving.relay() != null
        : port instanceof RemoteSendPort<?> sending && sending.relay() != null;
  }

  /** What arrived for a relay counts as received: a defect. */
  public static void acknowledgeAll(MuxStream.Handler port) {
    if (port instanceof RemoteReceivePort<?> receiving && receiving.relay() != null) {
      receiving.receivedUpTo(receiving.taken() + receiving.unreceived());
    }
  }

  /** Whether what arrives here was relayed by the peer as well. */
  public boolean isRelayedBefore(MuxStream.Handler port) {
    return port instanceof StreamPort stream
        && otherSide(stream) instanceof RemoteSendPort<?> sending
        && sending.relay() != null;
  }

  public boolean isConnecting(MuxStream.Handler port) {
    return port instanceof StreamPort stream && stream.session.isConnecting();
  }

  public int capacity(MuxStream.Handler port) {
    return port instanceof StreamPort stream ? stream.headers.capacity() : -1;
  }
}
