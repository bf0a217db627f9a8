package io.libchan.conformance;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the tester knows of one stream.
 *
 * <p>Guarded by the lock of its {@link Wire}; whoever scripts reads it inside of a wait, or after
 * one.
 */
final class Stream {
  final int id;

  /** Whether the tester opened it. */
  final boolean ours;

  @Nullable Preamble preamble;

  /** What came, without the preamble; for channels what is not yet a whole frame. */
  final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  final List<ChannelFrame> frames = new ArrayList<>();

  boolean answered; // by ACK or RST
  boolean ended;
  boolean reset;
  long resetNumber;

  // What the peer may send, and sent.
  boolean held; // no credit is given back on its own
  long granted = Codes.WINDOW;
  long got;
  int largest; // of its DATA

  // What the tester may send, and sent.
  long room = Codes.WINDOW;
  long credit; // all that the peer granted
  boolean endSent;

  // Messages.
  long messagesOut;
  long acknowledgedIn;
  long messagesIn;
  long acknowledgedOut;
  boolean acknowledges; // each message, by itself; and ends when the peer does

  Stream(int id, boolean ours, @Nullable Preamble preamble) {
    this.id = id;
    this.ours = ours;
    this.preamble = preamble;
  }

  int kind() {
    return preamble == null ? -1 : preamble.kind();
  }

  long reference() {
    return preamble == null ? 0 : preamble.reference();
  }

  boolean isControl() {
    return kind() == Codes.CONTROL;
  }

  boolean hasFrames() {
    return kind() >= Codes.CONTROL && kind() <= Codes.OPENER_RECEIVES;
  }

  /** Whether the peer is the sender of the channel on it. */
  boolean peerSends() {
    return kind() == (ours ? Codes.OPENER_RECEIVES : Codes.OPENER_SENDS);
  }

  /** Whether the peer is the receiver of the channel on it. */
  boolean peerReceives() {
    return kind() == (ours ? Codes.OPENER_SENDS : Codes.OPENER_RECEIVES);
  }

  /** The first frame of this kind; null if none came. */
  @Nullable ChannelFrame frame(int kind) {
    for (ChannelFrame frame : frames) {
      if (frame.kind() == kind) {
        return frame;
      }
    }
    return null;
  }

  List<ChannelFrame> messages() {
    return frames.stream().filter(frame -> frame.kind() == Codes.MESSAGE).toList();
  }

  @Override
  public String toString() {
    return "stream " + id;
  }
}
