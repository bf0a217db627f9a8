package io.libchan.testkit;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.spi.ByteConnection;
import io.libchan.spi.Connection;
import io.libchan.spi.Services;
import io.libchan.spi.Transport;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Another transport with faults in between, below the engine: bytes one by one, a cut at a byte, a
 * stall, a flipped bit. Only byte connections.
 *
 * <p>Thread-safe.
 */
public final class FaultTransport implements Transport {
  private final Transport inner;
  private final Supplier<FaultPlan> plans;

  /**
   * Puts faults on top of a transport.
   *
   * @param inner what moves the bytes
   * @param plans gives a plan for each connection, on either side
   */
  public FaultTransport(Transport inner, Supplier<FaultPlan> plans) {
    this.inner = inner;
    this.plans = plans;
  }

  /** A subject whose connections have the same faults on both sides. */
  public static Subject over(Subject subject, UnaryOperator<FaultPlan> faults) {
    return over(subject, () -> faults.apply(new FaultPlan()), () -> faults.apply(new FaultPlan()));
  }

  /**
   * A subject with faults.
   *
   * @param connecting gives the plan for each connection of the connecting side
   * @param listening gives the plan for each connection of the listening side
   */
  public static Subject over(
      Subject subject, Supplier<FaultPlan> connecting, Supplier<FaultPlan> listening) {
    return new Faulty(subject, connecting, listening);
  }

  private record Faulty(
      Subject subject, Supplier<FaultPlan> connectingPlans, Supplier<FaultPlan> listeningPlans)
      implements Subject {
    @Override
    public String freshUri() {
      return subject.freshUri();
    }

    @Override
    public String codec() {
      return subject.codec();
    }

    @Override
    public Set<Capability> capabilities() {
      return subject.capabilities();
    }

    @Override
    public boolean carriesOpenTypes() {
      return subject.carriesOpenTypes();
    }

    @Override
    public Options.Builder listening(Options.Builder options) {
      return subject.listening(options);
    }

    @Override
    public Options.Builder connecting(Options.Builder options) {
      return subject.connecting(options);
    }

    @Override
    public Session connect(String uri, Options options)
        throws ChannelException, InterruptedException {
      URI parsed = URI.create(uri);
      return Services.engine()
          .connect(
              new FaultTransport(
                  Services.transport(parsed, Role.CONNECT, options), connectingPlans),
              parsed,
              options);
    }

    @Override
    public Listener listen(String uri, Options options, SessionHandler handler)
        throws ChannelException, InterruptedException {
      URI parsed = URI.create(uri);
      return Services.engine()
          .listen(
              new FaultTransport(Services.transport(parsed, Role.LISTEN, options), listeningPlans),
              parsed,
              options,
              handler);
    }
  }

  @Override
  public Set<String> schemes() {
    return inner.schemes();
  }

  @Override
  public Set<Role> roles() {
    return inner.roles();
  }

  @Override
  public Connection connect(URI uri, Options options)
      throws ChannelException, InterruptedException {
    return wrap(inner.connect(uri, options), plans.get());
  }

  @Override
  public Bound listen(URI uri, Options options, Acceptor acceptor)
      throws ChannelException, InterruptedException {
    return inner.listen(
        uri, options, connection -> acceptor.accepted(wrap(connection, plans.get())));
  }

  /** A connection with faults. */
  public static ByteConnection wrap(Connection connection, FaultPlan plan) {
    if (connection instanceof ByteConnection bytes) {
      return new Faults(bytes, plan);
    }
    throw new IllegalArgumentException("not a byte connection: " + connection.getClass());
  }

  /** One connection. */
  private static final class Faults implements ByteConnection {
    private final ByteConnection inner;
    private final FaultPlan plan;
    private final AtomicBoolean cut = new AtomicBoolean();

    Faults(ByteConnection inner, FaultPlan plan) {
      this.inner = inner;
      this.plan = plan;
      plan.onCut(this::cut);
      plan.onWake(inner::wantWrite);
    }

    @Override
    public PeerInfo peer() {
      return inner.peer();
    }

    @Override
    public void start(Handler handler) {
      inner.start(new FaultyHandler(handler));
    }

    @Override
    public void wantWrite() {
      inner.wantWrite();
    }

    @Override
    public void close() {
      inner.close();
    }

    @Override
    public void abort() {
      inner.abort();
    }

    private void cut() {
      if (cut.compareAndSet(false, true)) {
        plan.count();
        if (plan.cut() == FaultPlan.Cut.END) {
          inner.close();
        } else {
          inner.abort();
        }
      }
    }

    /** Between the connection and the engine. */
    private final class FaultyHandler implements Handler {
      private final Handler handler;
      // What the engine gave and the plan has not let out yet. Used by fill alone.
      private final ByteBuffer waiting = ByteBuffer.allocate(64 * 1024).limit(0);

      FaultyHandler(Handler handler) {
        this.handler = handler;
      }

      @Override
      public boolean fill(ByteBuffer target) {
        if (cut.get()) {
          return false;
        }
        boolean more = waiting.hasRemaining();
        if (!more) {
          waiting.clear();
          more = handler.fill(waiting);
          waiting.flip();
        }
        int step = Math.min(waiting.remaining(), plan.isTrickle() ? 1 : target.remaining());
        int allowed = plan.allowOut(step);
        target.put(target.position(), waiting, waiting.position(), allowed);
        target.position(target.position() + allowed);
        waiting.position(waiting.position() + allowed);
        if (plan.isCut()) {
          cut();
          return false;
        }
        if (allowed < step) {
          plan.count();
          return false; // stalled
        }
        return waiting.hasRemaining() || more;
      }

      @Override
      public void received(ByteBuffer bytes) {
        while (bytes.hasRemaining() && !cut.get()) {
          int step = plan.isTrickle() ? 1 : bytes.remaining();
          long at = plan.bytesIn();
          int allowed = plan.allowIn(step);
          if (allowed > 0) {
            deliver(bytes, at, allowed);
          }
          if (plan.isCut()) {
            cut();
          } else if (allowed < step) {
            plan.count();
            bytes.position(bytes.limit()); // stalled: what comes is lost
          }
        }
        bytes.position(bytes.limit());
      }

      private void deliver(ByteBuffer bytes, long at, int count) {
        byte[] piece = new byte[count];
        bytes.get(piece);
        for (int i = 0; i < count; i++) {
          if (plan.flips(at + i)) {
            piece[i] ^= 1;
            plan.count();
          }
        }
        handler.received(ByteBuffer.wrap(piece));
      }

      @Override
      public void closed(@Nullable IOException cause) {
        handler.closed(cause);
      }
    }
  }
}
