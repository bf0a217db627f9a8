package io.libchan.it.proxy;

/** The contract through nginx, with a request for each stream. */
final class NginxContractTest extends ProxyContract {
  NginxContractTest() {
    super(ProxyProgram.NGINX);
  }
}
