package io.libchan.benchmarks;

/** What is reported, one table each. */
enum Figure {
  ONE_WAY("One-way, one sender and one receiver", "records/s", true),
  PING_PONG_P50("Ping-pong on one open stream, p50", "us", false),
  PING_PONG_P99("Ping-pong on one open stream, p99", "us", false),
  BULK("Bulk on one stream, writes of 64 KiB", "MiB/s", true),
  OPENS("Open + 1 record + reply + close, one after the other", "per s", true),
  OPENS_64("The same, 64 at once", "per s", true);

  private final String title;
  private final String unit;
  private final boolean moreIsBetter;

  Figure(String title, String unit, boolean moreIsBetter) {
    this.title = title;
    this.unit = unit;
    this.moreIsBetter = moreIsBetter;
  }

  String title() {
    return title;
  }

  String unit() {
    return unit;
  }

  boolean moreIsBetter() {
    return moreIsBetter;
  }
}
