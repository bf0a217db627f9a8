package io.libchan.core;

import io.libchan.Limits;
import io.libchan.MessageRejected;
import io.libchan.Options;
import io.libchan.PeerInfo;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.spi.Codec;
import io.libchan.spi.Descriptor;
import io.libchan.spi.DescriptorConnection;
import io.libchan.spi.EncodeBuffer;
import io.libchan.spi.Environment;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Two sessions on one connection, all moved by hand on the test's own thread: nothing happens
 * between two lines of a test that the test did not ask for.
 */
final class Lab {
  final Clock clock = new Clock();
  final End left = new End("left");
  final End right = new End("right");
  final CoreSession connecting;
  final CoreSession listening;

  Lab() {
    this(options().build(), options().build());
  }

  Lab(Options connectingOptions, Options listeningOptions) {
    left.other = right;
    right.other = left;
    connecting = CoreEngine.session(left, true, connectingOptions, clock);
    listening = CoreEngine.session(right, false, listeningOptions, clock);
  }

  static Options.Builder options() {
    return Options.builder().codec(new ParcelCodec()).nodeName("lab");
  }

  static Options limited(Limits limits) {
    return options().limits(limits).build();
  }

  /** Both sides greet. */
  Lab greeted() {
    listening.start();
    connecting.start();
    run();
    return this;
  }

  /** Moves bytes and tasks until nothing moves any more. */
  void run() {
    for (int i = 0; i < 100_000; i++) {
      boolean moved = left.step();
      moved |= right.step();
      moved |= clock.runTasks();
      if (!moved) {
        return;
      }
    }
    throw new AssertionError("it never comes to rest");
  }

  /** A descriptor that is none of the system's. */
  static final class Fake implements Descriptor {
    private final FileDescriptor descriptor = new FileDescriptor();
    volatile boolean closed;

    @Override
    public FileDescriptor fileDescriptor() {
      return descriptor;
    }

    @Override
    public void shutdownOutput() {}

    @Override
    public void close() {
      closed = true;
    }
  }

  /** Bytes on the wire, and the descriptors that were passed with them. */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  private record Batch(byte[] bytes, List<Descriptor> descriptors) {}

  /** One end of the pipe. Bytes leave when the test says so, or at once. */
  static final class End implements DescriptorConnection {
    final String name;
    @Nullable End other;
    @Nullable Handler handler;
    volatile boolean wants; // also set by a thread that receives
    boolean held; // does not write
    boolean eager; // writes inside wantWrite, as a very quick writer would
    boolean instant; // what it writes arrives at once
    boolean closing;
    boolean closed;
    int batch = 64 * 1024;
    @Nullable Runnable whenWanted; // runs once, in the middle of what the engine does
    private boolean filling;
    private boolean receiving;
    final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final ArrayDeque<Batch> wire = new ArrayDeque<>();
    private List<Descriptor> passed = new ArrayList<>();
    private @Nullable Consumer<Descriptor> taker;

    End(String name) {
      this.name = name;
    }

    @Override
    public void start(Handler newHandler) {
      handler = newHandler;
    }

    @Override
    public void wantWrite() {
      wants = true;
      Runnable task = whenWanted;
      whenWanted = null;
      if (task != null) {
        task.run();
      }
      if ((eager || instant) && !filling) {
        fill();
      }
      if (instant && !filling && !other().receiving) {
        deliver();
      }
    }

    /** Asks the engine for bytes; they are on the wire then, not at the peer. */
    boolean fill() {
      if (handler == null || closed || held || !(wants || closing)) {
        return false;
      }
      wants = false;
      ByteBuffer buffer = ByteBuffer.allocate(batch);
      filling = true;
      if (handler.fill(buffer)) {
        wants = true;
      }
      filling = false;
      byte[] bytes = new byte[buffer.position()];
      buffer.flip().get(bytes);
      written.writeBytes(bytes);
      if (bytes.length > 0) {
        wire.add(new Batch(bytes, passed));
        passed = new ArrayList<>();
      }
      if (closing && !wants) {
        closed = true;
      }
      return bytes.length > 0 || wants;
    }

    /** What this end wrote arrives at the peer. */
    boolean deliver() {
      boolean any = !wire.isEmpty();
      for (Batch batch = wire.poll(); batch != null; batch = wire.poll()) {
        batch.descriptors.forEach(other()::take);
        other().receive(batch.bytes);
      }
      if (closed && !other().closed) {
        other().lose(null);
        return true;
      }
      return any;
    }

