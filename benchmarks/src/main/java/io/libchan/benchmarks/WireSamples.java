package io.libchan.benchmarks;

import com.google.protobuf.ByteString;
import io.libchan.benchmarks.wire.WireSample;

/**
 * Between a record and its protobuf message, as a program does that keeps the two apart.
 * Thread-safe.
 */
final class WireSamples {
  private WireSamples() {}

  static WireSample toWire(Sample sample) {
    return WireSample.newBuilder()
        .setId(sample.id())
        .setName(sample.name())
        .setWeight(sample.weight())
        .setLevel(sample.level())
        .setPayload(ByteString.copyFrom(sample.payload()))
        .build();
  }

  static Sample fromWire(WireSample wire) {
    return new Sample(
        wire.getId(),
        wire.getName(),
        wire.getWeight(),
        wire.getLevel(),
        wire.getPayload().toByteArray());
  }
}
