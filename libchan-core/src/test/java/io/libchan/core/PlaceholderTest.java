package io.libchan.core;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Shows that JUnit and jqwik both run here; goes when the first real test comes. */
class PlaceholderTest {
  @Test
  void engineIsOnTheClassPath() {
    assertThat(Placeholder.class.getModule().isNamed()).isFalse();
  }

  @Property(tries = 10)
  boolean propertiesRun(@ForAll int number) {
    return Integer.valueOf(number).equals(number);
  }
}
