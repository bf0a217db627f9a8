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
  private @Nullable FrameReader begun; // a frame that is not complete
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
  void owe() {
    long taken = session.descriptors().takenOwed();
    if (taken > 0) {
      lock.lock();
      try {
        outbox.add(Frames.count(Frames.TAKEN, taken));
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  SessionSnapshot.Role role() {
    throw new IllegalStateException("the control stream is not shown");
  }

  @Override
  public void received(ByteBuffer bytes) {
    int count = bytes.remaining();
    try {
      begun = FrameReader.read(begun, bytes, this);
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
      case Frames.JOINED -> 16;
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
    switch (kind) {
      case Frames.HELLO -> {
        greeted = true;
        session.greeted(Hello.parse(body));
      }
      case Frames.JOINED -> {
        ByteBuffer in = exactly(body, 16, "JOINED");
        session.joined(in.getLong(), in.getLong());
      }
      case Frames.TAKEN -> session.descriptors().peerTook(exactly(body, 8, "TAKEN").getLong());
      default -> session.peerDrains();
    }
  }

  private static ByteBuffer exactly(byte[] body, int length, String name) throws Failure {
    if (body.length != length) {
      throw Failure.protocol("FRM-3", name + " of " + body.length + " bytes");
    }
    return ByteBuffer.wrap(body);
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
