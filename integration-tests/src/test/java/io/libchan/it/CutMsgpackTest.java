package io.libchan.it;

import io.libchan.testkit.CutContract;
import io.libchan.testkit.Subject;
import java.util.UUID;
import org.junit.jupiter.api.Nested;

final class CutMsgpackTest {
  private record Over(String freshUri) implements Subject {
    @Override
    public String codec() {
      return "msgpack";
    }
  }

  @Nested
  final class Inmem extends CutContract {
    @Override
    protected Subject subject() {
      return new Over("inmem:" + UUID.randomUUID());
    }
  }

  @Nested
  final class Tcp extends CutContract {
    @Override
    protected Subject subject() {
      return new Over("tcp://127.0.0.1:0");
    }
  }
}
