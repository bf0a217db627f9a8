package io.libchan.core.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator can fail: each planted defect turns it red. */
final class PlantedDefectsTest {
  private static final long SEEDS = 1_000;

  @ParameterizedTest
  @EnumSource(value = Defect.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void isFound(Defect defect) {
    long seed = 1;
    Simulation.Result result = Simulation.run(seed, false, defect);
    while (!defect.isSeenIn(result) && seed < SEEDS) {
      result = Simulation.run(++seed, false, defect);
    }
    assertThat(defect.isSeenIn(result)).as("%s in %d seeds", defect, SEEDS).isTrue();
    System.out.printf("planted %s: found at seed %d, %s%n", defect, seed, result.violation());
  }
}
