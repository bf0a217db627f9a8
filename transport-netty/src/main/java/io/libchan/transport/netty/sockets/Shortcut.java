package io.libchan.transport.netty.sockets;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.libchan.spi.ByteConnection.Handler;
import io.libchan.spi.WriterTurn;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.unix.Socket;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The short way into a socket: a sender's own thread writes what there is, which saves waking the
 * event loop. Only where epoll's socket takes the bytes as they are, on loops of ours, and only
 * after a pause: of what is sent in a stream, a batch is to become one write.
 *
 * <p>The event loop closes the socket, and the number of a closed descriptor belongs to the next
 * socket at once. So {@link #writing} guards the descriptor, too: whatever closes the channel
 * passes here before, by the pipeline, or by an event that Netty tells before it closes past the
 * pipeline. What is left, the end of the loop itself, comes after that of all its channels.
 *
 * <p>First in the pipeline. {@link #write} is for any thread but the event loop, the rest for the
 * event loop.
 */
final class Shortcut extends ChannelDuplexHandler {
  /** What is sent sooner is taken for a stream. About as long as waking the loop may take. */
  private static final long PAUSE_NANOS = 50_000;

  private static final int BYTES = 8 * 1024;

  private final Channel channel;
  private final Socket socket;

  /** Whoever holds it is the one who asks the engine for bytes, and writes them. */
  private final ReentrantLock writing = new ReentrantLock();

  /** The event loop found the role taken. */
  private volatile boolean loopWaits;

  @GuardedBy("writing")
  private @Nullable Handler handler;

  /** Nothing is left in Netty's hands, and the socket is not being closed. */
  @GuardedBy("writing")
  private boolean open;

  @GuardedBy("writing")
  private boolean closed;

  /** What the socket did not take. It goes before all else. */
  @GuardedBy("writing")
  private @Nullable ByteBuf rest;

  @GuardedBy("writing")
  private @Nullable IOException failure;

  @GuardedBy("writing")
  private long lastWrite;

  private Shortcut(EpollSocketChannel channel) {
    this.channel = channel;
    this.socket = (Socket) channel.fd();
  }

  /** A way into the socket of a channel whose bytes nothing changes; null if there is none. */
  static @Nullable Shortcut into(Channel channel) {
    if (!Sockets.isEpoll(channel) || !Loops.areOurs(channel.eventLoop())) {
      return null;
    }
    Shortcut shortcut = new Shortcut((EpollSocketChannel) channel);
    channel.pipeline().addFirst("shortcut", shortcut);
    return shortcut;
  }

  // ---- a sender's thread ----

  /**
   * Writes on this thread if nobody else does and it pays.
   *
   * @param looks called before the engine is asked for bytes
   * @return false if the event loop is to go on
   */
  boolean write(Runnable looks) {
    if (writing.isHeldByCurrentThread() || channel.eventLoop().inEventLoop()) {
      return false; // the engine calls from a write
    }
    if (!writing.tryLock()) {
      return false;
    }
    boolean done = false;
    try {
      if (isFree() && WriterTurn.begin()) {
        try {
          done = writeOnce(looks);
        } finally {
          WriterTurn.end();
        }
      }
    } finally {
      writing.unlock();
    }
    return done && !loopWaits;
  }

  @GuardedBy("writing")
  private boolean isFree() {
    return open && System.nanoTime() - lastWrite >= PAUSE_NANOS;
  }

  @GuardedBy("writing")
  private boolean writeOnce(Runnable looks) {
    Handler from = handler;
    if (from == null) {
      return false;
    }
    ByteBuf bytes = null;
    try {
      bytes = channel.alloc().directBuffer(BYTES, BYTES);
      looks.run();
      ByteBuffer target = bytes.nioBuffer(0, BYTES);
      boolean more = from.fill(target);
      bytes.writerIndex(target.position());
      return send(bytes) && !more;
    } catch (IOException e) {
      return fail(e);
    } catch (RuntimeException | Error e) {
      return fail(new IOException("the handler failed: " + e, e));
    } finally {
      ReferenceCountUtil.release(bytes);
      lastWrite = System.nanoTime();
    }
  }

  /** Whether the socket took it all; else the event loop goes on with the rest. */
  @GuardedBy("writing")
  private boolean send(ByteBuf bytes) throws IOException {
    if (!bytes.isReadable()) {
      return true;
    }
    int sent =
        bytes.hasMemoryAddress()
            ? socket.sendAddress(bytes.memoryAddress(), bytes.readerIndex(), bytes.writerIndex())
            : socket.send(bytes.nioBuffer(), 0, bytes.readableBytes());
    bytes.skipBytes(sent);
    if (bytes.isReadable()) {
      open = false;
      rest = bytes.retain();
      return false;
    }
    return true;
  }

  /** The event loop tells it. */
  @GuardedBy("writing")
  private boolean fail(IOException why) {
    open = false;
    failure = why;
    return false;
  }

  // ---- the event loop ----

  /** What the event loop does in the writer's role. */
  @FunctionalInterface
  interface Turn {
    /**
     * Writes.
     *
     * @param rest what goes before all else, and belongs to this; null if nothing does
     * @return whether there may be more to write later
     */
    boolean run(@Nullable ByteBuf rest);
  }

  /** The engine to ask for bytes from now on. */
  void start(Handler value) {
    writing.lock();
    try {
      handler = value;
    } finally {
      writing.unlock();
    }
  }

  /**
   * Takes the writer's role for a turn.
   *
   * @return false if a sender's thread has it, which asks for the event loop when it has written;
   *     or if one has failed, which is told now
   */
  boolean run(Turn turn) {
    if (!writing.tryLock()) {
      loopWaits = true;
      if (!writing.tryLock()) {
        return false;
      }
    }
    loopWaits = false;
    boolean failed;
    try {
      failed = failure != null;
      if (!failed) {
        ByteBuf first = rest;
        rest = null;
        boolean goesOn = turn.run(first);
        open = goesOn && !closed && isAllWritten();
        lastWrite = System.nanoTime();
      }
    } finally {
      writing.unlock();
    }
    if (failed) {
      shut();
    }
    return !failed;
  }

  private boolean isAllWritten() {
    ChannelOutboundBuffer left = channel.unsafe().outboundBuffer();
    return left != null && left.totalPendingWriteBytes() == 0;
  }

  /** No more writes but by the event loop, which may close the socket when this returns. */
  private void shut() {
    IOException why;
    writing.lock(); // a sender's thread has it for one copy and one system call
    try {
      closed = true;
      open = false;
      why = failure;
      failure = null;
    } finally {
      writing.unlock();
    }
    if (why != null) {
      // First: a socket tells an error once, and then looks as if the peer had ended.
      channel.pipeline().fireExceptionCaught(why);
    }
  }

  private void dropRest() {
    writing.lock();
    try {
      ReferenceCountUtil.release(rest);
      rest = null;
    } finally {
      writing.unlock();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      shut();
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable error) {
    shut();
    ctx.fireExceptionCaught(error);
  }

  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    shut();
    ctx.close(promise);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    shut();
    dropRest();
    ctx.fireChannelInactive();
  }
}
