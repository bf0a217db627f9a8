package io.libchan.it.codec;

import io.libchan.Options;
import io.libchan.testkit.Capability;
import io.libchan.testkit.Certificates;
import io.libchan.transport.http2.Http2Options;
import io.libchan.transport.http2.common.Carrier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.UUID;

/** Every way from one process to another. */
enum Wire {
  UNIX_PATH("unix:"),
  UNIX_ABSTRACT("unix:@libchan-"),
  TCP("tcp://127.0.0.1:0"),
  TLS("tls://127.0.0.1:0"),
  HTTP("http://127.0.0.1:0/codec"),
  HTTP_SINGLE("http://127.0.0.1:0/codec"),
  HTTPS("https://127.0.0.1:0/codec"),
  HTTPS_SINGLE("https://127.0.0.1:0/codec"),
  WS("ws://127.0.0.1:0/codec"),
  WSS("wss://127.0.0.1:0/codec");

  private final String uri;

  Wire(String uri) {
    this.uri = uri;
  }

  String freshUri() {
    return switch (this) {
      case UNIX_PATH -> uri + directory().resolve("s");
      case UNIX_ABSTRACT -> uri + UUID.randomUUID();
      default -> uri;
    };
  }

  private static Path directory() {
    try {
      Path made = Files.createTempDirectory("libchan");
      made.toFile().deleteOnExit();
      return made;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Streams that are requests of their own are cut one by one. */
  Set<Capability> capabilities() {
    return this == HTTP || this == HTTPS
        ? Set.of(Capability.NETWORK)
        : EnumSet.allOf(Capability.class);
  }

  Options.Builder listening(Options.Builder options) {
    return switch (this) {
      case TLS, HTTPS, HTTPS_SINGLE, WSS -> options.with(Certificates.mutual());
      default -> options;
    };
  }

  Options.Builder connecting(Options.Builder options) {
    Options.Builder own = listening(options);
    return switch (this) {
      case HTTP_SINGLE, HTTPS_SINGLE ->
          own.with(Http2Options.builder().carrier(Carrier.SINGLE).build());
      default -> own;
    };
  }
}
