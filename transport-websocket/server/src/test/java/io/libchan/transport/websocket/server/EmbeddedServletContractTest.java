package io.libchan.transport.websocket.server;

import io.libchan.ChannelException;
import io.libchan.Listener;
import io.libchan.Options;
import io.libchan.SessionHandler;
import io.libchan.testkit.ChannelContract;

/** The whole contract with an endpoint in the Jetty server of an application. */
final class EmbeddedServletContractTest extends ChannelContract {
  @Override
  public String freshUri() {
    return "ws://127.0.0.1:0/app/chat";
  }

  @Override
  public String codec() {
    return "json";
  }

  @Override
  public Listener listen(String uri, Options options, SessionHandler handler)
      throws ChannelException, InterruptedException {
    return Embedded.listen(Embedded.Kind.SERVLET, uri, options, handler);
  }
}
