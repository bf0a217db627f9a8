package io.libchan.conformance;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;

/** A TCP or TLS connection. Thread-safe as {@link Pipe} says. */
final class SocketPipe implements Pipe {
  private final Socket socket;
  private final InputStream input;
  private final OutputStream output;

  SocketPipe(Socket socket) throws IOException {
    this.socket = socket;
    input = socket.getInputStream();
    output = socket.getOutputStream();
  }

  @Override
  public boolean read(byte[] target) throws IOException {
    return input.readNBytes(target, 0, target.length) == target.length;
  }

  @Override
  public void write(byte[] bytes) throws IOException {
    output.write(bytes);
    output.flush();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use any more either way.
    }
  }
}
