package io.libchan.transport.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A peer that speaks HTTP/2 frame by frame over a plain socket, and may do what no library would. A
 * client or a server; acknowledges SETTINGS by itself.
 */
final class RawPeer implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int RST_STREAM = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GOAWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;

  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  private static final int MILLIS = 10_000;
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Socket socket;
  private final DataInputStream in;
  private final OutputStream out;
  private final DefaultHttp2HeadersEncoder encoder =
      new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE);
  private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

  /** A frame as it came. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Frame(int type, int flags, int stream, byte[] payload) {
    boolean ends() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    }

    /** The error code of RST_STREAM or GOAWAY. */
    int code() {
      ByteBuf bytes = Unpooled.wrappedBuffer(payload);
      return type == GOAWAY ? bytes.getInt(4) : bytes.getInt(0);
    }

    String text() {
      int from = type == GOAWAY ? 8 : 0;
      return new String(payload, from, payload.length - from, StandardCharsets.ISO_8859_1);
    }
  }

  private RawPeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(MILLIS);
    in = new DataInputStream(new java.io.BufferedInputStream(socket.getInputStream()));
    out = new BufferedOutputStream(socket.getOutputStream(), 64 * 1024);
  }

  /** A client that has sent its preface. */
  static RawPeer connect(int port) throws IOException {
    RawPeer peer = new RawPeer(new Socket(InetAddress.getLoopbackAddress(), port));
    peer.out.write(PREFACE);
    peer.frame(SETTINGS, 0, 0, new byte[0]);
    peer.flush();
    return peer;
  }

  /** A server that has read the preface of the next client. */
  static RawPeer accept(ServerSocket listening) throws IOException {
    listening.setSoTimeout(MILLIS);
    RawPeer peer = new RawPeer(listening.accept());
    peer.in.readFully(new byte[PREFACE.length]);
    peer.frame(SETTINGS, 0, 0, new byte[0]);
    peer.flush();
    return peer;
  }

  /** Writes a frame, without a flush. Whoever reads acknowledges settings meanwhile. */
  synchronized void frame(int type, int flags, int stream, byte[] payload) throws IOException {
    byte[] head = {
      (byte) (payload.length >> 16),
      (byte) (payload.length >> 8),
      (byte) payload.length,
      (byte) type,
      (byte) flags,
      (byte) (stream >> 24),
      (byte) (stream >> 16),
      (byte) (stream >> 8),
      (byte) stream
    };
    out.write(head);
    out.write(payload);
  }

  void flush() throws IOException {
    out.flush();
  }

  byte[] encode(int stream, String... namesAndValues) {
    Http2Headers headers = new DefaultHttp2Headers(false);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    ByteBuf block = Unpooled.buffer();
    try {
      encoder.encodeHeaders(stream, headers, block);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return ByteBufUtil.getBytes(block);
  }

  void headers(int stream, boolean end, String... namesAndValues) throws IOException {
    frame(HEADERS, END_HEADERS | (end ? END_STREAM : 0), stream, encode(stream, namesAndValues));
    flush();
  }

  /** A request as this binding has it, with further headers. */
  void request(int stream, String path, String session, long ref, String carrier, String... more)
      throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                ":method",
                "POST",
                ":scheme",
                "http",
                ":authority",
                "test",
                ":path",
                path,
                "libchan-session",
                session,
                "libchan-ref",
                "" + ref,
                "libchan-carrier",
                carrier));
    all.addAll(List.of(more));
    headers(stream, false, all.toArray(String[]::new));
  }

  void data(int stream, boolean end, byte[] bytes) throws IOException {
    frame(DATA, end ? END_STREAM : 0, stream, bytes);
    flush();
  }

  void reset(int stream, int code) throws IOException {
    frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, (byte) code});
  }

  /** The next frame; null at the end of the connection. */
  @Nullable Frame next() throws IOException {
    try {
      int length = (in.readUnsignedByte() << 16) | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      if (type == SETTINGS && (flags & 1) == 0) {
        frame(SETTINGS, 1, 0, new byte[0]);
        flush();
      }
      return new Frame(type, flags, stream, payload);
    } catch (EOFException | SocketException e) {
      return null;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("no frame within " + MILLIS + " ms", e);
    }
  }

  /** The next frame that is wanted; fails at the end of the connection. */
  Frame await(Predicate<Frame> wanted) throws IOException {
    List<String> seen = new ArrayList<>();
    for (Frame frame = next(); frame != null; frame = next()) {
      if (wanted.test(frame)) {
        return frame;
      }
      seen.add(frame.type + "/" + frame.stream);
    }
    throw new AssertionError("the connection ended after frames " + seen);
  }

  /** The next headers on a stream. */
  Http2Headers answer(int stream) throws Exception {
    while (true) {
      Frame frame = await(each -> each.type == HEADERS);
      Http2Headers headers = decode(frame);
      if (frame.stream == stream) {
        return headers;
      }
    }
  }

  /** What is in HEADERS; each of a connection is to be decoded, in the order in which they came. */
  Http2Headers decode(Frame headers) throws Exception {
    return decoder.decodeHeaders(headers.stream, Unpooled.wrappedBuffer(headers.payload));
  }

  /** The status on a stream. */
  String status(int stream) throws Exception {
    return answer(stream).status().toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
