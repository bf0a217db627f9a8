package io.libchan.benchmarks;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The peers there are, by name. Thread-safe. */
final class Peers {
  static final String BASELINE = "netty-ho";

  /** What runs without a choice. */
  static final List<String> FIRST = List.of(BASELINE, "libchan", "grpc-tuned");

  private static final Map<String, Start> ALL = new LinkedHashMap<>();

  static {
    ALL.put(BASELINE, NettyHandOff::start);
    ALL.put("libchan", LibchanPeer::start);
    ALL.put("libchan-http", LibchanPeer::startHttp);
    ALL.put("libchan-http-single", LibchanPeer::startHttpSingle);
    ALL.put("grpc-tuned", GrpcPeer::startTuned);
    ALL.put("grpc-default", GrpcPeer::startDefault);
    ALL.put("sockets", BlockingSockets::start);
  }

  private Peers() {}

  static List<String> names() {
    return List.copyOf(ALL.keySet());
  }

  static Peer start(String name) throws Exception {
    Start start = ALL.get(name);
    if (start == null) {
      throw new IllegalArgumentException("no peer " + name + ", there are " + names());
    }
    return start.start();
  }

  private interface Start {
    Peer start() throws Exception;
  }
}
