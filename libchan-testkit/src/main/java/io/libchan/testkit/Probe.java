package io.libchan.testkit;

import io.libchan.spi.ByteConnection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A handler in the place of the engine: writes what it is given, remembers what comes, and tells
 * what a connection must not do. Thread-safe.
 */
public class Probe implements ByteConnection.Handler {
  /** How long anything that must happen may take. */
  public static final long WAIT_SECONDS = 10;

  /** The connection under test. */
  public final ByteConnection connection;

  /** How it ended; empty for good order. */
  public final CompletableFuture<Optional<IOException>> closed = new CompletableFuture<>();

  /** How often it was asked for bytes. */
  public final AtomicLong fills = new AtomicLong();

  /** How many bytes came. */
  public final AtomicLong receivedBytes = new AtomicLong();

  /** How often it was told the end; once, or it is broken. */
  public final AtomicLong closedCalls = new AtomicLong();

  private final CompletableFuture<String> broken = new CompletableFuture<>();
  private final int maxFillBytes;

  private final ConcurrentLinkedQueue<ByteBuffer> outgoing = new ConcurrentLinkedQueue<>();
  private final ByteArrayOutputStream incoming = new ByteArrayOutputStream();
  private final AtomicBoolean filling = new AtomicBoolean();
  private final AtomicBoolean receiving = new AtomicBoolean();
  private final Semaphore news = new Semaphore(0);

  /** Not started yet. */
  public Probe(ByteConnection connection) {
    this(connection, Integer.MAX_VALUE);
  }

  /** Not started yet; never fills more bytes at once. */
  public Probe(ByteConnection connection, int maxFillBytes) {
    this.connection = connection;
    this.maxFillBytes = maxFillBytes;
  }

  /** Starts the connection. */
  public Probe start() {
    connection.start(this);
    return this;
  }

  /** Has bytes written, after those before. */
  public void send(byte[] bytes) {
    outgoing.add(ByteBuffer.wrap(bytes));
    connection.wantWrite();
  }

  @Override
  public boolean fill(ByteBuffer target) {
    enter(filling, "fill");
    fills.incrementAndGet();
    if (target.remaining() < 128) {
      broken.complete("only " + target.remaining() + " bytes of room");
    }
    int room = Math.min(maxFillBytes, target.remaining());
    while (room > 0) {
      ByteBuffer next = outgoing.peek();
      if (next == null) {
        break;
      }
      int part = Math.min(room, next.remaining());
      target.put(next.slice().limit(part));
      next.position(next.position() + part);
      room -= part;
      if (!next.hasRemaining()) {
        outgoing.remove();
      }
    }
    filling.set(false);
    return !outgoing.isEmpty();
  }

  @Override
  public void received(ByteBuffer bytes) {
    receivedSome(bytes);
    receivedAll();
  }

  @Override
  public void receivedSome(ByteBuffer bytes) {
    enter(receiving, "received");
    receivedBytes.addAndGet(bytes.remaining());
    take(bytes);
    receiving.set(false);
  }

  /** Who waits here for bytes is told now, so a connection that forgets it fails. */
  @Override
  public void receivedAll() {
    news.release();
  }

  /** Keeps what came. */
  protected void take(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    synchronized (incoming) {
      incoming.writeBytes(copy);
    }
  }

  @Override
  public void closed(@Nullable IOException cause) {
    enter(receiving, "closed");
    if (closedCalls.incrementAndGet() > 1) {
      broken.complete("closed twice");
    }
    closed.complete(Optional.ofNullable(cause));
    news.release();
  }

  private void enter(AtomicBoolean busy, String what) {
    if (!busy.compareAndSet(false, true)) {
      broken.complete(what + " overlaps, or comes after closed");
    }
  }

  /** All that came. */
  public byte[] bytes() {
    synchronized (incoming) {
      return incoming.toByteArray();
    }
  }

  /** The same in UTF-8. */
  public String text() {
    return new String(bytes(), java.nio.charset.StandardCharsets.UTF_8);
  }

  /** Waits until so many bytes came. */
  public void awaitBytes(long count) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS * 3);
    while (receivedBytes.get() < count) {
      if (!news.tryAcquire(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("only " + receivedBytes + " of " + count + " bytes; " + closed);
      }
      if (closed.isDone() && receivedBytes.get() < count) {
        throw new AssertionError("only " + receivedBytes + " of " + count + " bytes; " + closed);
      }
    }
  }

  /** The cause; empty for an end in good order. */
  public Optional<IOException> awaitClosed() throws Exception {
    Optional<IOException> cause = closed.get(WAIT_SECONDS, TimeUnit.SECONDS);
    if (broken.isDone()) {
      throw new AssertionError(broken.get());
    }
    return cause;
  }

  /** The message of the cause that it must have ended with. */
  public String awaitFailure() throws Exception {
    return "" + awaitClosed().orElseThrow(() -> new AssertionError("in good order")).getMessage();
  }

  /** Waits for an end in good order. */
  public void awaitOrderlyClose() throws Exception {
    awaitClosed()
        .ifPresent(
            cause -> {
              throw new AssertionError("not in good order", cause);
            });
  }

  /** Pseudo-random bytes, the same each time. */
  public static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** Waits for a state that nothing signals. */
  public static void eventually(String what, BooleanSupplier state) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    while (!state.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("never: " + what);
      }
      LockSupport.parkNanos(1_000_000);
    }
  }
}
