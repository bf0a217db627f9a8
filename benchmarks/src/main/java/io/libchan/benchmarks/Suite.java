package io.libchan.benchmarks;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Which cases which peers run, in turn.
 *
 * @param baseline what the ratios of the tables are to
 * @param more peers of the full set only
 */
record Suite(
    String name,
    String title,
    List<Case> cases,
    String baseline,
    List<String> peers,
    List<String> more) {
  private static final List<Case> EXCHANGES =
      List.of(Case.ONE_WAY, Case.PING_PONG, Case.REQUESTS_64, Case.BULK);

  /** In the order of the report. */
  static final List<Suite> ALL =
      List.of(
          new Suite(
              "tcp",
              "TCP",
              List.of(
                  Case.ONE_WAY,
                  Case.PING_PONG,
                  Case.REQUESTS_8,
                  Case.REQUESTS_64,
                  Case.OPENS,
                  Case.OPENS_8,
                  Case.OPENS_64,
                  Case.BULK),
              "netty-ho",
              List.of("libchan", "netty-ho", "netty-loop", "grpc-tuned", "rsocket", "sockets"),
              List.of("grpc-default", "rsocket-response")),
          new Suite(
              "tls",
              "TLS",
              EXCHANGES,
              "netty-ho-tls",
              List.of("libchan-tls", "netty-ho-tls", "grpc-tuned-tls"),
              List.of("libchan-tls-jdk", "netty-ho-tls-jdk")),
          new Suite(
              "unix",
              "Unix sockets",
              EXCHANGES,
              "sockets-unix",
              List.of("libchan-unix", "sockets-unix"),
              List.of()),
          new Suite(
              "transports",
              "The transports of libchan",
              List.of(Case.ONE_WAY, Case.PING_PONG, Case.REQUESTS_64, Case.OPENS_64, Case.BULK),
              "libchan",
              List.of(
                  "libchan", "libchan-http", "libchan-http-haproxy", "libchan-ws", "grpc-tuned"),
              List.of("libchan-http-single", "libchan-inmem")),
          new Suite(
              "streams",
              "Many channels on one session",
              List.of(Case.STREAMS),
              "grpc-tuned",
              List.of("libchan-many", "grpc-tuned"),
              List.of()),
          new Suite(
              "relay",
              "Relays",
              List.of(Case.ONE_WAY, Case.PING_PONG),
              "libchan-hops-0",
              List.of("libchan-hops-0", "libchan-hops-1", "libchan-hops-3"),
              List.of()),
          new Suite(
              "sizes",
              "Sizes of messages",
              List.of(Case.SIZES),
              "sockets",
              List.of("libchan-large", "grpc-tuned", "rsocket", "sockets"),
              List.of()),
          new Suite(
              "heap",
              "Idle streams",
              List.of(Case.HEAP),
              "grpc-tuned",
              List.of("libchan-many", "grpc-tuned", "rsocket"),
              List.of()),
          new Suite(
              "files",
              "Files over a Unix socket",
              List.of(Case.FILES),
              "libchan-unix-streams",
              List.of("libchan-unix", "libchan-unix-streams"),
              List.of()));

  private static final Set<Case> FULL_ONLY = EnumSet.of(Case.REQUESTS_8, Case.OPENS_8);

  /** Those of this set. */
  List<Case> cases(boolean full) {
    return cases.stream().filter(each -> full || !FULL_ONLY.contains(each)).toList();
  }

  /** Those that take part and are there on this machine. */
  List<String> peers(boolean full) {
    List<String> all = new ArrayList<>(peers);
    if (full) {
      all.addAll(more);
    }
    all.retainAll(Peers.names());
    return all;
  }
}
