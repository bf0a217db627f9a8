package io.libchan;

/**
 * Serves one session that a peer opened. Runs on a thread of its own from {@link
 * Options#executor()} and may block. When it returns or throws, the session stays open until it is
 * closed by either side; what it throws is logged and closes the session with {@link
 * ReasonCode#INTERNAL}, except a {@link SessionLost}, by itself or as the cause: that is how a
 * handler ends which serves for as long as the session lasts. If what was lost is another session,
 * so that this one has not ended after {@link Options#closeTimeout()}, it is closed as well.
 *
 * <p>Must be thread-safe: it is called once for each session, possibly at the same time.
 */
@FunctionalInterface
public interface SessionHandler {
  /** Serves the session. */
  void handle(Session session) throws Exception;
}
