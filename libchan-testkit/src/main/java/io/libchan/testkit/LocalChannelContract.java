package io.libchan.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.libchan.Channel;
import io.libchan.TypeRef;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/**
 * A channel without a session does with messages what every other does, and hands over references.
 *
 * <p>Not thread-safe: tests run one after the other.
 */
public abstract class LocalChannelContract extends MessageContract {
  /** For subclasses. */
  protected LocalChannelContract() {}

  @Override
  protected ChannelPair<Note> channel(int capacity) {
    Channel<Note> channel = Channel.of(Note.class, capacity);
    return new ChannelPair<>(channel.sender(), channel.receiver());
  }

  @Nested
  final class Selects extends SelectContract {
    @Override
    protected ChannelPair<Note> channel(int capacity) {
      return LocalChannelContract.this.channel(capacity);
    }
  }

  @Test
  void aMessageIsHandedOverAsItIs() throws Exception {
    Channel<Object> channel = Channel.of(Object.class);
    Object message = new Object();
    channel.sender().send(message);
    assertThat(ChannelPair.next(channel.receiver())).isSameAs(message);
  }

  @Test
  void aGenericTypeIsKept() {
    Channel<List<Note>> channel = Channel.of(new TypeRef<List<Note>>() {}, 3);
    assertThat(channel.sender().type().getTypeName())
        .isEqualTo("java.util.List<" + Note.class.getName() + ">");
    assertThat(channel.receiver().capacity()).isEqualTo(3);
  }

  @Test
  void aCapacityOutOfBoundsIsRefused() {
    assertThatThrownBy(() -> Channel.of(Note.class, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Channel.of(Note.class, Channel.MAX_CAPACITY + 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(Channel.of(Note.class, Channel.MAX_CAPACITY).sender().capacity())
        .isEqualTo(Channel.MAX_CAPACITY);
  }

  @Test
  void aChannelHasTheDefaultCapacityWhereNoneIsGiven() {
    assertThat(Channel.of(Note.class).sender().capacity()).isEqualTo(Channel.DEFAULT_CAPACITY);
  }
}
