package io.libchan.transport.websocket.server;

/** The whole contract through HAProxy. */
final class HaproxyContractTest extends ProxiedContract {
  HaproxyContractTest() {
    super(ReverseProxy.Kind.HAPROXY, false);
  }

  @Override
  public String codec() {
    return "json";
  }
}
