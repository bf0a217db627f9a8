package io.libchan.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** The prebuilt records; sample {@code n} of a stream is number {@code n mod 1024}. Thread-safe. */
final class Samples {
  static final int COUNT = 1024;

  private static final byte[] LETTERS = new byte[64];
  private static final Sample[] ALL = build();
  private static final long HEAP_BYTES = measureHeapBytes();

  private Samples() {}

  static Sample at(long position) {
    return ALL[(int) idAt(position)];
  }

  static long idAt(long position) {
    return position & (COUNT - 1);
  }

  /** What one record, as a decoder makes it, takes of the heap. */
  static long heapBytes() {
    return HEAP_BYTES;
  }

  private static long measureHeapBytes() {
    Object[] copies = new Object[COUNT];
    long before = Allocation.ofThisThread();
    for (int i = 0; i < COUNT; i++) {
      copies[i] = copy(ALL[i]);
    }
    long bytes = Allocation.ofThisThread() - before;
    if (copies[COUNT - 1] == null) {
      throw new IllegalStateException();
    }
    return bytes / COUNT;
  }

  private static Sample copy(Sample sample) {
    String name = new String(LETTERS, 0, sample.name().length(), StandardCharsets.ISO_8859_1);
    return new Sample(sample.id(), name, sample.weight(), sample.level(), sample.payload().clone());
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
