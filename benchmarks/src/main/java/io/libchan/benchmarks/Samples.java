package io.libchan.benchmarks;

import java.util.Random;

/** The prebuilt records; sample {@code n} of a stream is number {@code n mod 1024}. Thread-safe. */
final class Samples {
  static final int COUNT = 1024;

  private static final Sample[] ALL = build();

  private Samples() {}

  static Sample at(long position) {
    return ALL[(int) idAt(position)];
  }

  static long idAt(long position) {
    return position & (COUNT - 1);
  }

  private static Sample[] build() {
    Random random = new Random(1);
    Sample[] all = new Sample[COUNT];
    for (int i = 0; i < COUNT; i++) {
      all[i] = build(i, random);
    }
    return all;
  }

  private static Sample build(int id, Random random) {
    byte[] payload = new byte[32];
    random.nextBytes(payload);
    String name = String.format("sample-%09d", id);
    return new Sample(id, name, random.nextDouble(), random.nextInt(), payload);
  }
}
