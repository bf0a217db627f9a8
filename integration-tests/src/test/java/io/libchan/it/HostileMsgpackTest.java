package io.libchan.it;

import io.libchan.testkit.HostileContract;
import org.junit.jupiter.api.Nested;

final class HostileMsgpackTest {
  @Nested
  final class EngineListens extends HostileContract {
    @Override
    protected String codec() {
      return "msgpack";
    }
  }

  @Nested
  final class EngineConnects extends HostileContract {
    @Override
    protected String codec() {
      return "msgpack";
    }

    @Override
    protected boolean engineConnects() {
      return true;
    }
  }
}
