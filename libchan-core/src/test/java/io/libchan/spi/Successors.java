package io.libchan.spi;

/** Which port goes on where an end was sent away, or came back. */
public final class Successors {
  private Successors() {}

  /** The port to send on. */
  public static <T> SendPort<T> of(SendPort<T> port) {
    SendPort<T> next = port.successor();
    return next == null ? port : of(next);
  }

  /** The port to receive from. */
  public static <T> ReceivePort<T> of(ReceivePort<T> port) {
    ReceivePort<T> next = port.successor();
    return next == null ? port : of(next);
  }

  /** The port behind a byte stream. */
  public static BytePort port(io.libchan.ByteStream stream) {
    return ((PortByteStream) stream).port();
  }

  /** The port to write to; reading may still drain the one before. */
  public static BytePort of(BytePort port) {
    BytePort next = port.successor();
    return next == null ? port : of(next);
  }
}
