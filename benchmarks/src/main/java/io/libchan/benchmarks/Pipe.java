package io.libchan.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.io.IOException;
import java.util.ArrayDeque;
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
  private final boolean eager;
  private final Runnable resume = this::resume;
  private final ArrayDeque<ByteBuf> unread = new ArrayDeque<>();
  private int lengthBytes; // of the length in work, how many were read
  private int length;
  private byte @Nullable [] body;
  private int filled;
  private @Nullable T refused; // the inbox was full: reading stops until this one is in

  /** Puts {@code arrival.apply(this, body)} into the inbox for each body that arrives. */
  Pipe(Channel channel, Inbox<T> inbox, int capacity, BiFunction<Pipe<T>, byte[], T> arrival) {
    this.channel = channel;
    this.inbox = inbox;
    this.arrival = arrival;
    this.outbox = new Outbox(channel, capacity);
    this.eager = isEager(capacity);
  }

  /** Of records there are many in one read, so waking at once costs little and gains time. */
  static boolean isEager(int capacity) {
    return capacity > 64;
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
    unread.add((ByteBuf) message);
    deliver();
    if (eager) {
      inbox.signal();
    }
  }

  /** Of chunks, one wake-up for all that one turn of the loop has read. */
  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    inbox.signal();
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
    for (ByteBuf in = unread.peek(); in != null && refused == null; in = unread.peek()) {
      byte[] whole = read(in);
      if (whole != null) {
        deliver(whole);
      } else {
        unread.remove().release();
      }
    }
  }

  private void deliver(byte[] body) {
    T item = arrival.apply(this, body);
    if (!inbox.offer(item, resume)) {
      refused = item;
      channel.config().setAutoRead(false);
      inbox.signal();
    }
  }

  private void resume() {
    T item = refused;
    if (item != null && inbox.offer(item, resume)) {
      refused = null;
      channel.config().setAutoRead(true);
      deliver();
      inbox.signal();
    }
  }

  /** The next whole body; null if these bytes end before it does. */
  private byte @Nullable [] read(ByteBuf in) {
    if (body == null && !readLength(in)) {
      return null;
    }
    int count = Math.min(length - filled, in.readableBytes());
    in.readBytes(body, filled, count);
    filled += count;
    if (filled < length) {
      return null;
    }
    byte[] whole = body;
    body = null;
    return whole;
  }

  private boolean readLength(ByteBuf in) {
    if (lengthBytes == 0 && in.readableBytes() >= Integer.BYTES) {
      length = in.readInt();
      lengthBytes = Integer.BYTES;
    }
    while (lengthBytes < Integer.BYTES && in.isReadable()) {
      length = length << Byte.SIZE | in.readByte() & 0xff;
      lengthBytes++;
    }
    if (lengthBytes < Integer.BYTES) {
      return false;
    }
    lengthBytes = 0;
    body = new byte[length];
    filled = 0;
    return true;
  }

  private void releaseUnread() {
    for (ByteBuf in = unread.poll(); in != null; in = unread.poll()) {
      in.release();
    }
  }
}
