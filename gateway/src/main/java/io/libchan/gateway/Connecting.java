package io.libchan.gateway;

import io.libchan.ByteStream;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.calls.Call;
import io.libchan.calls.CallContext;
import io.libchan.calls.Reply;
import io.libchan.spi.Ends;
import io.libchan.spi.SocketStreams;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnknownHostException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A dial that was asked for: it looks the target up, tries its addresses one after the other, and
 * answers. Rules GW-3, GW-4 and GW-6.
 *
 * <p>Life: <em>looking up</em>; <em>connecting</em>; <em>done</em>, when a {@link Splice} has taken
 * its place, or the dial has failed.
 *
 * <p>Thread-safe: the state belongs to the loop.
 */
final class Connecting implements Loop.Selected, Connections.Occupant {
  private final Connections owner;
  private final Loop loop;
  private final Call<Dial, Dialed> call;
  private final Address target;
  private final String peer;
  private final @Nullable SocketStreams sockets;
  private final Duration timeout;
  private final long since = System.nanoTime();

  // The loop's.
  private Iterator<SocketAddress> untried = List.<SocketAddress>of().iterator();
  private Loop.@Nullable Timer deadline;
  private @Nullable SocketChannel socket;
  private @Nullable SelectionKey key;
  private @Nullable String failure; // of the last address
  private boolean done;

  /**
   * A dial to be started.
   *
   * @param sockets what makes the peer's of a connected socket; null if its bytes are to be carried
   */
  Connecting(
      Connections owner,
      Call<Dial, Dialed> call,
      Address target,
      String peer,
      @Nullable SocketStreams sockets) {
    this.owner = owner;
    this.loop = owner.loop();
    this.call = call;
    this.target = target;
    this.peer = peer;
    this.sockets = sockets;
    Duration own = owner.options().connectTimeout();
    Duration asked = CallContext.of(call.reply()).timeLeft();
    timeout = asked != null && asked.compareTo(own) < 0 ? asked : own;
  }

  void start() {
    loop.execute(() -> deadline = loop.schedule(timeout, this::late));
    if (target.isLiteral()) {
      lookUp();
      return;
    }
    try {
      owner.options().executor().execute(this::lookUp);
    } catch (RejectedExecutionException e) {
      abort(Reason.of(ReasonCode.INTERNAL, "no thread to look " + target + " up"));
    }
  }

  private void lookUp() {
    try {
      List<SocketAddress> found = target.resolve();
      loop.execute(
          () -> {
            untried = found.iterator();
            tryNext();
          });
    } catch (UnknownHostException e) {
      abort(Reason.of(ReasonCode.CONNECT_FAILED, "unknown host of " + target));
    }
  }

  private void tryNext() {
    while (!done) {
      if (!untried.hasNext()) {
        fail(Reason.of(ReasonCode.CONNECT_FAILED, "cannot connect to " + target + ": " + failure));
        return;
      }
      try {
        if (!begun(untried.next())) {
          return;
        }
        connected();
      } catch (IOException e) {
        giveUp(e);
      }
    }
  }

  /** Whether it is connected already. */
  private boolean begun(SocketAddress address) throws IOException {
    SocketChannel opened =
        target.family() == StandardProtocolFamily.UNIX
            ? SocketChannel.open(StandardProtocolFamily.UNIX)
            : SocketChannel.open();
    socket = opened;
    opened.configureBlocking(false);
    if (opened.connect(address)) {
      return true;
    }
    key = loop.register(opened, SelectionKey.OP_CONNECT, this);
    return false;
  }

  private void giveUp(IOException why) {
    key = null;
    failure = String.valueOf(why.getMessage());
    closeSocket();
  }

  private void closeSocket() {
    if (socket != null) {
      Sockets.close(socket);
      socket = null;
    }
  }

  @Override
  public void ready(SelectionKey key) {
    if (done || !key.isValid() || key.channel() != socket) {
      return;
    }
    try {
      if (socket.finishConnect()) {
        connected();
      }
    } catch (IOException e) {
      giveUp(e);
      tryNext();
    }
  }

  @Override
  public void broken(RuntimeException defect) {
    fail(Reason.of(ReasonCode.INTERNAL, "the gateway failed: " + defect));
  }

  private void connected() {
    if (Ends.port(call.request().bytes()).isOver()) {
      fail(Reason.of(ReasonCode.CANCELLED, "the client went away"));
      return;
    }
    finish();
    SocketChannel made = Objects.requireNonNull(socket);
    if (sockets == null) {
      carry(made);
    } else if (key == null) {
      handOver(made, sockets);
    } else {
      loop.release(key, () -> handOver(made, sockets));
    }
  }

  /** The socket stays here, and its bytes go through the session. */
  private void carry(SocketChannel made) {
    ByteStream bytes = call.request().bytes();
    Splice splice = new Splice(owner, made, bytes, peer, target.toString(), false);
    owner.replace(this, splice);
    try {
      answer(new Dialed(null));
      splice.start();
    } catch (ChannelException e) {
      call.reply().fail(e.reason());
      splice.abort(e.reason());
    }
  }

  /** The socket itself is the answer, and goes on without this process. Rule GW-9. */
  private void handOver(SocketChannel made, SocketStreams by) {
    try {
      owner.options().executor().execute(() -> handOverNow(made, by));
    } catch (RejectedExecutionException e) {
      carry(made);
    }
  }

  private void handOverNow(SocketChannel made, SocketStreams by) {
    ByteStream itself;
    try {
      itself = by.stream(made);
    } catch (IOException e) {
      System.getLogger(Connecting.class.getName())
          .log(System.Logger.Level.DEBUG, "a socket could not be handed over", e);
      loop.execute(() -> carry(made));
      return;
    }
    try {
      answer(new Dialed(itself));
      call.request().bytes().close();
      owner.handedOver(this);
    } catch (ChannelException e) {
      itself.close();
      refuse(call, e.reason());
      owner.over(this, e.reason(), false);
    }
  }

  private void answer(Dialed dialed) throws ChannelException {
    if (!call.reply().trySend(new Reply<>(dialed, null))) {
      throw ChannelException.of(
          Reason.of(ReasonCode.PROTOCOL_ERROR, "CALL-1: no room for the reply"));
    }
    call.reply().close();
  }

  private void late() {
    fail(
        Reason.of(
            ReasonCode.DEADLINE,
            "no answer from " + target + " within " + timeout.toMillis() + " ms"));
  }

  @Override
  public void abort(Reason reason) {
    loop.execute(() -> fail(reason));
  }

  @Override
  public void tick(Duration idleTimeout) {
    if (Ends.port(call.request().bytes()).isOver()) {
      fail(Reason.of(ReasonCode.CANCELLED, "the client went away"));
    }
  }

  private void fail(Reason reason) {
    if (done) {
      return;
    }
    finish();
    closeSocket();
    refuse(call, reason);
    owner.over(this, reason, false);
  }

  /** Answers that there is no connection. Rule GW-4. */
  static void refuse(Call<Dial, Dialed> call, Reason reason) {
    call.reply().fail(reason);
    call.request().bytes().reset(reason);
  }

  private void finish() {
    done = true;
    if (deadline != null) {
      deadline.cancel();
    }
  }

  @Override
  public GatewayConnection snapshot() {
    Duration age = Duration.ofNanos(System.nanoTime() - since);
    return new GatewayConnection(peer, target.toString(), age, age, 0, 0);
  }
}
