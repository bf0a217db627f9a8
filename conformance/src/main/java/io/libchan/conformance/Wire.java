package io.libchan.conformance;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection to the peer, frame by frame: what a script writes, right or wrong; and what the
 * peer writes, which a reader takes in, answers where an answer is due, and has watched.
 *
 * <p>Thread-safe, but one thread scripts it. Probes run with its lock held.
 */
final class Wire implements AutoCloseable {
  private static final int MOST_PAYLOAD = 16 << 20;
  private static final int TOLD = 6; // events in a failure

  /** Looks for something, with the wire's lock held. */
  @FunctionalInterface
  interface Probe<V> {
    /** What was looked for; null if it is not there yet. */
    @Nullable V find();
  }

  /** Whether the tester is the connecting side. */
  final boolean connecting;

  private final Pipe pipe;
  private final long waitNanos;
  private final Consumer<String> trace;
  private final ReentrantLock writing = new ReentrantLock();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Map<Integer, Stream> streams = new LinkedHashMap<>();
  private final List<String> came = new ArrayList<>();
  private final Watch watch = new Watch(this);
  private int mark; // what came before belongs to earlier steps

  // All below guarded by the lock.
  long goAway = -1;
  boolean helloSent;
  @Nullable Map<Integer, byte[]> hello;
  List<String> codecs = List.of("msgpack");
  long ownMessageBytes = Integer.MAX_VALUE;
  long ownAttachments = 128;
  boolean over;
  final List<MuxFrame> pings = new ArrayList<>(); // the peer's, answers included
  final Set<Long> asked = new HashSet<>(); // values of the tester's PINGs
  boolean answersPings = true;
  boolean acceptsStreams = true;
  boolean holdsCredit; // of streams that come from now on

  /** The rule that is to blame for what does not come. */
  volatile String blame;

  Wire(Pipe pipe, boolean connecting, long waitNanos, String blame, Consumer<String> trace) {
    this.pipe = pipe;
    this.connecting = connecting;
    this.waitNanos = waitNanos;
    this.blame = blame;
    this.trace = trace;
    Thread reader = new Thread(this::read, "libchan-conformance-reader");
    reader.setDaemon(true);
    reader.start();
  }

  // Reading.

