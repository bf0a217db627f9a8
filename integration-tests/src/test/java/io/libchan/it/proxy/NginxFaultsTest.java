package io.libchan.it.proxy;

import java.util.List;

/** nginx, with a request for each stream. */
final class NginxFaultsTest extends StreamsFaults {
  NginxFaultsTest() {
    super(ProxyProgram.NGINX);
  }

  @Override
  List<Edit> stockTimeouts() {
    long stock = scaledMillis(60);
    return List.of(
        new Edit("client_body_timeout 75s", "client_body_timeout " + stock + "ms"),
        new Edit("grpc_read_timeout 75s", "grpc_read_timeout " + stock + "ms"),
        new Edit("grpc_send_timeout 75s", "grpc_send_timeout " + stock + "ms"));
  }

  @Override
  Edit forbidden() {
    return new Edit("auth_basic libchan;", "deny all; auth_basic libchan;");
  }

  @Override
  List<Edit> fewRequestsPerConnection() {
    return List.of(new Edit("keepalive_requests 1000000", "keepalive_requests 1000"));
  }

  @Override
  int statusWithoutService() {
    return 502;
  }
}
