package io.libchan.spi;

import io.libchan.ByteStream;
import java.io.IOException;
import java.nio.channels.SocketChannel;

/**
 * Makes attachments of sockets that the JDK made, whose descriptors it hides. Found through {@link
 * java.util.ServiceLoader}; provided by a transport that passes descriptors.
 *
 * <p>Thread-safe.
 */
public interface SocketStreams {
  /**
   * A connected socket as an attachment, sent as its descriptor where the session passes these. It
   * takes the channel over: that is closed, the connection goes on. What the channel's owner has
   * read before is not in it.
   *
   * <p>May block for a moment, for the system's tables, but never for the peer.
   *
   * @param connected registered with no selector
   * @throws IOException if the socket's descriptor can't be known here, or the process has too
   *     many; the channel is as it was
   * @throws IllegalArgumentException if it is registered with a selector
   */
  ByteStream stream(SocketChannel connected) throws IOException;
}
