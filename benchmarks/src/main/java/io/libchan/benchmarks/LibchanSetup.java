package io.libchan.benchmarks;

import io.libchan.DescriptorPolicy;
import io.libchan.Limits;
import io.libchan.Options;
import io.libchan.transport.netty.TcpOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How a session of libchan is made: by default options but for what the transport or the case can't
 * do without, which the report names.
 *
 * @param uri where the server listens
 * @param query what the client adds
 * @param throughProxy whether HAProxy is between the two
 */
record LibchanSetup(
    String uri, String query, Options server, Options client, boolean throughProxy) {
  private static final int MANY = 10_500;

  private static LibchanSetup of(String uri) {
    return both(uri, Options.DEFAULTS);
  }

  private static LibchanSetup both(String uri, Options options) {
    return new LibchanSetup(uri, "", options, options, false);
  }

  static LibchanSetup tcp() {
    return of("tcp://127.0.0.1:0");
  }

  /** More streams than the default allows. */
  static LibchanSetup tcpManyStreams() {
    Limits limits = Limits.DEFAULTS.withMaxStreams(MANY).withMaxBacklog(MANY);
    return both("tcp://127.0.0.1:0", Options.builder().limits(limits).build());
  }

  /** Larger messages than the default allows. */
  static LibchanSetup tcpLargeMessages() {
    Limits limits =
        Limits.DEFAULTS
            .withMaxMessageBytes(Size.MAX_MESSAGE_BYTES)
            .withMaxStringBytes(Size.MAX_MESSAGE_BYTES);
    return both("tcp://127.0.0.1:0", Options.builder().limits(limits).build());
  }

  static LibchanSetup tls() throws IOException {
    return tls(Tls.boringSsl());
  }

  static LibchanSetup tlsOfJdk() throws IOException {
    return tls(Tls.jdk());
  }

  private static LibchanSetup tls(Tls tls) {
    Options server =
        Options.builder().with(TcpOptions.builder().sslContext(tls.server()).build()).build();
    Options client =
        Options.builder().with(TcpOptions.builder().sslContext(tls.client()).build()).build();
    return new LibchanSetup("tls://127.0.0.1:0", "", server, client, false);
  }

  static LibchanSetup unix() throws IOException {
    return of("unix:" + socketFile());
  }

  /** A file's bytes go over a stream. */
  static LibchanSetup unixWithoutDescriptors() throws IOException {
    Options options = Options.builder().descriptorPolicy(DescriptorPolicy.NEVER).build();
    return both("unix:" + socketFile(), options);
  }

  private static Path socketFile() throws IOException {
    Path folder = Files.createTempDirectory("libchan-bench");
    folder.toFile().deleteOnExit();
    return folder.resolve("socket");
  }

  static LibchanSetup memory() {
    return of("inmem:bench");
  }

  /** Each stream is an HTTP/2 request of its own. */
  static LibchanSetup http() {
    return of("http://127.0.0.1:0/libchan");
  }

  /** All streams share one HTTP/2 request. */
  static LibchanSetup httpSingle() {
    return new LibchanSetup(
        "http://127.0.0.1:0/libchan", "?carrier=single", Options.DEFAULTS, Options.DEFAULTS, false);
  }

  static LibchanSetup httpThroughProxy() {
    return new LibchanSetup(
        "http://127.0.0.1:0/libchan", "", Options.DEFAULTS, Options.DEFAULTS, true);
  }

  static LibchanSetup webSocket() {
    return of("ws://127.0.0.1:0/libchan");
  }
}
