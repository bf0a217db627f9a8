package io.libchan.benchmarks;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** What is run: each case of one peer is a cell, and yields one measurement or two. */
enum Case {
  ONE_WAY {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.OneWay way = peer.oneWay()) {
        Stopwatch watch = new Stopwatch();
        long sent = 0;
        do {
          way.send(Samples.at(sent++));
        } while (sent % BETWEEN_LOOKS != 0 || watch.nanos() < time.toNanos());
        Received received = way.end();
        Rate rate = new Rate(sent, watch.nanos());
        Checks.allReceived(sent, received);
        return List.of(watch.measured(Figure.ONE_WAY, rate));
      }
    }
  },

  PING_PONG {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      long[] nanos = new long[MAX_EXCHANGES];
      try (Peer.PingPong pingPong = peer.pingPong()) {
        exchange(pingPong, Samples.at(0)); // opens the stream
        Stopwatch watch = new Stopwatch();
        int count = 0;
        while (count < MAX_EXCHANGES && (count == 0 || watch.nanos() < time.toNanos())) {
          nanos[count] = exchange(pingPong, Samples.at(count));
          count++;
        }
        double cpuMicros = watch.cpuMicros(count);
        Arrays.sort(nanos, 0, count);
        return List.of(
            new Measurement(Figure.PING_PONG_P50, micros(nanos, count, 0.50), cpuMicros),
            new Measurement(Figure.PING_PONG_P99, micros(nanos, count, 0.99), cpuMicros));
      }
    }
  },

  /** Nothing is measured for a peer without it. */
  BULK {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.Bulk bulk = peer.bulk()) {
        if (bulk == null) {
          return List.of();
        }
        Stopwatch watch = new Stopwatch();
        long sent = 0;
        do {
          bulk.write(Chunks.at(sent++));
        } while (watch.nanos() < time.toNanos());
        Received received = bulk.end();
        Rate rate = new Rate(sent, watch.nanos());
        Checks.allReceived(sent, received);
        return List.of(
            new Measurement(
                Figure.BULK, rate.perSecond() / Chunks.PER_MIB, watch.cpuMicros(rate.count())));
      }
    }
  },

  OPENS {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.Opens opens = peer.opens()) {
        Stopwatch watch = new Stopwatch();
        long count = 0;
        do {
          Sample sample = Samples.at(count++);
          Checks.sameId(sample, opens.once(sample));
        } while (watch.nanos() < time.toNanos());
        return List.of(watch.measured(Figure.OPENS, new Rate(count, watch.nanos())));
      }
    }
  },

  OPENS_64 {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.Opens opens = peer.opens()) {
        Stopwatch watch = new Stopwatch();
        return List.of(watch.measured(Figure.OPENS_64, opens.many(64, time)));
      }
    }
  };

  private static final int BETWEEN_LOOKS = 64; // reading the clock costs as much as a send
  private static final int MAX_EXCHANGES = 1 << 20;

  /** Runs for about the given time. Throws if not everything arrived. */
  abstract List<Measurement> run(Peer peer, Duration time) throws Exception;

  private static long exchange(Peer.PingPong pingPong, Sample sample) throws Exception {
    long start = System.nanoTime();
    long id = pingPong.exchange(sample);
    long nanos = System.nanoTime() - start;
    Checks.sameId(sample, id);
    return nanos;
  }

  private static double micros(long[] sorted, int count, double quantile) {
    return sorted[(int) (quantile * (count - 1))] / 1e3;
  }
}
