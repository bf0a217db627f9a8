package io.libchan;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The default node name: looked up once, as a resolver may be slow. */
final class HostName {
  static final String VALUE = lookUp();

  private HostName() {}

  private static String lookUp() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
