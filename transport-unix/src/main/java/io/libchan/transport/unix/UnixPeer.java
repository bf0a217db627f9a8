package io.libchan.transport.unix;

import java.security.Principal;

/**
 * Who the system says the peer is: the process and user that connected, or that listens. It is the
 * {@link io.libchan.PeerInfo#principal()} of sessions over Unix sockets.
 *
 * <p>The user is proved. The process number is of whoever made the socket, and may be that of
 * another process by now.
 *
 * <p>Thread-safe: immutable.
 *
 * @param pid the process number; −1 where the system does not tell
 * @param uid the user's number
 * @param gid the number of the user's group; −1 where the system does not tell
 */
public record UnixPeer(long pid, long uid, long gid) implements Principal {
  /** The user's number as text: {@code uid=1000}. */
  @Override
  public String getName() {
    return "uid=" + uid;
  }
}
