package io.libchan.transport.spdy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;

/**
 * Netty's codec of frames, whose header blocks are bounded while they are inflated. It goes on with
 * what it has read when the channel is closed under it; the inflater is closed by then, so nothing
 * more is given to that. Rule SPDY-6.
 */
final class FrameCodec extends SpdyFrameCodec {
  private static final int MAX_CHUNK_BYTES = 64 * 1024;
  private static final int COMPRESSION_LEVEL = 9; // as the reference's
  private static final int WINDOW_BITS = 15;
  private static final int MEMORY_LEVEL = 8;

  private final Channel channel;

  FrameCodec(Channel channel, int maxHeaderBytes) {
    super(
        SpdyVersion.SPDY_3_1,
        MAX_CHUNK_BYTES,
        maxHeaderBytes,
        COMPRESSION_LEVEL,
        WINDOW_BITS,
        MEMORY_LEVEL,
        true);
    this.channel = channel;
  }

  @Override
  public void readHeaderBlock(ByteBuf headerBlock) {
    if (channel.isOpen()) {
      super.readHeaderBlock(headerBlock);
    } else {
      headerBlock.release();
    }
  }

  @Override
  public void readHeaderBlockEnd() {
    if (channel.isOpen()) {
      super.readHeaderBlockEnd();
    }
  }
}
