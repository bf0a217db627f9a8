package io.libchan.spi;

/** Which port goes on where an end of a local channel was sent away. */
public final class Successors {
  private Successors() {}

  /** The port to send on. */
  public static <T> SendPort<T> of(SendPort<T> port) {
    SendPort<T> next = port instanceof MemoryChannel<T>.Sending memory ? memory.successor() : null;
    return next == null ? port : next;
  }

  /** The port to receive from. */
  public static <T> ReceivePort<T> of(ReceivePort<T> port) {
    ReceivePort<T> next =
        port instanceof MemoryChannel<T>.Receiving memory ? memory.successor() : null;
    return next == null ? port : next;
  }

  /** The port behind a byte stream. */
  public static BytePort port(io.libchan.ByteStream stream) {
    return ((PortByteStream) stream).port();
  }

  /** The port to write to; reading may still drain the one before. */
  public static BytePort of(BytePort port) {
    BytePort next = port instanceof MemoryBytes.End memory ? memory.successor() : null;
    return next == null ? port : next;
  }
}
