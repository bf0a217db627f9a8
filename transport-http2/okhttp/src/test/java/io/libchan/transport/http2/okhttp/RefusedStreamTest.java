package io.libchan.transport.http2.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Options;
import io.libchan.Reason;
import io.libchan.spi.ByteConnection;
import io.libchan.testkit.Rule;
import io.libchan.transport.http2.common.Carrier;
import io.libchan.transport.http2.common.requests.Target;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a server says about requests that it did not process. */
final class RefusedStreamTest {
  private final BlockingQueue<String> seen = new LinkedBlockingQueue<>();
  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private Channel listening;

  /** Refuses the first request, takes the second, and resets it after a byte. */
  private final class Server extends ChannelInboundHandlerAdapter {
    private int requests;

    @Override
    @SuppressWarnings("FutureReturnValueIgnored") // of writes; what arrives is looked at
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof Http2HeadersFrame head) {
        requests++;
        seen.add("ref " + head.headers().get("libchan-ref"));
      } else if (message instanceof Http2DataFrame data && requests == 1) {
        requests++;
        seen.add(new String(ByteBufUtil.getBytes(data.content()), StandardCharsets.US_ASCII));
        ctx.writeAndFlush(
            new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM).stream(data.stream()));
      } else if (message instanceof Http2DataFrame data) {
        seen.add(new String(ByteBufUtil.getBytes(data.content()), StandardCharsets.US_ASCII));
        ctx.write(
            new DefaultHttp2HeadersFrame(
                    new DefaultHttp2Headers().status("200").set("libchan-carrier", "streams"))
                .stream(data.stream()));
        ctx.write(
            new DefaultHttp2DataFrame(ByteBufUtil.writeAscii(ctx.alloc(), "x"))
                .stream(data.stream()));
        ctx.writeAndFlush(
            new DefaultHttp2ResetFrame(Http2Error.REFUSED_STREAM).stream(data.stream()));
      }
      ReferenceCountUtil.release(message);
    }
  }

  /** The engine's place: writes a text and keeps what it gets. */
  private static final class Text implements ByteConnection.Handler {
    private final ByteBuffer out = ByteBuffer.wrap("all of it".getBytes(StandardCharsets.US_ASCII));
    private final StringBuilder in = new StringBuilder();
    private final CompletableFuture<String> closed = new CompletableFuture<>();

    @Override
    public boolean fill(ByteBuffer target) {
      target.put(out);
      return false;
    }

    @Override
    public void received(ByteBuffer bytes) {
      in.append(StandardCharsets.US_ASCII.decode(bytes));
    }

    @Override
    public void closed(@Nullable IOException cause) {
      closed.complete(cause == null ? "in order" : "" + cause.getMessage());
    }
  }

  @BeforeEach
  void listen() throws Exception {
    listening =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(Http2FrameCodecBuilder.forServer().build(), new Server());
                  }
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
  }

  @AfterEach
  void close() throws Exception {
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }

  @Test
  @Rule("H2-19")
  void aRefusedStreamIsSentAgainWithItsBytesUntilAnAnswerHasBegun() throws Exception {
    int port = ((InetSocketAddress) listening.localAddress()).getPort();
    ClientSession session =
        new ClientSession(
            Target.of(URI.create("http://127.0.0.1:" + port)), Carrier.STREAMS, Options.DEFAULTS);
    session.connect();
    Text text = new Text();
    session.open().start(text);
    for (int i = 0; i < 2; i++) {
      assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("ref 1");
      assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("all of it");
    }
    assertThat(text.closed.get(20, TimeUnit.SECONDS)).contains("REFUSED_STREAM");
    assertThat(seen).isEmpty();
    session.close(Reason.END);
  }
}
