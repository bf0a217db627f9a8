package io.libchan.benchmarks;

/** The sizes of messages that are compared. */
enum Size {
  B16(16, Figure.SIZE_16),
  B256(256, Figure.SIZE_256),
  K4(4 << 10, Figure.SIZE_4K),
  K64(64 << 10, Figure.SIZE_64K),
  M1(1 << 20, Figure.SIZE_1M),
  M16(16 << 20, Figure.SIZE_16M);

  /** Messages of {@link #M16} with what is around them. */
  static final int MAX_MESSAGE_BYTES = (16 << 20) + 1024;

  private final int bytes;
  private final Figure figure;

  Size(int bytes, Figure figure) {
    this.bytes = bytes;
    this.figure = figure;
  }

  int bytes() {
    return bytes;
  }

  Figure figure() {
    return figure;
  }
}
