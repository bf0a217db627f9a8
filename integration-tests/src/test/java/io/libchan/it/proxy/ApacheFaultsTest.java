package io.libchan.it.proxy;

import io.libchan.Session;
import io.libchan.testkit.Waits;
import java.util.List;

/** Apache, with one request for all streams. */
final class ApacheFaultsTest extends ProxyFaults {
  ApacheFaultsTest() {
    super(ProxyProgram.APACHE);
  }

  @Override
  List<Edit> stockTimeouts() {
    return List.of(new Edit("Timeout 75", "Timeout " + Math.max(1, scaledMillis(60) / 1000)));
  }

  @Override
  Edit forbidden() {
    return new Edit("Require valid-user", "Require all denied");
  }

  /** Its only request is lost. */
  @Override
  void expectAfterRestart(Session session) throws Exception {
    Waits.value(session.closed());
  }
}
