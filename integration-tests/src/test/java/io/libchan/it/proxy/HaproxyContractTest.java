package io.libchan.it.proxy;

/** The contract through HAProxy, with a request for each stream. */
final class HaproxyContractTest extends ProxyContract {
  HaproxyContractTest() {
    // Tests leave their ports and come back before a check has seen it.
    super(ProxyProgram.HAPROXY, new Edit(" check inter 2s", ""));
  }
}
