package io.libchan.stress;

import io.libchan.spi.Ends;

/** As its parent, for a channel in steady use: its queue is a ring, passed without a lock. */
public class SteadyChannelLincheckTest extends ChannelLincheckTest {
  @Override
  Ends.Pair<Integer> channel() {
    return SteadyChannel.of(2);
  }
}
