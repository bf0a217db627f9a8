package io.libchan.stress;

import io.libchan.ChannelException;
import io.libchan.Select;
import io.libchan.spi.Ends;
import java.util.concurrent.TimeUnit;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A channel in one process is linearizable: whatever its users do at the same time, there is an
 * order in which they could have done it one after the other. A select of one clause is one user
 * more.
 *
 * <p>Public, as Lincheck makes instances.
 */
@Timeout(value = 60, unit = TimeUnit.MINUTES)
public class ChannelLincheckTest {
  private static final int SCALE = Integer.getInteger("libchan.stress.scale", 1);

  private final Ends.Pair<Integer> channel = channel();

  /** The channel under test. */
  Ends.Pair<Integer> channel() {
    return Ends.memory(Integer.class, 2);
  }

  @Operation
  public boolean trySend(@Param(gen = IntGen.class) int message) throws ChannelException {
    return channel.sender().trySend(message);
  }

  @Operation
  public Integer poll() throws ChannelException {
    return channel.receiver().poll();
  }

  @Operation
  public boolean selectToSend(@Param(gen = IntGen.class) int message) throws Exception {
    boolean[] sent = {false};
    Select.select().send(channel.sender(), message, () -> sent[0] = true).orElse(() -> {}).run();
    return sent[0];
  }

  @Operation
  public Integer selectToReceive() throws Exception {
    Integer[] received = {null};
    Select.select()
        .receive(channel.receiver(), message -> received[0] = message)
        .orElse(() -> {})
        .run();
    return received[0];
  }

  @Test
  @EnabledIfSystemProperty(
      named = "libchan.stress.scale",
      matches = "[0-9]{2,}",
      disabledReason = "slow; -Pstress")
  void isLinearizableInEveryInterleavingTried() {
    new ModelCheckingOptions()
        .iterations(4)
        .invocationsPerIteration(3 * SCALE)
        .threads(3)
        .actorsPerThread(2)
        .check(getClass());
  }

  @Test
  void isLinearizableUnderStress() {
    new StressOptions()
        .iterations(5)
        .invocationsPerIteration(200 * SCALE)
        .threads(3)
        .actorsPerThread(3)
        .check(getClass());
  }
}
