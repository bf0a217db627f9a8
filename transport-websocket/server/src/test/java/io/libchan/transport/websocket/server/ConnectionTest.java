package io.libchan.transport.websocket.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Options;
import io.libchan.testkit.ByteConnectionContract;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.Duo;
import io.libchan.testkit.Leaks;
import io.libchan.tls.TlsOptions;
import java.net.Socket;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Both kinds of WebSocket. */
@ExtendWith(Leaks.class)
@ParameterizedClass
@EnumSource(ConnectionTest.Kind.class)
final class ConnectionTest extends ByteConnectionContract {
  enum Kind {
    WS,
    WSS
  }

  @Parameter Kind kind;

  @Override
  protected Options.Builder options() {
    return Options.builder().with(isTls() ? Certificates.mutual() : TlsOptions.DEFAULTS);
  }

  @Override
  protected String scheme() {
    return isTls() ? "wss" : "ws";
  }

  @Override
  protected Duo listen(String uri, Options options) throws Exception {
    return Duos.listen(uri, options);
  }

  @Override
  protected boolean isTls() {
    return kind == Kind.WSS;
  }

  @Override
  protected void upgrade(Socket socket) throws Exception {
    assertThat(RawPeer.ask(socket, "/", "Sec-WebSocket-Protocol: libchan.v1").head)
        .startsWith("HTTP/1.1 101");
  }

  /** No: what is not written when the peer's close frame comes stays unwritten. RFC 6455 §5.5.1. */
  @Override
  protected boolean losesNothingWhenBothClose() {
    return false;
  }

  @Override
  protected long muchBytes() {
    return isTls() ? 32L << 20 : 64L << 20;
  }
}
