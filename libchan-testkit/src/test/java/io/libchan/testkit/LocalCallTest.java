package io.libchan.testkit;

import io.libchan.Channel;
import io.libchan.TypeRef;

/** Calls inside one process, without sessions. */
final class LocalCallTest extends CallContract {
  @Override
  protected <T> ChannelPair<T> channel(TypeRef<T> type, int capacity) {
    Channel<T> channel = Channel.of(type, capacity);
    return new ChannelPair<>(channel.sender(), channel.receiver());
  }
}
