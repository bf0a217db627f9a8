package io.libchan.core;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.SessionSnapshot;
import io.libchan.spi.StreamHeaders;
import io.libchan.spi.Waiter;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The control stream: hello, drain and the session's end. Rules CTL-1 to CTL-9. Thread-safe. */
final class ControlPort extends StreamPort implements FrameReader.Sink {
  private final FrameReader frames = new FrameReader();
  private boolean greeted; // only the reader's

  ControlPort(CoreSession session, StreamHeaders headers) {
    super(session, headers);
  }

  void send(byte[] frame) {
    lock.lock();
    try {
      outbox.add(frame);
    } finally {
      lock.unlock();
    }
    stream().wantWrite();
  }

  @Override
  SessionSnapshot.Role role() {
    throw new IllegalStateException("the control stream is not shown");
  }

  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    try {
      frames.read(bytes, this);
    } catch (Failure e) {
      violated(e.reason());
      return;
    }
    stream().credit(count);
  }

  @Override
  public int limit(int kind) {
    return switch (kind) {
      case Frames.HELLO -> session.limits().maxControlBytes();
      case Frames.DRAIN -> 0;
      case Frames.TAKEN -> 8;
      case Frames.SESSION_END -> Frames.MAX_REASON_BYTES;
      default -> -1;
    };
  }

  @Override
  public void frame(int kind, byte[] body) throws Failure {
    if (kind == Frames.SESSION_END) {
      Reason reason = Frames.reason(body);
      if (reason == null || reason.isEnd()) {
        throw Failure.protocol("CH-30", "malformed reason");
      }
      session.endedByPeer(reason);
      return;
    }
    if (greeted != (kind != Frames.HELLO)) {
      throw Failure.protocol("CTL-1", greeted ? "a second HELLO" : "no HELLO first");
    }
    if (kind == Frames.HELLO) {
      greeted = true;
      session.greeted(Hello.parse(body));
    } else if (kind == Frames.TAKEN) {
      if (body.length != 8) {
        throw Failure.protocol("FRM-1", "TAKEN of " + body.length + " bytes");
      }
      session.descriptors().peerTook(ByteBuffer.wrap(body).getLong());
    } else {
      session.peerDrains();
    }
  }

  @Override
  public void peerEnded() {
    violated(Reason.of(ReasonCode.PROTOCOL_ERROR, "CTL-9: the control stream ended"));
  }

  @Override
  void afterReset() {
    violated(Reason.of(ReasonCode.PROTOCOL_ERROR, "CTL-9: the control stream was reset"));
  }

  /** Whatever goes wrong here goes wrong for the session. */
  @Override
  void violated(Reason reason) {
    session.abort(reason);
  }

  @Override
  @Nullable Waiter everybody() {
    return null;
  }

  @Override
  void discard() {}

  @Override
  long unread() {
    return 0;
  }
}
