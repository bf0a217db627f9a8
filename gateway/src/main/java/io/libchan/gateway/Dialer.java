package io.libchan.gateway;

import io.libchan.ChannelException;
import io.libchan.LimitExceeded;
import io.libchan.MessageRejected;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.TypeRef;
import io.libchan.calls.Call;
import io.libchan.spi.Ends;
import io.libchan.spi.Services;
import io.libchan.spi.SocketStreams;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes connections for its peers, to a fixed list of targets. It serves any number of sessions,
 * whichever side connected; one thread serves each session's dials, and one more carries everything
 * else, however many connections there are.
 *
 * <p>What the other side sees: a dial is answered when the target is connected, or with a reason
 * why it is not. Rules GW-2 and GW-20 to GW-22.
 *
 * <p>Thread-safe.
 */
public final class Dialer implements Gateway, SessionHandler {
  static final TypeRef<Call<Dial, Dialed>> DIALS = new TypeRef<>() {};

  private static final int MAX_TARGET_CHARS = 1024;

  private final Map<String, Address> targets = new HashMap<>();
  private final GatewayOptions options;
  private final Connections connections;
  private final @Nullable SocketStreams sockets;

  private Dialer(Set<Address> targets, GatewayOptions options) {
    for (Address target : targets) {
      if (target instanceof Address.Tcp tcp && tcp.port() == 0) {
        throw new IllegalArgumentException("a target needs a port: " + target);
      }
      this.targets.put(target.toString(), target);
    }
    this.options = options;
    connections = new Connections("dialer", options);
    sockets = options.handsOver() ? Services.socketStreams() : null;
  }

  /**
   * A dialer that serves sessions through {@link #handle}, for example as the handler of a
   * listener.
   *
   * @param targets what it connects to, and nothing else, as peers have to name it
   * @param options limits, and which peers are served
   * @throws IllegalArgumentException if a target has port 0
   * @throws java.io.UncheckedIOException if the process has no descriptor left
   */
  public static Dialer to(Set<Address> targets, GatewayOptions options) {
    return new Dialer(targets, options);
  }

  /**
   * Serves one session until it ends; then its connections are reset, with the reason.
   *
   * @throws InterruptedException if the thread is interrupted; connections go on
   */
  @Override
  public void handle(Session session) throws InterruptedException {
    try {
      while (true) {
        serve(session, session.accept(Dial.CHANNEL, DIALS));
      }
    } catch (ChannelException e) {
      // The session is over, and each of its streams has told its splice.
    }
  }

  private void serve(Session session, Receiver<Call<Dial, Dialed>> dials)
      throws InterruptedException {
    try (dials) {
      while (Ends.port(dials).ended() == null) {
        try {
          Call<Dial, Dialed> call = dials.receive();
          if (call == null) {
            return;
          }
          serve(session, call);
        } catch (MessageRejected | LimitExceeded e) {
          // One dial, which is told by the release of its ends; or the channel has ended.
        }
      }
    } catch (ChannelException e) {
      dials.close(e.reason());
    }
  }

  private void serve(Session session, Call<Dial, Dialed> call) {
    PeerInfo peer = session.peer();
    Address target = target(call.request().target());
    if (target == null || !options.peers().test(peer)) {
      refuse(peer, call, target);
      return;
    }
    boolean itself = Boolean.TRUE.equals(call.request().socket()) && session.passesDescriptors();
    Connecting dial =
        new Connecting(connections, call, target, peer.address(), itself ? sockets : null);
    Reason full = connections.enter(dial);
    if (full != null) {
      Connecting.refuse(call, full);
    } else {
      dial.start();
    }
  }

  private void refuse(PeerInfo peer, Call<Dial, Dialed> call, @Nullable Address target) {
    Reason reason =
        Reason.of(
            ReasonCode.REFUSED,
            target == null
                ? "the gateway does not connect to this target"
                : "the gateway serves no peer that proved nothing");
    Connecting.refuse(call, reason);
    String text = call.request().target();
    connections.refused(
        new GatewayConnection(
            peer.address(),
            text.substring(0, Math.min(text.length(), MAX_TARGET_CHARS)),
            Duration.ZERO,
            Duration.ZERO,
            0,
            0),
        reason);
  }

  /** The target that a peer named; null if it is none of ours. */
  private @Nullable Address target(String text) {
    if (text.length() > MAX_TARGET_CHARS) {
      return null;
    }
    try {
      return targets.get(Address.parse(text).toString());
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public GatewayCounts counts() {
    return connections.counts();
  }

  @Override
  public List<GatewayConnection> connections() {
    return connections.snapshot();
  }

  @Override
  public boolean drain(Duration timeout) throws InterruptedException {
    boolean empty = connections.drain(timeout);
    connections.close();
    return empty;
  }

  @Override
  public void close() {
    connections.close();
  }
}
