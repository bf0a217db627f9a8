package io.libchan.it;

import io.libchan.testkit.HostileContract;
import org.junit.jupiter.api.Nested;

final class HostileJsonTest {
  @Nested
  final class EngineListens extends HostileContract {
    @Override
    protected String codec() {
      return "json";
    }
  }

  @Nested
  final class EngineConnects extends HostileContract {
    @Override
    protected String codec() {
      return "json";
    }

    @Override
    protected boolean engineConnects() {
      return true;
    }
  }
}
