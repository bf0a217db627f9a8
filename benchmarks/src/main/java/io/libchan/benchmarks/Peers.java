package io.libchan.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The peers there are, by name, each with a line that the report shows. Thread-safe. */
final class Peers {
  private static final Map<String, Entry> ALL = new LinkedHashMap<>();

  static {
    add("libchan", "TCP, default options", () -> libchan(LibchanSetup.tcp()));
    add(
        "netty-ho",
        "plain Netty, user threads at both ends, bounded queues, no codec, 100 ready bytes; short"
            + " streams are new connections",
        NettyHandOff::start);
    add(
        "netty-loop",
        "plain Netty, user code on the event loops, no codec, 100 ready bytes",
        NettyLoop::start);
    add(
        "grpc-tuned",
        "grpc-java, directExecutor() on both ends, request(256) on the server",
        GrpcPeer::startTuned);
    add("grpc-default", "grpc-java as it comes", GrpcPeer::startDefault);
    add("rsocket", "RSocket-java, a stream is a requestChannel", RsocketPeer::startChannels);
    add(
        "rsocket-response",
        "RSocket-java, a short stream is a requestResponse",
        RsocketPeer::startResponses);
    add(
        "sockets",
        "the JDK's blocking channels, a thread each, no codec, 100 ready bytes; short streams are"
            + " new connections",
        BlockingSockets::start);
    add("libchan-tls", "BoringSSL by TcpOptions.sslContext", () -> libchan(LibchanSetup.tls()));
    add("libchan-tls-jdk", "TLS of the JDK", () -> libchan(LibchanSetup.tlsOfJdk()));
    add("netty-ho-tls", "netty-ho with BoringSSL", NettyHandOff::startTls);
    add("netty-ho-tls-jdk", "netty-ho with TLS of the JDK", NettyHandOff::startTlsOfJdk);
    add("grpc-tuned-tls", "grpc-tuned with BoringSSL", GrpcPeer::startTunedTls);
    add("libchan-unix", "Unix socket, default options", () -> libchan(LibchanSetup.unix()));
    add(
        "libchan-unix-streams",
        "the same, but no descriptors are passed",
        () -> libchan(LibchanSetup.unixWithoutDescriptors()));
    add("sockets-unix", "sockets over a Unix socket", BlockingSockets::startUnix);
    add(
        "libchan-inmem",
        "the in-memory transport: a session, frames and codec without a socket",
        () -> libchan(LibchanSetup.memory()));
    add(
        "libchan-http",
        "HTTP/2 without TLS, a request for each stream",
        () -> libchan(LibchanSetup.http()));
    add(
        "libchan-http-single",
        "HTTP/2 without TLS, one request for all streams",
        () -> libchan(LibchanSetup.httpSingle()));
    if (HaproxyProcess.isInstalled()) {
      add(
          "libchan-http-haproxy",
          "libchan-http through HAProxy, HTTP/2 on both sides",
          () -> libchan(LibchanSetup.httpThroughProxy()));
    }
    add("libchan-ws", "WebSocket without TLS", () -> libchan(LibchanSetup.webSocket()));
    add(
        "libchan-many",
        "TCP, streams limited to 10,500",
        () -> libchan(LibchanSetup.tcpManyStreams()));
    add(
        "libchan-large",
        "TCP, messages limited to 16 MiB and a little",
        () -> libchan(LibchanSetup.tcpLargeMessages()));
    for (int hops : new int[] {0, 1, 3}) {
      add(
          "libchan-hops-" + hops,
          "TCP, ends passed on by " + hops + " nodes in between",
          () -> RelayPeer.start(hops));
    }
  }

  private Peers() {}

  private static void add(String name, String note, Start start) {
    ALL.put(name, new Entry(note, start));
  }

  private static Peer libchan(LibchanSetup setup) throws Exception {
    return LibchanPeer.start(setup);
  }

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  /** What it is, in a line. */
  static String note(String name) {
    return entry(name).note();
  }

  static Peer start(String name) throws Exception {
    return entry(name).start().start();
  }

  private static Entry entry(String name) {
    Entry entry = ALL.get(name);
    if (entry == null) {
      throw new IllegalArgumentException("no peer " + name + ", there are " + names());
    }
    return entry;
  }

  private interface Start {
    Peer start() throws Exception;
  }

  private record Entry(String note, Start start) {}
}