    boolean step() {
      boolean moved = fill();
      moved |= deliver();
      return moved;
    }

    /** A descriptor from nowhere. */
    void take(Descriptor descriptor) {
      if (taker != null) {
        taker.accept(descriptor);
      }
    }

    @Override
    public boolean isSameUser() {
      return false; // so none are passed unless the options say so
    }

    @Override
    public void takeDescriptors(Consumer<Descriptor> newTaker) {
      taker = newTaker;
    }

    @Override
    public boolean pass(Descriptor descriptor) {
      return passed.add(descriptor);
    }

    @Override
    public boolean isFull() {
      return false;
    }

    @Override
    public Descriptor duplicate(FileDescriptor open) {
      return new Fake();
    }

    /** Bytes from nowhere: a peer that breaks the rules. */
    void receive(byte... bytes) {
      if (handler != null && !closed) {
        receiving = true;
        handler.received(ByteBuffer.wrap(bytes));
        receiving = false;
      }
    }

    void lose(@Nullable IOException cause) {
      closed = true;
      if (handler != null) {
        handler.closed(cause);
      }
    }

    private End other() {
      if (other == null) {
        throw new AssertionError();
      }
      return other;
    }

    @Override
    public void close() {
      closing = true;
    }

    @Override
    public void abort() {
      if (!closed) {
        lose(new IOException("aborted here"));
      }
    }

    @Override
    public PeerInfo peer() {
      return PeerInfo.of("lab", name);
    }
  }

  /** Time that stands still until the test moves it. */
  static final class Clock implements Environment {
    final List<Runnable> tasks = new ArrayList<>();
    final List<Entry> timers = new ArrayList<>();
    @Nullable Runnable whenRead; // runs once, in the middle of what the engine does
    private long now = 1;

    record Entry(long at, Runnable task) {}

    @Override
    public long nanoTime() {
      Runnable task = whenRead;
      whenRead = null;
      if (task != null) {
        task.run();
      }
      return now;
    }

    @Override
    public Timer schedule(Duration delay, Runnable task) {
      Entry entry = new Entry(now + delay.toNanos(), task);
      timers.add(entry);
      return () -> timers.remove(entry);
    }

    @Override
    public void execute(Runnable task) {
      tasks.add(task);
    }

    boolean runTasks() {
      List<Runnable> all = new ArrayList<>(tasks);
      tasks.clear();
      all.forEach(Runnable::run);
      return !all.isEmpty();
    }

    void advance(Duration by) {
      long until = now + by.toNanos();
      for (; ; ) {
        Entry next =
            timers.stream()
                .min(Comparator.comparingLong(Entry::at))
                .filter(e -> e.at <= until)
                .orElse(null);
        if (next == null) {
          now = until;
          return;
        }
        timers.remove(next);
        now = Math.max(now, next.at);
        next.task.run();
      }
    }
  }

  /** A text with ends. */
  record Parcel(String text, List<Object> ends) {
    static Parcel of(String text, Object... ends) {
      return new Parcel(text, List.of(ends));
    }
  }

  /** Parcels as {@code number of ends, UTF-8}; can't do threads; rejects the text "reject". */
  static final class ParcelCodec implements Codec {
    @Override
    public String name() {
      return "parcel";
    }

    @Override
    public Format format(Type type, Limits limits) {
      if (type == Thread.class) {
        throw new IllegalArgumentException("not a message: " + type);
      }
      return new ParcelFormat();
    }
  }

  private static final class ParcelFormat implements Codec.Format {
    @Override
    public void encode(Object message, Codec.Attachments attachments, EncodeBuffer out)
        throws io.libchan.ChannelException {
      Parcel parcel = (Parcel) message;
      out.write(parcel.ends.size());
      for (Object end : parcel.ends) {
        attachments.add(end);
      }
      byte[] text = parcel.text.getBytes(StandardCharsets.UTF_8);
      out.write(text, 0, text.length);
    }

    @Override
    public Object decode(byte[] bytes, int offset, int length, Codec.Claims claims)
        throws io.libchan.ChannelException {
      List<Object> ends = new ArrayList<>();
      for (int i = 0; i < bytes[offset]; i++) {
        ends.add(claims.take(i, Object.class, Parcel.class));
      }
      String text = new String(bytes, offset + 1, length - 1, StandardCharsets.UTF_8);
      if (text.equals("reject")) {
        throw new MessageRejected(Reason.of(ReasonCode.TYPE_MISMATCH, "as asked"));
      }
      return new Parcel(text, ends);
    }
  }
}
