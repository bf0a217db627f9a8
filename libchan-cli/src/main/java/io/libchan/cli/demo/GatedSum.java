package io.libchan.cli.demo;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.cli.demo.Messages.Gated;
import io.libchan.cli.demo.Messages.Value;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A far receiver that receives nothing until its gate opens, and then sums up all it gets.
 *
 * <p>Thread-safe.
 */
record GatedSum(Channel<Value> gate, Sender<Value> numbers, Channel<Value> answer) {
  static GatedSum open(Session session, int capacity)
      throws ChannelException, InterruptedException {
    Channel<Value> gate = Channel.of(Value.class);
    Channel<Value> numbers = Channel.of(Value.class, capacity);
    Channel<Value> answer = Channel.of(Value.class);
    try (Sender<Gated> wishes = session.open("gated", Gated.class)) {
      wishes.send(new Gated(gate.receiver(), numbers.receiver(), answer.sender()));
    }
    return new GatedSum(gate, numbers.sender(), answer);
  }

  /** Sends a number if there is room within the time-out. */
  boolean offer(Value number, Duration timeout) throws ChannelException, InterruptedException {
    try {
      numbers.send(number, timeout);
      return true;
    } catch (TimeoutException e) {
      return false;
    }
  }

  void openGate() throws ChannelException, InterruptedException {
    gate.sender().send(new Value(0));
    gate.sender().close();
  }

  @Nullable Value sum() throws ChannelException, InterruptedException {
    return answer.receiver().receive();
  }
}
