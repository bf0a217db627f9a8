package io.libchan.core;

import io.libchan.spi.MuxStream;
import java.nio.ByteBuffer;

/** The owner of a stream that was reset as soon as it was opened. */
enum Refused implements MuxStream.Handler {
  HANDLER;

  @Override
  public MuxStream.Left fill(ByteBuffer target) {
    return MuxStream.Left.NOTHING;
  }

  @Override
  public void received(ByteBuffer bytes) {
    bytes.position(bytes.limit());
  }

  @Override
  public void peerEnded() {}

  @Override
  public void reset(int code) {}

  @Override
  public void over() {}
}
