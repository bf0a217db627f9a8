package io.libchan.transport.http2;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.flush.FlushConsolidationHandler;

/**
 * Netty's HTTP/2 codec as this transport needs it: with the limits of the options, and a window of
 * the connection that is renewed on receipt. Netty's own renews it when the application reads, so
 * that one request which nobody reads would stop all the others.
 */
final class Codec extends Http2FrameCodecBuilder {
  static final int RESET_SECONDS = 30;
  private static final int FLUSHES = 256;

  private Codec(boolean server, Http2Options options) {
    Http2Connection connection = new DefaultHttp2Connection(server);
    connection
        .local()
        .flowController(
            new DefaultHttp2LocalFlowController(
                connection, DefaultHttp2LocalFlowController.DEFAULT_WINDOW_UPDATE_RATIO, true));
    connection(connection);
    Http2Settings settings =
        new Http2Settings()
            .initialWindowSize(options.streamWindowBytes())
            .maxHeaderListSize(options.maxHeaderListBytes());
    if (server) {
      settings.maxConcurrentStreams(options.maxConcurrentStreams());
    } else {
      settings.pushEnabled(false);
    }
    initialSettings(settings);
    gracefulShutdownTimeoutMillis(0);
    validateHeaders(true);
    validateRequiredPseudoHeaders(true);
    decoderEnforceMaxRstFramesPerWindow(options.maxResets(), RESET_SECONDS);
    encoderEnforceMaxRstFramesPerWindow(options.maxResets(), RESET_SECONDS);
    decoderEnforceMaxSmallContinuationFrames(options.maxContinuations());
    encoderEnforceMaxQueuedControlFrames(options.maxQueuedControlFrames());
  }

  /**
   * Puts HTTP/2 into the pipeline of an active channel, in front of the handler with this name. Our
   * half of the preface is on its way when this returns.
   *
   * @param requests takes what the peer opens
   */
  static void install(
      Channel channel,
      String before,
      boolean server,
      Http2Options options,
      FrameMeter meter,
      ChannelHandler requests)
      throws Http2Exception {
    Http2FrameCodec codec = new Codec(server, options).build();
    ChannelPipeline pipeline = channel.pipeline();
    pipeline.addBefore(before, "meter", meter);
    // What many requests write in one turn of the loop leaves in one write.
    pipeline.addBefore(before, "flush", new FlushConsolidationHandler(FLUSHES, true));
    pipeline.addBefore(before, "writability", new Writability());
    pipeline.addBefore(before, "http2", codec);
    pipeline.addBefore(before, "requests", new Http2MultiplexHandler(requests));
    widen(codec, pipeline.context(codec), options);
  }

  /** Ends a connection whose peer costs too much. On the event loop. */
  static void calm(Channel channel, String limit) {
    Http2FrameCodec codec = channel.pipeline().get(Http2FrameCodec.class);
    if (codec != null) {
      codec.onError(
          channel.pipeline().context(codec),
          false,
          Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, limit));
    }
  }

  /** Only now, as before the preface this would be lost on the wire. */
  private static void widen(
      Http2FrameCodec codec, ChannelHandlerContext context, Http2Options options)
      throws Http2Exception {
    Http2Connection connection = codec.connection();
    connection
        .local()
        .flowController()
        .incrementWindowSize(
            connection.connectionStream(),
            options.connectionWindowBytes() - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
    context.flush();
  }

  /** The name of an error code of HTTP/2. */
  static String name(long code) {
    Http2Error known = Http2Error.valueOf(code);
    return known == null ? "error " + code : known.name();
  }
}
