package io.libchan.it.proxy;

/** The contract through Apache, with one request for all streams. */
final class ApacheContractTest extends ProxyContract {
  ApacheContractTest() {
    super(ProxyProgram.APACHE);
  }
}
