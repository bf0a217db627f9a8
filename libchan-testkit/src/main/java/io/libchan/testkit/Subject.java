package io.libchan.testkit;

import io.libchan.ChannelException;
import io.libchan.Libchan;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.Session;
import io.libchan.SessionHandler;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a contract is run on: one transport with one codec.
 *
 * <p>Thread-safe.
 */
public interface Subject {
  /** An address that nobody uses; each call gives another, or one with a free port. */
  String freshUri();

  /** The codec's name. */
  String codec();

  /** What the transport can do; all of it unless it says otherwise. */
  default Set<Capability> capabilities() {
    return EnumSet.allOf(Capability.class);
  }

  /** Whether the codec carries values of any Java type, lists and maps as whole messages too. */
  default boolean carriesOpenTypes() {
    return true;
  }

  /** Adds what the listening side needs, such as a certificate. */
  default Options.Builder listening(Options.Builder options) {
    return options;
  }

  /** Adds what the connecting side needs, such as whom to trust. */
  default Options.Builder connecting(Options.Builder options) {
    return options;
  }

  /** Connects. */
  default Session connect(String uri, Options options)
      throws ChannelException, InterruptedException {
    return Libchan.connect(uri, options);
  }

  /** Listens. */
  default Listener listen(String uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return Libchan.listen(uri, options, handler);
  }
}
