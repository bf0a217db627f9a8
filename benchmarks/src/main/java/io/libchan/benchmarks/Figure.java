package io.libchan.benchmarks;

/** What is reported, one table each. */
enum Figure {
  ONE_WAY("One-way, one sender and one receiver", "records/s", true),
  ALLOCATION("Allocated for one record one-way, both ends, beyond the record", "bytes", false),
  PING_PONG_P50("Ping-pong on one open stream, p50", "us", false),
  PING_PONG_P99("Ping-pong on one open stream, p99", "us", false),
  PING_PONG_P999("Ping-pong on one open stream, p99.9", "us", false),
  REQUESTS_8("8 outstanding on one stream each way", "requests/s", true),
  REQUESTS_64("64 outstanding on one stream each way", "requests/s", true),
  OPENS("Open + 1 record + reply + close, one after the other", "per s", true),
  OPENS_8("Open + 1 record + reply + close, 8 at once", "per s", true),
  OPENS_64("Open + 1 record + reply + close, 64 at once", "per s", true),
  BULK("Bulk on one stream, writes of 64 KiB", "MiB/s", true),
  SIZE_16("Messages of 16 B", "messages/s", true),
  SIZE_256("Messages of 256 B", "messages/s", true),
  SIZE_4K("Messages of 4 KiB", "messages/s", true),
  SIZE_64K("Messages of 64 KiB", "messages/s", true),
  SIZE_1M("Messages of 1 MiB", "messages/s", true),
  SIZE_16M("Messages of 16 MiB", "messages/s", true),
  STREAMS_1("One-way on 1 channel of one session", "records/s", true),
  STREAMS_100(
      "One-way on 100 channels of one session, 16 records on each in turn", "records/s", true),
  STREAMS_10000(
      "One-way on 10,000 channels of one session, 16 records on each in turn", "records/s", true),
  HEAP("Heap for one idle stream that has carried a record each way, both ends", "bytes", false),
  FILE_LARGE("A file of 64 MiB sent and read", "MiB/s", true),
  FILE_SMALL("A file of 4 KiB sent and read", "files/s", true),
  BUFFERED("Capacity 1024, one sender and one receiver", "messages/s", true),
  RENDEZVOUS("Rendezvous, one sender and one receiver", "messages/s", true),
  CODEC("Encode and decode", "ns", false),
  ENCODE("Encode", "ns", false),
  DECODE("Decode", "ns", false);

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
