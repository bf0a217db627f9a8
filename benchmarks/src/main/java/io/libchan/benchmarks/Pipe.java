package io.libchan.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.io.IOException;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection that carries byte arrays between two user threads. The wire is a length and a
 * body; an empty body says that no more follows.
 *
 * <p>{@code send} is for one thread, {@code receive} too; the rest belongs to the event loop.
 */
final class Pipe<T> extends ChannelInboundHandlerAdapter {
  static final int BODY_BYTES = 100;
  static final int FRAME_BYTES = Integer.BYTES + BODY_BYTES;
  static final byte[] END = new byte[0];

  private final Channel channel;
  private final Inbox<T> inbox;
  private final BiFunction<Pipe<T>, byte[], T> arrival;
  private final Outbox outbox;
  private final Runnable resume = this::resume;
  private @Nullable ByteBuf unread;
  private @Nullable T refused; // the inbox was full: reading stops until this one is in

  /** Puts {@code arrival.apply(this, body)} into the inbox for each body that arrives. */
  Pipe(Channel channel, Inbox<T> inbox, int capacity, BiFunction<Pipe<T>, byte[], T> arrival) {
    this.channel = channel;
    this.inbox = inbox;
    this.arrival = arrival;
    this.outbox = new Outbox(channel, capacity);
  }

  void send(byte[] body) throws IOException, InterruptedException {
    outbox.put(body);
  }

  T receive() throws IOException, InterruptedException {
    return inbox.take();
  }

  /** Returns when the connection is closed. */
  void close() {
    channel.close().awaitUninterruptibly();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf more = (ByteBuf) message;
    unread =
        unread == null
            ? more
            : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(context.alloc(), unread, more);
    deliver();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    outbox.writabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    releaseUnread();
    outbox.wakeSender();
    inbox.signal();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }

  private void deliver() {
    while (refused == null && unread != null && holdsFrame(unread)) {
      deliver(body(unread));
    }
    if (unread != null && !unread.isReadable()) {
      releaseUnread();
    }
    inbox.signal();
  }

  private void deliver(byte[] body) {
    T item = arrival.apply(this, body);
    if (!inbox.offer(item, resume)) {
      refused = item;
      channel.config().setAutoRead(false);
    }
  }

  private void resume() {
    T item = refused;
    if (item != null && inbox.offer(item, resume)) {
      refused = null;
      channel.config().setAutoRead(true);
      deliver();
    }
  }

  private static boolean holdsFrame(ByteBuf in) {
    return in.readableBytes() >= Integer.BYTES
        && in.readableBytes() - Integer.BYTES >= in.getInt(in.readerIndex());
  }

  private static byte[] body(ByteBuf in) {
    byte[] body = new byte[in.readInt()];
    in.readBytes(body);
    return body;
  }

  private void releaseUnread() {
    if (unread != null) {
      unread.release();
      unread = null;
    }
  }
}
