package io.libchan.spi;

import io.libchan.PeerInfo;

/**
 * What a transport makes: bytes for the engine to put streams on, bodies for a stream each, or
 * streams of its own.
 */
public sealed interface Connection permits ByteConnection, BodyConnection, MuxConnection {
  /** What the transport knows about the other side. */
  PeerInfo peer();
}
