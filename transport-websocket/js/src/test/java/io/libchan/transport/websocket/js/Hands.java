package io.libchan.transport.websocket.js;

import io.libchan.ByteStream;
import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The far side of a test: does to ends, which it keeps under names, what the other side asks for,
 * each order on a thread of its own, and answers with what happened.
 */
final class Hands {
  /** What to do; which fields are used depends on the operation. */
  public record Order(
      String op,
      String end,
      long number,
      String text,
      @Nullable Object value,
      @Nullable Sender<Object> sender,
      @Nullable Receiver<Object> receiver,
      @Nullable ByteStream stream,
      @Nullable InputStream input,
      @Nullable OutputStream output,
      Sender<Answer> answer) {}

  /** What came of it. */
  public record Answer(
      boolean failed,
      @Nullable Object value,
      @Nullable Why why,
      @Nullable String misuse,
      @Nullable Sender<Object> sender,
      @Nullable Receiver<Object> receiver,
      @Nullable ByteStream stream) {
    static Answer of(@Nullable Object value) {
      return new Answer(false, value, null, null, null, null, null);
    }

    static Answer failure(Reason reason) {
      return new Answer(true, null, Why.of(reason), null, null, null, null);
    }

    static Answer misuse(Exception e) {
      return new Answer(true, null, null, String.valueOf(e), null, null, null);
    }
  }

  /** A reason as data. */
  public record Why(int number, String message, String origin, List<String> hops) {
    static Why of(Reason reason) {
      return new Why(reason.number(), reason.message(), reason.origin(), reason.hops());
    }
  }

  /** A message that says what it is, for the tests of types. */
  public record Note(long number, String text) {}

  /** A message with an end in it. */
  public record Box(
      long number, @Nullable Sender<Object> sender, @Nullable Receiver<Object> receiver) {}

  private final Session session;
  private final Map<String, Sender<Object>> senders = new ConcurrentHashMap<>();
  private final Map<String, Receiver<Object>> receivers = new ConcurrentHashMap<>();
  private final Map<String, Receiver<Note>> notes = new ConcurrentHashMap<>();
  private final Map<String, List<?>> lists = new ConcurrentHashMap<>();
  private final Map<String, ByteStream> streams = new ConcurrentHashMap<>();

  Hands(Session session) {
    this.session = session;
  }

  void serve() throws ChannelException, InterruptedException {
    Receiver<Order> orders = session.accept("hands", Order.class);
    for (Order order = orders.receive(); order != null; order = orders.receive()) {
      Order one = order;
      Thread thread = new Thread(() -> answer(one), "hands-" + order.op());
      thread.setDaemon(true);
      thread.start();
    }
  }

  private void answer(Order order) {
    Answer answer;
    try {
      answer = carryOut(order);
    } catch (ChannelException e) {
      answer = Answer.failure(e.reason());
    } catch (Exception e) {
      answer = Answer.misuse(e);
    }
    try (Sender<Answer> to = order.answer()) {
      to.send(answer);
    } catch (ChannelException | InterruptedException e) {
      // whoever asked is gone
    }
  }

