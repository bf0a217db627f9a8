package io.libchan.examples.jetty;

import io.libchan.PeerInfo;
import io.libchan.RequestAuthenticator;
import io.libchan.RequestHead;
import java.security.Principal;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Who is logged in, by the cookie; the resource and the sessions ask the same. Thread-safe. */
final class Logins implements RequestAuthenticator {
  static final String COOKIE = "login";

  private final SecureRandom random = new SecureRandom();
  private final Map<String, String> passwords;
  private final Map<String, String> users = new ConcurrentHashMap<>();

  Logins(Map<String, String> passwords) {
    this.passwords = Map.copyOf(passwords);
  }

  /** The value of the cookie of somebody who knows the password; null for anybody else. */
  @Nullable String logIn(String user, String password) {
    if (!password.equals(passwords.get(user))) {
      return null;
    }
    byte[] bytes = new byte[16];
    random.nextBytes(bytes);
    String cookie = HexFormat.of().formatHex(bytes);
    users.put(cookie, user);
    return cookie;
  }

  /** Whose cookie this is; null if nobody's. */
  @Nullable String user(@Nullable String cookie) {
    return cookie == null ? null : users.get(cookie);
  }

  /** Lets whoever has the cookie have a session, as who they are. */
  @Override
  public Answer authenticate(PeerInfo peer) {
    RequestHead request = peer.request();
    String user = request == null ? null : user(request.cookie(COOKIE));
    if (user == null) {
      return Answer.unauthorized("Cookie");
    }
    Principal principal = () -> user;
    return Answer.admit(principal);
  }
}
