package io.libchan.transport.websocket.js;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.libchan.Libchan;
import io.libchan.Limits;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.transport.websocket.server.WebSocketServerOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The Java peers of the JavaScript client's tests: each session of theirs does what channels of the
 * name {@code hands} ask for, see {@link Hands}. One has the default limits, one tiny ones, one
 * asks for credentials, and one is on TCP.
 */
final class Peer implements AutoCloseable {
  private final Map<String, Listener> listeners = new LinkedHashMap<>();

  Peer() throws Exception {
    listen("ws", "ws://127.0.0.1:0/libchan", options().build());
    listen("tcp", "tcp://127.0.0.1:0", options().build());
    Limits tiny =
        Limits.DEFAULTS
            .withMaxStreams(4)
            .withMaxMessageBytes(1000)
            .withMaxAttachments(2)
            .withMaxBacklog(2);
    listen("tiny", "ws://127.0.0.1:0/libchan", options().limits(tiny).build());
    listen(
        "guarded",
        "ws://127.0.0.1:0/libchan",
        options()
            .authenticator(
                attempt -> new String(attempt.credentials(), UTF_8).equals("open sesame"))
            .build());
  }

  private static Options.Builder options() {
    return Options.builder()
        .nodeName("java")
        .closeTimeout(Duration.ofSeconds(2))
        .referenceTimeout(Duration.ofSeconds(2))
        .with(WebSocketServerOptions.builder().origins("*").build());
  }

  private void listen(String name, String uri, Options options) throws Exception {
    listeners.put(name, Libchan.listen(uri, options, session -> new Hands(session).serve()));
  }

  /** The addresses by their names, as JSON. */
  String addresses() {
    StringBuilder json = new StringBuilder();
    listeners.forEach(
        (name, listener) ->
            json.append(json.isEmpty() ? "{" : ",")
                .append('"' + name + "\":\"" + listener.uri() + '"'));
    return json.append('}').toString();
  }

  @Override
  public void close() {
    listeners.values().forEach(Listener::close);
  }

  /** Prints the addresses and serves until its input ends. */
  public static void main(String[] args) throws Exception {
    try (Peer peer = new Peer()) {
      System.out.println(peer.addresses());
      System.out.flush();
      while (System.in.read() >= 0) {
        // nothing is ever said
      }
    }
    System.exit(0);
  }
}