  private Answer carryOut(Order order) throws Exception {
    return switch (order.op()) {
      case "open" -> {
        senders.put(
            order.end(),
            session.open(order.text(), new io.libchan.TypeRef<Object>() {}, (int) order.number()));
        yield Answer.of(null);
      }
      case "accept" -> {
        Receiver<Object> receiver = session.accept(order.text(), Object.class);
        receivers.put(order.end(), receiver);
        yield Answer.of(receiver.capacity());
      }
      case "acceptNotes" -> {
        notes.put(order.end(), session.accept(order.text(), Note.class));
        yield Answer.of(null);
      }
      case "keep" -> keep(order);
      case "channel" -> channel(order);
      case "pair" -> {
        ByteStream.Pair pair = ByteStream.pair();
        streams.put(order.end(), pair.left());
        yield new Answer(false, null, null, null, null, null, pair.right());
      }
      case "take" -> take(order);
      case "send" -> send(order);
      case "trySend" -> Answer.of(sender(order).trySend(value(order)));
      case "sendTo" -> sendTo(order);
      case "sendMany" -> sendMany(order);
      case "sendBytes" -> {
        sender(order).send(new byte[(int) order.number()]);
        yield Answer.of(null);
      }
      case "sendChannel" -> sendChannel(order);
      case "receive" -> Answer.of(receiver(order).receive());
      case "receiveNote" -> note(order);
      case "receiveBox" -> box(order);
      case "receiveWithin" -> within(order);
      case "receiveAll" -> receiveAll(order);
      case "flush" -> {
        sender(order).flush();
        yield Answer.of(null);
      }
      case "close" -> {
        close(order);
        yield Answer.of(null);
      }
      case "fail" -> {
        sender(order).fail(reason(order));
        yield Answer.of(null);
      }
      case "cancel" -> {
        receiver(order).close(reason(order));
        yield Answer.of(null);
      }
      case "closed" -> Answer.of(Why.of(closed(order)));
      case "echoBytes" -> echoBytes(order);
      case "sum" -> sum(order);
      case "readAndClose" -> readAndClose(order);
      case "write" -> write(order);
      case "writeInto" -> writeInto(order);
      case "readSome" -> Answer.of(stream(order).input().readNBytes((int) order.number()).length);
      case "endOutput" -> {
        stream(order).output().close();
        yield Answer.of(null);
      }
      case "endInput" -> {
        stream(order).input().close();
        yield Answer.of(null);
      }
      case "reset" -> {
        stream(order).reset(reason(order));
        yield Answer.of(null);
      }
      case "streams" -> Answer.of(session.snapshot().streams().size());
      case "closeSession" -> {
        new Thread(session::close, "closer").start();
        yield Answer.of(null);
      }
      case "abortSession" -> {
        session.abort(reason(order));
        yield Answer.of(null);
      }
      case "drainSession" -> Answer.of(session.drain(Duration.ofMillis(order.number())));
      default -> throw new IllegalArgumentException(order.op());
    };
  }

  private Answer keep(Order order) {
    if (order.sender() != null) {
      senders.put(order.end(), order.sender());
    }
    if (order.receiver() != null) {
      receivers.put(order.end(), order.receiver());
    }
    if (order.stream() != null) {
      streams.put(order.end(), order.stream());
    }
    return Answer.of(null);
  }

  /** Makes a channel, keeps one end and gives the other one away. */
  private Answer channel(Order order) {
    Channel<Object> made = Channel.of(Object.class, (int) order.number());
    if (order.text().equals("sender")) {
      receivers.put(order.end(), made.receiver());
      return new Answer(false, null, null, null, made.sender(), null, null);
    }
    senders.put(order.end(), made.sender());
    return new Answer(false, null, null, null, null, made.receiver(), null);
  }

  /** Gives away an end that it has. */
  private Answer take(Order order) {
    Sender<Object> sender = senders.remove(order.end());
    Receiver<Object> receiver = receivers.remove(order.end());
    return new Answer(false, null, null, null, sender, receiver, streams.remove(order.end()));
  }

  private Answer send(Order order) throws Exception {
    Sender<Object> sender = sender(order);
    if (order.number() == 0) {
      sender.send(value(order));
      return Answer.of(true);
    }
    try {
      sender.send(value(order), Duration.ofMillis(order.number()));
      return Answer.of(true);
    } catch (TimeoutException e) {
      return Answer.of(false);
    }
  }

  private Answer sendMany(Order order) throws Exception {
    for (long i = 0; i < order.number(); i++) {
      sender(order).send(i);
    }
    return Answer.of(order.number());
  }

  /** Sends to each of a list of senders its place in it. */
  private Answer sendTo(Order order) throws Exception {
    List<?> list = found(lists.get(order.end()), order);
    for (int i = 0; i < list.size(); i++) {
      Sender<Object> sender = untyped((Sender<?>) list.get(i));
      sender.send(i);
    }
    return Answer.of(list.size());
  }

  /** Sends a message in which there is the sending end of a channel whose receiver it keeps. */
  private Answer sendChannel(Order order) throws Exception {
    Channel<Object> made = Channel.of(Object.class, 4);
    receivers.put(order.text(), made.receiver());
    sender(order).send(new Box(order.number(), made.sender(), null));
    return Answer.of(null);
  }

  private Answer note(Order order) throws Exception {
    Receiver<Note> receiver = notes.get(order.end());
    return Answer.of(receiver == null ? null : receiver.receive());
  }

  /** Receives a message with ends and keeps those under its own name and a number. */
  private Answer box(Order order) throws Exception {
    Object value = receiver(order).receive();
    if (value instanceof Map<?, ?> map) {
      for (Map.Entry<?, ?> field : map.entrySet()) {
        String name = order.end() + "." + field.getKey();
        if (field.getValue() instanceof Sender<?> sender) {
          senders.put(name, untyped(sender));
        } else if (field.getValue() instanceof Receiver<?> receiver) {
          receivers.put(name, untyped(receiver));
        } else if (field.getValue() instanceof ByteStream stream) {
          streams.put(name, stream);
        } else if (field.getValue() instanceof List<?> list) {
          lists.put(name, list);
        }
      }
      return Answer.of(map.get("number"));
    }
    return Answer.of(value);
  }

