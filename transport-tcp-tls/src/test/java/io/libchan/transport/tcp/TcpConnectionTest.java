package io.libchan.transport.tcp;

import io.libchan.Options;
import io.libchan.testkit.ByteConnectionContract;
import io.libchan.testkit.Certificates;
import io.libchan.testkit.Duo;
import io.libchan.tls.TlsOptions;
import io.libchan.transport.netty.TcpOptions;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Each kind of socket this module makes. */
@ExtendWith(Leftovers.class)
@ParameterizedClass
@EnumSource(TcpConnectionTest.Kind.class)
final class TcpConnectionTest extends ByteConnectionContract {
  enum Kind {
    TCP,
    TCP_NIO,
    TLS
  }

  @Parameter Kind kind;

  private MultiThreadIoEventLoopGroup own;

  @Override
  protected Options.Builder options() {
    TcpOptions.Builder tcp = TcpOptions.builder();
    if (kind == Kind.TCP_NIO) {
      own = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
      tcp.eventLoops(own);
    }
    return Options.builder()
        .with(tcp.build())
        .with(isTls() ? Certificates.mutual() : TlsOptions.DEFAULTS);
  }

  @Override
  protected void release() throws Exception {
    if (own != null) {
      own.shutdownGracefully(0, 5, TimeUnit.SECONDS).await();
    }
  }

  @Override
  protected String scheme() {
    return isTls() ? "tls" : "tcp";
  }

  @Override
  protected Duo listen(String uri, Options options) throws Exception {
    return Duos.listen(uri, options);
  }

  @Override
  protected boolean isTls() {
    return kind == Kind.TLS;
  }

  @Override
  protected void upgrade(Socket socket) {}

  @Override
  protected boolean losesNothingWhenBothClose() {
    return true;
  }

  @Override
  protected long muchBytes() {
    return kind == Kind.TCP ? 256L << 20 : 64L << 20;
  }
}
