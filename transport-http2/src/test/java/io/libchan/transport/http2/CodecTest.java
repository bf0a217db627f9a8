package io.libchan.transport.http2;

import static org.assertj.core.api.Assertions.assertThat;

import io.libchan.Limits;
import io.libchan.testkit.Waits;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalChannel;
import io.netty.channel.local.LocalIoHandler;
import io.netty.channel.local.LocalServerChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The codec on a connection whose buffer is soon full. */
final class CodecTest {
  private static final int PREFACE_BYTES = 24;
  private static final int DATA_BYTES = 100;

  /** HEADERS fit, and the head of the next frame no more; Netty counts 96 bytes for each part. */
  private static final int FULL_BYTES = 250;

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, LocalIoHandler.newFactory());
  private final ByteBuf written = Unpooled.buffer();

  @AfterEach
  void stop() {
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  /** RFC 9113, 4.1: the payload follows the head of its frame. */
  @Test
  void noFrameIsWrittenIntoTheMiddleOfAnother() throws Exception {
    Channel channel = connect();
    onLoop(
        () ->
            Codec.install(
                channel,
                "end",
                false,
                Http2Options.DEFAULTS,
                new FrameMeter(Limits.DEFAULTS),
                new ChannelInboundHandlerAdapter()));
    Http2StreamChannel one = open(channel);
    Http2StreamChannel two = open(channel);
    DefaultHttp2Headers head = new DefaultHttp2Headers();
    head.method("POST").path("/").scheme("http").authority("here");

    onLoop(
        () -> {
          channel.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER); // flushes wait for its end
          one.write(new DefaultHttp2HeadersFrame(head));
          channel.flush();
          one.write(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(new byte[DATA_BYTES])));
          two.write(new DefaultHttp2HeadersFrame(head));
          channel.flush();
          channel.pipeline().fireChannelReadComplete();
        });

    List<String> frames = new ArrayList<>();
    Waits.until("all is written", () -> all(frames));
    assertThat(frames).endsWith("HEADERS of 3", "HEADERS of 5", "DATA of 3");
  }

  /** Whether all came, and the frames that did. */
  private boolean all(List<String> frames) throws Exception {
    frames.clear();
    onLoop(() -> frames.addAll(frames(written.duplicate())));
    return frames.stream().filter(frame -> !frame.endsWith(" of 0")).count() == 3;
  }

  private Channel connect() throws Exception {
    LocalAddress address = new LocalAddress(CodecTest.class);
    new ServerBootstrap()
        .group(loop)
        .channel(LocalServerChannel.class)
        .childHandler(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelRead(ChannelHandlerContext ctx, Object message) {
                ByteBuf bytes = (ByteBuf) message;
                written.writeBytes(bytes);
                bytes.release();
              }
            })
        .bind(address)
        .sync();
    return new Bootstrap()
        .group(loop)
        .channel(LocalChannel.class)
        .option(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(1, FULL_BYTES))
        .handler(
            new io.netty.channel.ChannelInitializer<Channel>() {
              @Override
              protected void initChannel(Channel made) {
                made.pipeline().addLast("end", new ChannelInboundHandlerAdapter());
              }
            })
        .connect(address)
        .sync()
        .channel();
  }

  private static Http2StreamChannel open(Channel channel) throws Exception {
    return new Http2StreamChannelBootstrap(channel)
        .handler(new ChannelInboundHandlerAdapter())
        .open()
        .sync()
        .getNow();
  }

  private void onLoop(Step step) throws Exception {
    loop.submit(
            () -> {
              step.run();
              return null;
            })
        .sync();
  }

  @FunctionalInterface
  private interface Step {
    void run() throws Exception;
  }

  private static List<String> frames(ByteBuf all) {
    List<String> frames = new ArrayList<>();
    all.skipBytes(Math.min(PREFACE_BYTES, all.readableBytes()));
    while (all.isReadable()) {
      int length = all.readUnsignedMedium();
      byte type = all.readByte();
      all.skipBytes(1);
      String name =
          switch (type) {
            case Http2FrameTypes.DATA -> "DATA";
            case Http2FrameTypes.HEADERS -> "HEADERS";
            default -> "type " + type;
          };
      frames.add(name + " of " + all.readInt());
      all.skipBytes(length);
    }
    return frames;
  }
}