  @SuppressWarnings("unchecked") // what arrives untyped may be sent untyped
  private static Sender<Object> untyped(Sender<?> sender) {
    return (Sender<Object>) sender;
  }

  @SuppressWarnings("unchecked") // as above
  private static Receiver<Object> untyped(Receiver<?> receiver) {
    return (Receiver<Object>) receiver;
  }

  private Answer within(Order order) throws Exception {
    try {
      return Answer.of(receiver(order).receive(Duration.ofMillis(order.number())));
    } catch (TimeoutException e) {
      return Answer.of("nothing");
    }
  }

  /** Receives to the end: how many there were, and the sum of those that are numbers. */
  private Answer receiveAll(Order order) throws Exception {
    long count = 0;
    long sum = 0;
    Receiver<Object> receiver = receiver(order);
    for (Object one = receiver.receive(); one != null; one = receiver.receive()) {
      count++;
      sum += one instanceof Number number ? number.longValue() : 0;
    }
    return Answer.of(Map.of("count", count, "sum", sum));
  }

  private void close(Order order) throws IOException {
    Sender<Object> sender = senders.get(order.end());
    Receiver<Object> receiver = receivers.get(order.end());
    if (sender != null) {
      sender.close();
    } else if (receiver != null) {
      receiver.close();
    } else {
      stream(order).close();
    }
  }

  private Reason closed(Order order) {
    Sender<Object> sender = senders.get(order.end());
    return (sender != null ? sender.closed() : receiver(order).closed())
        .toCompletableFuture()
        .join();
  }

  private static Reason reason(Order order) {
    return new Reason((int) order.number(), order.text(), "", List.of());
  }

  // ---- bytes ----

  private static Answer echoBytes(Order order) throws IOException {
    ByteStream stream = order.stream();
    if (stream == null) {
      throw new IllegalArgumentException("no stream");
    }
    try (OutputStream output = stream.output()) {
      return Answer.of(stream.input().transferTo(output));
    }
  }

  private Answer sum(Order order) throws IOException {
    CRC32 sum = new CRC32();
    long count = 0;
    byte[] buffer = new byte[8192];
    InputStream input = order.input() != null ? order.input() : stream(order).input();
    for (int n = input.read(buffer); n >= 0; n = input.read(buffer)) {
      sum.update(buffer, 0, n);
      count += n;
    }
    return Answer.of(Map.of("count", count, "crc", sum.getValue()));
  }

  /** Reads some bytes of a stream in the order, and wants no more. */
  private static Answer readAndClose(Order order) throws IOException {
    try (InputStream input = found(order.input(), order)) {
      return Answer.of(input.readNBytes((int) order.number()).length);
    }
  }

  /** Writes bytes that count up. */
  private Answer write(Order order) throws IOException {
    OutputStream output = order.output() != null ? order.output() : stream(order).output();
    pattern(output, order.number());
    if (order.output() != null) {
      output.close();
    }
    return Answer.of(order.number());
  }

  private Answer writeInto(Order order) throws IOException {
    try {
      pattern(stream(order).output(), order.number());
      return Answer.of("written");
    } catch (ChannelException e) {
      return Answer.failure(e.reason());
    }
  }

  private static void pattern(OutputStream output, long count) throws IOException {
    byte[] buffer = new byte[4096];
    for (long at = 0; at < count; ) {
      int n = (int) Math.min(buffer.length, count - at);
      for (int i = 0; i < n; i++) {
        buffer[i] = (byte) ((at + i) % 251);
      }
      output.write(buffer, 0, n);
      at += n;
    }
    output.flush();
  }

  // ---- ends by name ----

  private Sender<Object> sender(Order order) {
    return found(senders.get(order.end()), order);
  }

  private Receiver<Object> receiver(Order order) {
    return found(receivers.get(order.end()), order);
  }

  private ByteStream stream(Order order) {
    return found(order.stream() != null ? order.stream() : streams.get(order.end()), order);
  }

  private static <T> T found(@Nullable T end, Order order) {
    if (end == null) {
      throw new IllegalArgumentException("no end " + order.end() + " for " + order.op());
    }
    return end;
  }

  private static Object value(Order order) {
    return order.value() == null ? new Note(0, order.text()) : order.value();
  }
}
