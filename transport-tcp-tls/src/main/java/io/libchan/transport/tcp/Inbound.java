package io.libchan.transport.tcp;

import io.libchan.spi.ByteConnection.Handler;
import io.libchan.transport.netty.sockets.LoopPoll;
import io.libchan.transport.netty.sockets.TlsErrors;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** What comes from the socket: bytes, ends and errors. Used on the event loop only. */
final class Inbound extends ChannelInboundHandlerAdapter {
  private static final System.Logger LOG = System.getLogger(Inbound.class.getName());

  private final SocketConnection connection;
  private final Channel channel;
  private final boolean tls;

  /** What came with the last bytes of the handshake; little, as reading stops then. */
  private final Queue<ByteBuffer> early = new ArrayDeque<>();

  private @Nullable Handler handler;
  private @Nullable LoopPoll poll;
  private int read; // bytes, since reading was complete
  private boolean closeNotified;
  private boolean inactive;
  private boolean told;

  Inbound(SocketConnection connection, Channel channel, boolean tls) {
    this.connection = connection;
    this.channel = channel;
    this.tls = tls;
  }

  /** Hands over what is there and starts reading. */
  void start(Handler value) {
    handler = value;
    poll = LoopPoll.here();
    for (ByteBuffer bytes = early.poll(); bytes != null; bytes = early.poll()) {
      deliver(value, Unpooled.wrappedBuffer(bytes));
    }
    tellAll(value);
    if (inactive) {
      tellClosed();
    } else {
      channel.config().setAutoRead(true);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (!(message instanceof ByteBuf bytes) || connection.cause() != null) {
      ReferenceCountUtil.release(message);
    } else if (handler == null) {
      keep(bytes);
    } else {
      read += bytes.readableBytes();
      deliver(handler, bytes);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    int bytes = read;
    read = 0;
    if (handler != null && bytes > 0) {
      tellAll(handler);
    }
    if (poll != null && bytes > 0) {
      poll.read(bytes);
    }
  }

  private void keep(ByteBuf bytes) {
    if (!connection.endedInOrder()) {
      ByteBuffer copy = ByteBuffer.allocate(bytes.readableBytes());
      bytes.readBytes(copy);
      early.add(copy.flip());
    }
    bytes.release();
  }

  private void deliver(Handler to, ByteBuf bytes) {
    try {
      if (bytes.nioBufferCount() == 1) {
        to.receivedSome(bytes.nioBuffer());
      } else {
        for (ByteBuffer part : bytes.nioBuffers()) {
          to.receivedSome(part);
        }
      }
    } catch (RuntimeException | Error e) {
      handlerFailed(e);
    } finally {
      bytes.release();
    }
  }

  private void tellAll(Handler to) {
    try {
      to.receivedAll();
    } catch (RuntimeException | Error e) {
      handlerFailed(e);
    }
  }

  private void handlerFailed(Throwable error) {
    connection.fail(new IOException("the handler failed: " + error, error));
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == SslCloseCompletionEvent.SUCCESS) {
      closeNotified = true;
      connection.peerEnded();
    } else if (event == ChannelInputShutdownEvent.INSTANCE) {
      if (!tls || closeNotified) {
        connection.peerEnded();
      } else {
        connection.fail(TlsErrors.truncated());
      }
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    connection.outbound().writabilityChanged();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
    failed(error);
  }

  /** The socket or TLS failed, seen by a write or by anything else. */
  void failed(Throwable error) {
    if (error instanceof ClosedChannelException && !channel.isOpen()) {
      return; // what was still to be written when the channel closed, whyever it did
    }
    connection.broke(TlsErrors.afterHandshake(error));
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    inactive = true;
    tellClosed();
  }

  private void tellClosed() {
    if (told || handler == null) {
      return;
    }
    told = true;
    try {
      handler.closed(outcome());
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "the handler of a connection failed", e);
    }
  }

  private @Nullable IOException outcome() {
    if (connection.cause() != null || connection.endedInOrder()) {
      return connection.cause();
    }
    return new IOException("the connection broke: it is gone, and the peer had not ended it");
  }
}
