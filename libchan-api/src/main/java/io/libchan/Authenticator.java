package io.libchan;

/**
 * Decides on the listening side whether a peer may have a session. Until it says yes, nothing the
 * peer sends reaches the application.
 *
 * <p>Runs on a thread of {@link Options#executor()} and may block, for no longer than the handshake
 * time-out. Anything it throws, and a null, refuses the peer.
 *
 * <p>Must be thread-safe.
 */
@FunctionalInterface
public interface Authenticator {
  /** Whether the peer may have a session. */
  boolean admit(Attempt attempt) throws Exception;

  /**
   * One peer that asks for a session.
   *
   * @param peer what the transport knows and the name that the peer claims
   * @param credentials what the peer sent as {@link Options#credentials()}; empty where nothing
   */
  @SuppressWarnings("ArrayRecordComponent") // a secret: its own toString shows the length only
  record Attempt(PeerInfo peer, byte[] credentials) {
    @Override
    public String toString() {
      return "Attempt[" + peer + ", " + credentials.length + " bytes of credentials]";
    }
  }
}
