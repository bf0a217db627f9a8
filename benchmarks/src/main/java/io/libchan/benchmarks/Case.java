package io.libchan.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * What is run: each case of one peer is a cell, and yields its figures, or none if the peer has no
 * form of it.
 */
enum Case {
  ONE_WAY {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.OneWay way = peer.oneWay()) {
        if (way == null) {
          return List.of();
        }
        Meter meter = new Meter();
        long sent = way.run(time);
        Received received = way.end();
        Measurement rate = meter.measured(Figure.ONE_WAY, new Rate(sent, meter.nanos()));
        Checks.allReceived(sent, received);
        double beyond = rate.cost().allocated() - Samples.heapBytes();
        return List.of(rate, new Measurement(Figure.ALLOCATION, beyond, rate.cost()));
      }
    }
  },

  PING_PONG {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.Echo echo = peer.echo()) {
        if (echo == null) {
          return List.of();
        }
        echo.many(1, Duration.ZERO); // opens the stream
        Latencies latencies = new Latencies(time); // its memory is not part of the cost
        Meter meter = new Meter();
        echo.pingPong(latencies);
        Measurement all = meter.measured(Figure.PING_PONG_P50, 0, latencies.count());
        double[] micros = latencies.quantiles(0.5, 0.99, 0.999);
        return List.of(
            with(all, Figure.PING_PONG_P50, micros[0]),
            with(all, Figure.PING_PONG_P99, micros[1]),
            with(all, Figure.PING_PONG_P999, micros[2]));
      }
    }
  },

  REQUESTS_8 {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      return requests(peer, 8, Figure.REQUESTS_8, time);
    }
  },

  REQUESTS_64 {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      return requests(peer, 64, Figure.REQUESTS_64, time);
    }
  },

  OPENS {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.Opens opens = peer.opens()) {
        if (opens == null) {
          return List.of();
        }
        Meter meter = new Meter();
        long count = 0;
        do {
          Sample sample = Samples.at(count++);
          Checks.sameId(sample, opens.once(sample));
        } while (!meter.isOver(time));
        return List.of(meter.measured(Figure.OPENS, new Rate(count, meter.nanos())));
      }
    }
  },

  OPENS_8 {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      return opens(peer, 8, Figure.OPENS_8, time);
    }
  },

  OPENS_64 {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      return opens(peer, 64, Figure.OPENS_64, time);
    }
  },

  BULK {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.Bulk bulk = peer.bulk()) {
        if (bulk == null) {
          return List.of();
        }
        Meter meter = new Meter();
        long sent = bulk.run(Chunks.BULK, time);
        Received received = bulk.end();
        double mebibytes = sent * (double) Chunks.BULK.bytes() / (1 << 20);
        double perSecond = mebibytes * 1e9 / meter.nanos();
        Measurement rate = meter.measured(Figure.BULK, perSecond, sent);
        Checks.allReceived(sent, received);
        return List.of(rate);
      }
    }
  },

  SIZES {
    @Override
    int parts() {
      return Size.values().length;
    }

    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      List<Measurement> all = new ArrayList<>();
      for (Size size : Size.values()) {
        try (Peer.Bulk messages = peer.messages(size.bytes())) {
          if (messages != null) {
            all.add(sized(messages, size, time));
          }
        }
      }
      return all;
    }

    private Measurement sized(Peer.Bulk messages, Size size, Duration time) throws Exception {
      Chunks chunks = new Chunks(size.bytes());
      Meter meter = new Meter();
      long sent = messages.run(chunks, time);
      Received received = messages.end();
      Measurement rate = meter.measured(size.figure(), new Rate(sent, meter.nanos()));
      Checks.allReceived(sent, received);
      return rate;
    }
  },

  STREAMS {
    @Override
    int parts() {
      return 3;
    }

    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      List<Measurement> all = new ArrayList<>();
      all.addAll(streams(peer, 1, Figure.STREAMS_1, time));
      all.addAll(streams(peer, 100, Figure.STREAMS_100, time));
      all.addAll(streams(peer, 10_000, Figure.STREAMS_10000, time));
      return all;
    }
  },

  HEAP {
    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      long before = Heap.used();
      try (AutoCloseable idle = peer.idle(IDLE)) {
        if (idle == null) {
          return List.of();
        }
        double each = (Heap.used() - before) / (double) IDLE;
        return List.of(new Measurement(Figure.HEAP, each, Cost.UNKNOWN));
      }
    }
  },

  FILES {
    @Override
    int parts() {
      return 2;
    }

    @Override
    List<Measurement> run(Peer peer, Duration time) throws Exception {
      try (Peer.FileSender files = peer.files()) {
        if (files == null) {
          return List.of();
        }
        Measurement large = repeat(files, LARGE_FILE, Figure.FILE_LARGE, time);
        double mebibytes = large.value() * LARGE_FILE / (1 << 20);
        return List.of(
            with(large, Figure.FILE_LARGE, mebibytes),
            repeat(files, SMALL_FILE, Figure.FILE_SMALL, time));
      }
    }

    private Measurement repeat(Peer.FileSender files, int bytes, Figure figure, Duration time)
        throws Exception {
      Path file = Files.createTempFile("libchan-bench", null);
      try {
        Files.write(file, new byte[bytes]);
        Meter meter = new Meter();
        long count = 0;
        do {
          Checks.sameLength(bytes, files.send(file));
          count++;
        } while (!meter.isOver(time));
        return meter.measured(figure, new Rate(count, meter.nanos()));
      } finally {
        Files.delete(file);
      }
    }
  };

  private static final int IDLE = 5_000;
  private static final int BURST = 16;
  private static final int LARGE_FILE = 64 << 20;
  private static final int SMALL_FILE = 4 << 10;

  /** How many times the given time it takes. */
  int parts() {
    return 1;
  }

  /** Runs for about the given time, or a few times that. Throws if not everything arrived. */
  abstract List<Measurement> run(Peer peer, Duration time) throws Exception;

  private static Measurement with(Measurement cost, Figure figure, double value) {
    return new Measurement(figure, value, cost.cost());
  }

  private static List<Measurement> requests(
      Peer peer, int outstanding, Figure figure, Duration time) throws Exception {
    try (Peer.Echo echo = peer.echo()) {
      if (echo == null) {
        return List.of();
      }
      Meter meter = new Meter();
      return List.of(meter.measured(figure, echo.many(outstanding, time)));
    }
  }

  private static List<Measurement> opens(Peer peer, int atOnce, Figure figure, Duration time)
      throws Exception {
    try (Peer.Opens opens = peer.opens()) {
      if (opens == null) {
        return List.of();
      }
      Meter meter = new Meter();
      return List.of(meter.measured(figure, opens.many(atOnce, time)));
    }
  }

  /**
   * A burst on each stream in turn, by one thread; opening and closing are not part of the time.
   */
  private static List<Measurement> streams(Peer peer, int count, Figure figure, Duration time)
      throws Exception {
    List<Peer.OneWay> ways = peer.oneWays(count);
    if (ways == null) {
      return List.of();
    }
    try {
      long before = peer.receivedOnStreams();
      Meter meter = new Meter();
      long[] sent = new long[count];
      int turn = 0;
      long bursts = 0;
      do {
        Peer.OneWay way = ways.get(turn);
        for (int i = 0; i < BURST; i++) {
          way.send(Samples.at(sent[turn]++));
        }
        turn = (turn + 1) % count;
        bursts++;
      } while (bursts < 2L * count || !meter.isOver(time)); // each of them is active
      long total = Arrays.stream(sent).sum();
      while (peer.receivedOnStreams() < before + total) {
        if (meter.isOver(time.plusSeconds(30))) {
          throw new Checks.Mismatch("not all of " + total + " records have arrived");
        }
        LockSupport.parkNanos(50_000);
      }
      Measurement rate = meter.measured(figure, new Rate(total, meter.nanos()));
      end(ways, sent);
      return List.of(rate);
    } finally {
      closeAll(ways);
    }
  }

  /** Ends may be told in another order, so the sums are compared. */
  private static void end(List<Peer.OneWay> ways, long[] sent) throws Exception {
    long total = 0;
    long count = 0;
    long misplaced = 0;
    for (int i = 0; i < sent.length; i++) {
      Received received = ways.get(i).end();
      total += sent[i];
      count += received.count();
      misplaced += received.misplaced();
    }
    Checks.allReceived(total, new Received(count, misplaced));
  }

  private static void closeAll(List<Peer.OneWay> ways) throws IOException {
    for (Peer.OneWay way : ways) {
      way.close();
    }
  }
}
