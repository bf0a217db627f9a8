package io.libchan.transport.spdy;

import io.libchan.Limits;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.MuxConnection;
import io.libchan.transport.netty.sockets.Failures;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyHeadersFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyProtocolException;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySettingsFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyWindowUpdateFrame;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** What comes from the socket: frames, ends and errors. Used on the event loop only. */
final class Inbound extends ChannelInboundHandlerAdapter {
  private final SpdyConnection connection;
  private final Streams streams;
  private final Channel channel;
  private final Guard guard;
  private MuxConnection.@Nullable Handler handler;
  private boolean peerGoes;
  private boolean broken;

  Inbound(SpdyConnection connection, Streams streams, Channel channel, Limits limits) {
    this.connection = connection;
    this.streams = streams;
    this.channel = channel;
    guard = new Guard(limits);
  }

  void start(MuxConnection.Handler value) {
    handler = value;
  }

  /** Whether the peer said that it closes the session. */
  boolean peerGoes() {
    return peerGoes;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE || event == SslCloseCompletionEvent.SUCCESS) {
      connection.peerEnded();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object frame) {
    MuxConnection.Handler to = handler;
    try {
      if (to != null && !broken) {
        connection.heard();
        Reason wrong = read(frame, to);
        if (wrong != null) {
          fail(wrong);
        }
      }
    } catch (RuntimeException e) {
      fail(Reason.of(ReasonCode.INTERNAL, "the handler failed: " + e));
    } finally {
      ReferenceCountUtil.release(frame);
    }
  }

  private void fail(Reason why) {
    broken = true;
    connection.broken(why);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    streams.turn();
    channel.flush();
  }

  /** One frame; the reason if the session can't go on. */
  private @Nullable Reason read(Object frame, MuxConnection.Handler to) {
    if (frame instanceof SpdyDataFrame data) {
      if (streams.data(data)) {
        guard.moved();
        return null;
      }
      return guard.idle();
    }
    if (frame instanceof SpdyHeadersFrame headers
        && (headers.isInvalid() || headers.isTruncated())) {
      return Reason.of(ReasonCode.PROTOCOL_ERROR, "SPDY-6: headers are malformed or too long");
    }
    if (frame instanceof SpdySynStreamFrame syn) {
      Reason flood = guard.idle();
      return flood != null ? flood : streams.opened(syn, to);
    }
    if (frame instanceof SpdySynReplyFrame reply) {
      if (reply.isLast()) {
        streams.ended(reply.streamId());
      }
    } else if (frame instanceof SpdyRstStreamFrame reset) {
      streams.resetByPeer(reset.streamId(), reset.status().code());
    } else if (frame instanceof SpdyPingFrame ping) {
      return pinged(ping);
    } else if (frame instanceof SpdyGoAwayFrame) {
      peerGoes = true;
      connection.peerGoes();
    } else if (frame instanceof SpdySettingsFrame settings) {
      settings(settings);
    } else if (frame instanceof SpdyWindowUpdateFrame update) {
      streams.hasWindows();
      Reason wrong = streams.renewed(update.streamId(), update.deltaWindowSize());
      return wrong != null ? wrong : guard.idle();
    }
    return guard.idle();
  }

  private @Nullable Reason pinged(SpdyPingFrame ping) {
    if (connection.isOurs(ping.id())) {
      return guard.idle();
    }
    Reason flood = guard.ping();
    if (flood == null) {
      channel.write(new DefaultSpdyPingFrame(ping.id()));
    }
    return flood;
  }

  private void settings(SpdySettingsFrame settings) {
    streams.hasWindows();
    int first = settings.getValue(SpdySettingsFrame.SETTINGS_INITIAL_WINDOW_SIZE);
    if (first >= 0) {
      streams.firstWindow(first);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable()) {
      streams.wake();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
    if (error instanceof SpdyProtocolException || error instanceof DecoderException) {
      fail(
          Reason.of(ReasonCode.PROTOCOL_ERROR, "SPDY-6: a malformed frame: " + error.getMessage()));
      return;
    }
    String text = "the connection was lost: " + Failures.broken(error).getMessage();
    connection.lose(Reason.of(ReasonCode.CONNECTION_LOST, text));
    io.libchan.transport.netty.sockets.Linger.cut(channel);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    connection.inactive();
  }
}
