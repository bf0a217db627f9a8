package io.libchan.cli.demo;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.cli.demo.Messages.PingPong;
import io.libchan.cli.demo.Messages.Value;
import java.time.Duration;
import java.util.Arrays;

/**
 * How fast a session is: a rough figure after a short warm-up, not a benchmark.
 *
 * @param messagesPerSecond one way on one channel, with the default options
 * @param p50Micros the median round trip of one small message, in microseconds
 * @param p99Micros the round trip that one in a hundred exceeds, in microseconds
 */
record Rates(double messagesPerSecond, double p50Micros, double p99Micros) {
  private static final int MAX_SAMPLES = 1 << 20;
  private static final int BATCH = 64;

  /** Measures each of the two for so long, after a third of it to warm up. */
  static Rates measure(Session session, Duration time)
      throws ChannelException, InterruptedException {
    Duration warmUp = time.dividedBy(3);
    oneWay(session, warmUp);
    double messagesPerSecond = oneWay(session, time);
    roundTrips(session, warmUp);
    long[] nanos = roundTrips(session, time);
    Arrays.sort(nanos);
    return new Rates(messagesPerSecond, micros(nanos, 0.50), micros(nanos, 0.99));
  }

  private static double oneWay(Session session, Duration time)
      throws ChannelException, InterruptedException {
    try (Sender<Value> sender = session.open("one-way", Value.class)) {
      long start = System.nanoTime();
      long count = 0;
      while (System.nanoTime() - start < time.toNanos()) {
        for (int i = 0; i < BATCH; i++) {
          sender.send(new Value(count++));
        }
      }
      sender.flush(); // only what was received counts
      return count * 1e9 / (System.nanoTime() - start);
    }
  }

  private static long[] roundTrips(Session session, Duration time)
      throws ChannelException, InterruptedException {
    Channel<Value> there = Channel.of(Value.class);
    Channel<Value> back = Channel.of(Value.class);
    try (Sender<PingPong> games = session.open("ping-pong", PingPong.class)) {
      games.send(new PingPong(there.receiver(), back.sender()));
    }
    long[] nanos = new long[MAX_SAMPLES];
    int count = 0;
    try (Sender<Value> ball = there.sender()) {
      long start = System.nanoTime();
      for (long now = start; now - start < time.toNanos() && count < MAX_SAMPLES; count++) {
        ball.send(new Value(count));
        Value returned = back.receiver().receive();
        if (returned == null || returned.value() != count) {
          throw new IllegalStateException("ball " + count + " came back as " + returned);
        }
        long after = System.nanoTime();
        nanos[count] = after - now;
        now = after;
      }
    }
    return Arrays.copyOf(nanos, count);
  }

  private static double micros(long[] sorted, double part) {
    return sorted[(int) (part * (sorted.length - 1))] / 1e3;
  }
}
