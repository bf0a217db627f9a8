package io.libchan.transport.websocket.client;

import io.libchan.transport.websocket.internal.Address;
import io.libchan.transport.websocket.internal.Wire;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** The request for a WebSocket, and what its answer must be. RFC 6455 §4.1. Used once. */
final class Upgrade {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  private final Address address;
  private final WebSocketClientOptions options;
  private final String key;

  Upgrade(Address address, WebSocketClientOptions options) {
    this.address = address;
    this.options = options;
    byte[] nonce = new byte[16];
    RANDOM.nextBytes(nonce);
    key = Base64.getEncoder().encodeToString(nonce);
  }

  Request request() {
    Request.Builder request = new Request.Builder().url(address.uri().toString());
    for (Map.Entry<String, String> header : options.headers()) {
      request.addHeader(header.getKey(), header.getValue());
    }
    return request
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", key)
        .header("Sec-WebSocket-Protocol", Wire.SUBPROTOCOL)
        .build();
  }

  /** Why the answer gives no connection, in one line; null if it gives one. */
  @Nullable String refusal(Response response) {
    int code = response.code();
    if (code != 101) {
      String why = response.message().isEmpty() ? "" : " " + response.message();
      return address.uri() + " answered " + code + why + " instead of a WebSocket";
    }
    if (!"websocket".equalsIgnoreCase(response.header("Upgrade"))
        || !accept().equals(response.header("Sec-WebSocket-Accept"))) {
      return address + " upgraded, but not to WebSocket";
    }
    String extensions = response.header("Sec-WebSocket-Extensions");
    if (extensions != null) {
      return address + " uses an extension that was not asked for: " + extensions;
    }
    String protocol = response.header("Sec-WebSocket-Protocol");
    if (!Wire.SUBPROTOCOL.equals(protocol)) {
      return address.uri()
          + " speaks WebSocket but not libchan: subprotocol "
          + (protocol == null ? "none" : protocol)
          + " instead of "
          + Wire.SUBPROTOCOL;
    }
    return null;
  }

  private String accept() {
    try {
      MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
      byte[] digest = sha1.digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }
}
