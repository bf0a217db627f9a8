package io.libchan.transport.websocket.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;

/**
 * One side of a WebSocket by hand, which sends whatever a test wants, frame by frame or byte by
 * byte.
 */
final class RawPeer implements AutoCloseable {
  static final int CONTINUATION = 0;
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;
  static final int FIN = 0x80;

  private static final int PATIENCE_MILLIS = 10_000;
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  final Socket socket;
  final String head;
  private final boolean client;
  private final DataInputStream in;
  private final OutputStream out;

  private RawPeer(Socket socket, boolean client, String head) throws IOException {
    this.socket = socket;
    this.client = client;
    this.head = head;
    in = new DataInputStream(socket.getInputStream());
    out = socket.getOutputStream();
  }

  /** A frame that arrived. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Frame(int opcode, boolean last, byte[] payload) {
    int code() {
      return payload.length < 2 ? 1005 : ByteBuffer.wrap(payload).getShort() & 0xffff;
    }

    String text() {
      return payload.length < 2 ? "" : new String(payload, 2, payload.length - 2, ISO_8859_1);
    }
  }

  /** Asks a listener for a WebSocket with these further header lines; the answer is in the head. */
  static RawPeer ask(int port, String path, String... headers) throws IOException {
    return ask(new Socket(InetAddress.getLoopbackAddress(), port), path, headers);
  }

  static RawPeer ask(Socket socket, String path, String... headers) throws IOException {
    socket.setSoTimeout(PATIENCE_MILLIS);
    String request =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1:"
            + socket.getPort()
            + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: "
            + KEY
            + "\r\n"
            + String.join("\r\n", headers)
            + (headers.length > 0 ? "\r\n" : "")
            + "\r\n";
    socket.getOutputStream().write(request.getBytes(ISO_8859_1));
    return new RawPeer(socket, true, readHead(socket));
  }

  /** A client whose request has been granted. */
  static RawPeer connect(int port) throws IOException {
    RawPeer peer = ask(port, "/", "Sec-WebSocket-Protocol: libchan.v1");
    if (!peer.head.startsWith("HTTP/1.1 101")) {
      throw new AssertionError(peer.head);
    }
    return peer;
  }

  /** Takes one client of ours and grants what it asks for, with these further header lines. */
  static RawPeer accept(ServerSocket listening, String... headers) throws IOException {
    Socket socket = listening.accept();
    socket.setSoTimeout(PATIENCE_MILLIS);
    String head = readHead(socket);
    String answer =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + accept(head)
            + "\r\n"
            + String.join("\r\n", headers)
            + (headers.length > 0 ? "\r\n" : "")
            + "\r\n";
    socket.getOutputStream().write(answer.getBytes(ISO_8859_1));
    return new RawPeer(socket, false, head);
  }

  private static String accept(String head) {
    try {
      String key = header(head, "Sec-WebSocket-Key");
      byte[] bytes = (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").getBytes(ISO_8859_1);
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  static String header(String head, String name) {
    for (String line : head.split("\r\n", -1)) {
      if (line.regionMatches(true, 0, name + ":", 0, name.length() + 1)) {
        return line.substring(name.length() + 1).strip();
      }
    }
    return null;
  }

  private static String readHead(Socket socket) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new EOFException(head.toString(ISO_8859_1));
      }
      head.write(next);
    }
    return head.toString(ISO_8859_1);
  }

  /** The bytes of a frame, masked as this side has to. */
  byte[] frame(int first, byte[] payload) {
    return frame(first, payload, client);
  }

  static byte[] frame(int first, byte[] payload, boolean masked) {
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 14);
    int mark = masked ? 0x80 : 0;
    frame.put((byte) first);
    if (payload.length < 126) {
      frame.put((byte) (mark | payload.length));
    } else if (payload.length < 65_536) {
      frame.put((byte) (mark | 126)).putShort((short) payload.length);
    } else {
      frame.put((byte) (mark | 127)).putLong(payload.length);
    }
    byte[] key = {1, 2, 3, 4};
    if (masked) {
      frame.put(key);
    }
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (masked ? payload[i] ^ key[i & 3] : payload[i]));
    }
    byte[] bytes = new byte[frame.flip().remaining()];
    frame.get(bytes);
    return bytes;
  }

  void write(byte[] bytes) throws IOException {
    out.write(bytes);
  }

  /** Sends a frame. */
  void send(int first, byte[] payload) throws IOException {
    write(frame(first, payload));
  }

  void close(int code) throws IOException {
    send(FIN | CLOSE, ByteBuffer.allocate(2).putShort((short) code).array());
  }

  /** The next frame; unmasked where it was masked. */
  Frame read() throws IOException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    long length = second & 0x7f;
    length = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
    if (((second & 0x80) != 0) == client) {
      throw new AssertionError("masked by the wrong side");
    }
    byte[] key = client ? new byte[4] : in.readNBytes(4);
    byte[] payload = in.readNBytes((int) length);
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= key[i & 3];
    }
    return new Frame(first & 0x0f, (first & FIN) != 0, payload);
  }

  /** The next frame of this kind. */
  Frame read(int opcode) throws IOException {
    Frame frame = read();
    while (frame.opcode() != opcode) {
      frame = read();
    }
    return frame;
  }

  /** Whether the other side has ended the connection, in whatever way, once all is read. */
  boolean isOver() {
    try {
      while (true) {
        read();
      }
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
