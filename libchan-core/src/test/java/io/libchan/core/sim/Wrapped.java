package io.libchan.core.sim;

import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.spi.MuxConnection;
import io.libchan.spi.MuxStream;
import io.libchan.spi.StreamHeaders;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A mux connection between the engine and the real one; subclasses look, or do harm. */
abstract class Wrapped implements MuxConnection, MuxConnection.Handler {
  private final MuxConnection inner;
  private final List<Tap> taps = new ArrayList<>();
  private MuxConnection.@Nullable Handler session;

  Wrapped(MuxConnection inner) {
    this.inner = inner;
  }

  /** What stands between the two for one stream. */
  abstract Tap tap(StreamHeaders headers);

  /** All streams there ever were. */
  List<Tap> taps() {
    return taps;
  }

  private Tap newTap(StreamHeaders headers) {
    Tap tap = tap(headers);
    taps.add(tap);
    return tap;
  }

  @Override
  public PeerInfo peer() {
    return inner.peer();
  }

  @Override
  public void start(MuxConnection.Handler handler) {
    session = handler;
    inner.start(this);
  }

  @Override
  public MuxStream open(StreamHeaders headers, Function<MuxStream, MuxStream.Handler> owner) {
    Tap tap = newTap(headers);
    inner.open(
        headers,
        stream -> {
          tap.stream = stream;
          tap.handler = owner.apply(tap.down);
          return tap.up;
        });
    return tap.down;
  }

  @Override
  public void limitStreams(int count) {
    inner.limitStreams(count);
  }

  @Override
  public void close() {
    inner.close();
  }

  @Override
  public void abort(Reason reason) {
    inner.abort(reason);
  }

  @Override
  public MuxStream.Handler opened(MuxStream stream, StreamHeaders headers) {
    Tap tap = newTap(headers);
    tap.stream = stream;
    tap.handler = above().opened(tap.down, headers);
    return tap.up;
  }

  @Override
  public void lost(Reason reason) {
    above().lost(reason);
  }

  private MuxConnection.Handler above() {
    MuxConnection.Handler handler = session;
    if (handler == null) {
      throw new IllegalStateException("not started");
    }
    return handler;
  }

  /** One stream: every call goes through, unless a subclass does something else with it. */
  static class Tap {
    private final Down down = new Down();
    private final Up up = new Up();
    private @Nullable MuxStream stream;
    private MuxStream.@Nullable Handler handler;

    final MuxStream stream() {
      MuxStream below = stream;
      if (below == null) {
        throw new IllegalStateException("no stream");
      }
      return below;
    }

    final MuxStream.Handler handler() {
      MuxStream.Handler above = handler;
      if (above == null) {
        throw new IllegalStateException("no handler");
      }
      return above;
    }

    void received(ByteBuffer bytes) {
      handler().received(bytes);
    }

    void credit(int bytes) {
      stream().credit(bytes);
    }

    void over() {
      handler().over();
    }

    /** By this side. */
    void resetHere(int code) {
      stream().reset(code);
    }

    /** By the peer or the mux. */
    void resetThere(int code) {
      handler().reset(code);
    }

    /** What carried it was lost. */
    void lost(Reason reason) {
      handler().lost(reason);
    }

    void peerEnded() {
      handler().peerEnded();
    }

    private final class Down implements MuxStream {
      @Override
      public void wantWrite() {
        stream().wantWrite();
      }

      @Override
      public void credit(int bytes) {
        Tap.this.credit(bytes);
      }

      @Override
      public boolean announced() {
        return stream().announced();
      }

      @Override
      public void reset(int code) {
        resetHere(code);
      }
    }

    private final class Up implements MuxStream.Handler {
      @Override
      public MuxStream.Left fill(ByteBuffer target) {
        return handler().fill(target);
      }

      @Override
      public void received(ByteBuffer bytes) {
        Tap.this.received(bytes);
      }

      @Override
      public void peerEnded() {
        Tap.this.peerEnded();
      }

      @Override
      public void reset(int code) {
        resetThere(code);
      }

      @Override
      public void lost(Reason reason) {
        Tap.this.lost(reason);
      }

      @Override
      public void over() {
        Tap.this.over();
      }
    }
  }
}
