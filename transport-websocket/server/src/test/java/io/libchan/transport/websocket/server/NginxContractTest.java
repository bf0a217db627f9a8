package io.libchan.transport.websocket.server;

/** The whole contract through nginx, which ends TLS. */
final class NginxContractTest extends ProxiedContract {
  NginxContractTest() {
    super(ReverseProxy.Kind.NGINX, true);
  }

  @Override
  public String codec() {
    return "msgpack";
  }
}
