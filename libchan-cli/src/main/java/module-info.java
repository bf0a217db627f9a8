import org.jspecify.annotations.NullMarked;

/** Opens, serves and inspects channels from a shell. */
@NullMarked
module io.libchan.cli {
  requires info.picocli;
  requires io.libchan;
  requires io.libchan.conformance;
  requires io.libchan.gateway;
  requires io.libchan.transport.http2;
  requires io.libchan.transport.netty;
  requires io.libchan.transport.unix;
  requires io.libchan.transport.websocket;
  requires java.logging;
  requires static com.google.errorprone.annotations;
  requires static org.jspecify;

  // Messages are read by codecs, options are set by picocli.
  opens io.libchan.cli;
  opens io.libchan.cli.conformance;
  opens io.libchan.cli.demo;
  opens io.libchan.cli.exec;
  opens io.libchan.cli.gateway;
  opens io.libchan.cli.http;
  opens io.libchan.cli.tls;
}