  private void read() {
    byte[] header = new byte[MuxFrame.HEADER];
    try {
      while (pipe.read(header)) {
        MuxFrame frame = frame(header);
        if (frame == null) {
          break;
        }
        for (MuxFrame answer : take(frame)) {
          answer(answer);
        }
      }
    } catch (IOException e) {
      // An end like any other.
    } finally {
      lock.lock();
      try {
        over = true;
        note("<- the end of the connection");
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private @Nullable MuxFrame frame(byte[] header) throws IOException {
    int type = Byte.toUnsignedInt(header[1]);
    long length = Bytes.u32(header, 8);
    byte[] payload = new byte[type == Codes.DATA ? (int) Math.min(length, MOST_PAYLOAD) : 0];
    if (!pipe.read(payload)) {
      return null;
    }
    int flags = (int) (Bytes.u32(header, 0) & 0xffff);
    int version = Byte.toUnsignedInt(header[0]);
    return new MuxFrame(version, type, flags, (int) Bytes.u32(header, 4), length, payload);
  }

  /** Takes a frame in; what is to be answered. */
  private List<MuxFrame> take(MuxFrame frame) {
    List<MuxFrame> answers = new ArrayList<>();
    lock.lock();
    try {
      note("<- " + frame);
      watch.frame(frame);
      switch (frame.type()) {
        case Codes.PING -> ping(frame, answers);
        case Codes.GO_AWAY -> goAway = frame.length();
        case Codes.DATA, Codes.WINDOW_UPDATE -> stream(frame, answers);
        default -> {} // the watch has told it
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    return answers;
  }

  private void ping(MuxFrame frame, List<MuxFrame> answers) {
    pings.add(frame);
    if (frame.has(Codes.SYN) && answersPings) {
      answers.add(MuxFrame.of(Codes.PING, Codes.ACK, 0, frame.length()));
    }
  }

  private void stream(MuxFrame frame, List<MuxFrame> answers) {
    Stream stream = streams.get(frame.stream());
    if (stream == null) {
      if (!watch.opens(frame)) {
        return;
      }
      stream = new Stream(frame.stream(), false, null);
      stream.held = holdsCredit;
      streams.put(stream.id, stream);
      if (acceptsStreams) {
        answers.add(MuxFrame.of(Codes.WINDOW_UPDATE, Codes.ACK, stream.id, 0));
      }
    } else {
      watch.known(stream, frame);
    }
    stream.answered |= frame.has(Codes.ACK) || frame.has(Codes.RST);
    if (frame.has(Codes.RST)) {
      stream.reset = true;
      stream.resetNumber = frame.length();
    } else if (frame.type() == Codes.WINDOW_UPDATE) {
      stream.room += frame.length();
      stream.credit += frame.length();
      watch.credit(stream);
    } else {
      data(stream, frame, answers);
    }
  }

  private void data(Stream stream, MuxFrame frame, List<MuxFrame> answers) {
    boolean first = stream.preamble == null;
    stream.got += frame.payload().length;
    stream.largest = Math.max(stream.largest, frame.payload().length);
    if (frame.payload().length > 0) {
      watch.bytes(stream, frame);
    }
    boolean onlyRead = stream.kind() == Codes.OPENER_WRITES && !stream.ours && first;
    if (stream.acknowledges && stream.messagesIn > stream.acknowledgedOut && !stream.endSent) {
      stream.acknowledgedOut = stream.messagesIn;
      byte[] count = Bytes.u64(stream.messagesIn);
      answers.add(MuxFrame.data(0, stream.id, ChannelFrame.bytes(Codes.RECEIVED, count)));
    }
    if (frame.has(Codes.FIN)) {
      stream.ended = true;
      onlyRead |= stream.acknowledges;
    } else if (!stream.held && frame.payload().length > 0) {
      answers.add(MuxFrame.of(Codes.WINDOW_UPDATE, 0, stream.id, frame.payload().length));
    }
    if (onlyRead && !stream.endSent) {
      answers.add(MuxFrame.data(Codes.FIN, stream.id, new byte[0]));
    }
  }

  /** What came, for people. */
  void note(String event) {
    came.add(event);
    trace.accept(event);
  }

  @Nullable Stream byReference(long reference) {
    for (Stream stream : streams.values()) {
      if (stream.preamble != null && stream.reference() == reference) {
        return stream;
      }
    }
    return null;
  }

  // Writing.

  /** Writes frames as they are, in one go, and counts what they mean. */
  void write(MuxFrame... frames) {
    change(() -> mark = came.size());
    put(List.of(frames));
  }

  private void answer(MuxFrame frame) {
    put(List.of(frame));
  }

  private void put(List<MuxFrame> frames) {
    writing.lock();
    try {
      change(() -> frames.forEach(this::count));
      pipe.write(Bytes.join(frames.stream().map(MuxFrame::bytes).toArray(byte[][]::new)));
    } catch (IOException e) {
      // The reader sees the end.
    } finally {
      writing.unlock();
    }
  }

  private void count(MuxFrame frame) {
    trace.accept("-> " + frame);
    if (frame.type() == Codes.PING && frame.has(Codes.SYN)) {
      asked.add(frame.length());
    }
    Stream stream = streams.get(frame.stream());
    if (stream == null || frame.type() > Codes.WINDOW_UPDATE) {
      return;
    }
    stream.endSent |= frame.has(Codes.FIN) || frame.has(Codes.RST);
    if (frame.type() == Codes.DATA) {
      stream.room -= frame.payload().length;
    } else if (!frame.has(Codes.RST)) {
      stream.granted += frame.length();
    }
  }

  /** Writes bytes that need not be frames. */
  void raw(byte[] bytes) {
    writing.lock();
    try {
      pipe.write(bytes);
    } catch (IOException e) {
      // The reader sees the end.
    } finally {
      writing.unlock();
    }
  }

  /** Knows a stream that a script is about to open. */
  Stream add(int id, Preamble preamble) {
    Stream stream = new Stream(id, true, preamble);
    lock.lock();
    try {
      stream.held = holdsCredit;
      streams.put(id, stream);
    } finally {
      lock.unlock();
    }
    return stream;
  }

  /** Changes what the lock guards. */
  void change(Runnable change) {
    lock.lock();
    try {
      change.run();
    } finally {
      lock.unlock();
    }
  }

  // Waiting.

  /** What the probe finds, once it does. */
  <V> V await(String what, Probe<V> probe) throws Broken, InterruptedException {
    return await(what, probe, waitNanos);
  }

  private <V> V await(String what, Probe<V> probe, long nanos) throws Broken, InterruptedException {
    long left = nanos;
    lock.lockInterruptibly();
    try {
      while (true) {
        if (watch.broken != null) {
          throw watch.broken;
        }
        V found = probe.find();
        if (found != null) {
          return found;
        }
        if (over || left <= 0) {
          throw new Broken(blame, what, seen());
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until something is so. */
  void until(String what, BooleanSupplier so) throws Broken, InterruptedException {
    Object unused = await(what, () -> so.getAsBoolean() ? so : null);
  }

  /** Looks for a while whether something that must not be comes to be. */
  void never(String what, BooleanSupplier so, long millis) throws Broken, InterruptedException {
    long left = TimeUnit.MILLISECONDS.toNanos(millis);
    lock.lockInterruptibly();
    try {
      while (true) {
        check();
        if (so.getAsBoolean()) {
          throw new Broken(blame, what, seen());
        }
        if (left <= 0) {
          return;
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Throws what the watch has found. */
  void check() throws Broken {
    lock.lock();
    try {
      if (watch.broken != null) {
        throw watch.broken;
      }
    } finally {
      lock.unlock();
    }
  }

  /** A failure of the rule that is to blame. */
  Broken broken(String expected) {
    lock.lock();
    try {
      return new Broken(blame, expected, seen());
    } finally {
      lock.unlock();
    }
  }

  private String seen() {
    List<String> since = came.subList(Math.min(mark, came.size()), came.size());
    List<String> last = since.subList(Math.max(0, since.size() - TOLD), since.size());
    String told =
        String.join("; ", last.stream().map(event -> event.replace("<- ", "").strip()).toList());
    return last.isEmpty() ? "nothing" : (last.size() < since.size() ? "...; " : "") + told;
  }

  /** The streams that the peer opened, control excluded. */
  List<Stream> opened() {
    return streams.values().stream().filter(stream -> !stream.ours && stream.id != 1).toList();
  }

  @Nullable Stream stream(int id) {
    return streams.get(id);
  }

  /** The bytes of a byte stream so far. */
  byte[] bytes(Stream stream) {
    lock.lock();
    try {
      byte[] all = stream.bytes.toByteArray();
      return Arrays.copyOf(all, all.length);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    pipe.close();
  }
}
