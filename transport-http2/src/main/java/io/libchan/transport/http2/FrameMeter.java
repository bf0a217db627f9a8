package io.libchan.transport.http2;

import io.libchan.Limits;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Counts frames that cost the receiver work and bring nothing, which the codec answers without end:
 * the limits "idle-frames" and "pings", as in the multiplexer of the engine. The connection that
 * breaks one ends with ENHANCE_YOUR_CALM. Rule H2-22.
 *
 * <p>Looks at the nine bytes in front of each frame and leaves everything as it is.
 */
final class FrameMeter extends ChannelInboundHandlerAdapter {
  private static final int HEADER_BYTES = 9;
  private static final long PING_WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Limits limits;
  private final byte[] header = new byte[HEADER_BYTES];
  private int headerBytes;
  private int payloadLeft;
  private int idleFrames;
  private int pings;
  private long pingWindow;

  /** Whether the preface of a client is still to come, which is no frame. */
  private int prefaceLeft;

  private boolean exceeded;
  private long lastReadNanos = System.nanoTime();

  FrameMeter(Limits limits) {
    this.limits = limits;
  }

  /** When anything came last. */
  long lastReadNanos() {
    return lastReadNanos;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    prefaceLeft = ctx.channel().parent() == null ? 0 : 24;
    pingWindow = System.nanoTime();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    lastReadNanos = System.nanoTime();
    if (exceeded) {
      ((ByteBuf) message).release();
      return;
    }
    String broken = message instanceof ByteBuf bytes ? look(bytes) : null;
    if (broken == null) {
      ctx.fireChannelRead(message);
      return;
    }
    exceeded = true;
    ((ByteBuf) message).release();
    Codec.calm(ctx.channel(), broken);
  }

  /** What limit the frames that begin in these bytes break; null for none. */
  private @Nullable String look(ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    int preface = Math.min(prefaceLeft, end - at);
    prefaceLeft -= preface;
    at += preface;
    while (at < end) {
      if (payloadLeft > 0) {
        int skipped = Math.min(payloadLeft, end - at);
        payloadLeft -= skipped;
        at += skipped;
      } else {
        int wanted = Math.min(HEADER_BYTES - headerBytes, end - at);
        bytes.getBytes(at, header, headerBytes, wanted);
        headerBytes += wanted;
        at += wanted;
        if (headerBytes == HEADER_BYTES) {
          headerBytes = 0;
          payloadLeft = ((header[0] & 0xFF) << 16) | ((header[1] & 0xFF) << 8) | (header[2] & 0xFF);
          String broken = count(header[3], payloadLeft);
          if (broken != null) {
            return broken;
          }
        }
      }
    }
    return null;
  }

  private @Nullable String count(byte type, int length) {
    if (type == Http2FrameTypes.HEADERS || (type == Http2FrameTypes.DATA && length > 0)) {
      idleFrames = 0;
      if (type == Http2FrameTypes.DATA) {
        pings = 0;
      }
      return null;
    }
    if (++idleFrames > limits.maxIdleFrames()) {
      return "idle-frames: more than " + limits.maxIdleFrames() + " frames without data";
    }
    if (type == Http2FrameTypes.PING || type == Http2FrameTypes.SETTINGS) {
      long now = System.nanoTime();
      if (now - pingWindow > PING_WINDOW_NANOS) {
        pingWindow = now;
        pings = 0;
      }
      if (++pings > limits.maxPings()) {
        return "pings: more than " + limits.maxPings() + " PING or SETTINGS in 10 s";
      }
    }
    return null;
  }
}
