package io.libchan.testkit;

import io.libchan.spi.Ends;
import io.libchan.spi.Rejoined;
import io.libchan.spi.StreamContext;
import org.junit.jupiter.api.Nested;

/**
 * A channel without a session through which much has gone already: from the first message on its
 * queue is a ring, which most of them pass without a lock.
 */
final class SteadyChannelTest extends MessageContract {
  private static final int MUCH = 1000;

  @Override
  protected ChannelPair<Note> channel(int capacity) {
    Rejoined<Note> channel = new Rejoined<>(Note.class, capacity, StreamContext.NONE);
    channel.resumeAfter(MUCH, MUCH);
    channel.begin(0);
    return new ChannelPair<>(Ends.sender(channel.sending()), Ends.receiver(channel.receiving()));
  }

  @Nested
  final class Selects extends SelectContract {
    @Override
    protected ChannelPair<Note> channel(int capacity) {
      return SteadyChannelTest.this.channel(capacity);
    }
  }
}
