package io.libchan.stress;

import io.libchan.spi.Ends;
import io.libchan.spi.Rejoined;
import io.libchan.spi.StreamContext;

/**
 * Channels through which so much has gone already that they have a passage from the first message.
 */
final class SteadyChannel {
  private static final int MUCH = 1000;

  private SteadyChannel() {}

  static Ends.Pair<Integer> of(int capacity) {
    Rejoined<Integer> channel = new Rejoined<>(Integer.class, capacity, StreamContext.NONE);
    channel.resumeAfter(MUCH, MUCH);
    channel.begin(0);
    return new Ends.Pair<>(Ends.sender(channel.sending()), Ends.receiver(channel.receiving()));
  }
}
