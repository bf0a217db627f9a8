/** Channels over the network: the API, the in-memory channel and the plug-in points. */
@org.jspecify.annotations.NullMarked
module io.libchan {
  requires static transitive org.jspecify;

  exports io.libchan;
  exports io.libchan.async;
  exports io.libchan.calls;
  exports io.libchan.patterns;
  exports io.libchan.spi;
  exports io.libchan.tls;

  uses io.libchan.spi.Transport;
  uses io.libchan.spi.Codec;
  uses io.libchan.spi.ReferenceCodec;
  uses io.libchan.spi.Engine;
  uses io.libchan.spi.SocketStreams;
}
