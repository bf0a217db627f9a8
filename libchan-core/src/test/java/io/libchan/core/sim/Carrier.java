package io.libchan.core.sim;

/** An end that travels inside a letter. */
final class Carrier {
  final Line line;
  private Way start = Way.NOWHERE;
  private boolean arrived;

  Carrier(Line line) {
    this.line = line;
  }

  /** The letter leaves from where its line's sender is. */
  void leaves() {
    start = line.senderWay();
  }

  /** The letter was received; the way that it went. */
  Way arrives() {
    arrived = true;
    return start.back().then(line.receiverWay());
  }

  /** Whoever sent it has it again, and nobody knows whether somebody else has it too. */
  void isTakenBack() {
    arrived = false;
  }

  /** The letter was not sent after all. */
  void isBack() {
    arrived = true;
  }

  boolean hasArrived() {
    return arrived;
  }
}
