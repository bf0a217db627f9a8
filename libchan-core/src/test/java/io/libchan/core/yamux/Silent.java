package io.libchan.core.yamux;

import io.libchan.PeerInfo;
import io.libchan.spi.ByteConnection;

/** A connection that nobody is at the other end of. */
final class Silent implements ByteConnection {
  @Override
  public PeerInfo peer() {
    return PeerInfo.of("test", "nowhere");
  }

  @Override
  public void start(Handler handler) {}

  @Override
  public void wantWrite() {}

  @Override
  public void close() {}

  @Override
  public void abort() {}
}
