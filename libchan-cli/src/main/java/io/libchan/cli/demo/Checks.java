package io.libchan.cli.demo;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.ChannelReset;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionLost;
import io.libchan.cli.demo.Messages.Blob;
import io.libchan.cli.demo.Messages.Digest;
import io.libchan.cli.demo.Messages.Ended;
import io.libchan.cli.demo.Messages.Inner;
import io.libchan.cli.demo.Messages.Middle;
import io.libchan.cli.demo.Messages.Outer;
import io.libchan.cli.demo.Messages.Request;
import io.libchan.cli.demo.Messages.Subscription;
import io.libchan.cli.demo.Messages.Value;
import io.libchan.gateway.Address;
import io.libchan.gateway.Forwarder;
import io.libchan.gateway.GatewayOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What the demo shows on every transport: the same program, the same answers.
 *
 * <p>Thread-safe.
 */
final class Checks {
  /** All of them, in the order they run; the last one ends the session. */
  static final List<Check> ALL =
      List.of(
          new Check("requests with return channels", Checks::requests),
          new Check("nested channels, three deep", Checks::nested),
          new Check("byte stream with checksum", Checks::byteStream),
          new Check("early cancel by the receiver", Checks::earlyCancel),
          new Check("failing handler tells its reason", Checks::failingHandler),
          new Check("rendezvous", Checks::rendezvous),
          new Check("back-pressure at the capacity", Checks::backPressure),
          new Check("order and clean end", Checks::orderAndEnd),
          new Check("raw TCP through a gateway", Checks::gateway),
          new Check("lost session is never an end", Checks::lostSession));

  private static final int REQUESTS = 100;
  private static final int BLOB_BYTES = 2 * 1024 * 1024;
  private static final int SOCKET_BYTES = 100_000;
  private static final Duration SHORT = Duration.ofMillis(100);

  private Checks() {}

  /** A check: its name and what it does with a session to a {@link Service}. */
  record Check(String name, Body body) {}

  /** Fails by throwing. */
  @FunctionalInterface
  interface Body {
    void run(Session session) throws IOException, InterruptedException;
  }

  private static void requests(Session session) throws IOException, InterruptedException {
    try (Sender<Request> requests = session.open("square", Request.class)) {
      for (long number = 0; number < REQUESTS; number++) {
        Channel<Value> answer = Channel.of(Value.class);
        requests.send(new Request(number, answer.sender()));
        expect(new Value(number * number), answer.receiver().receive());
        expect(null, answer.receiver().receive());
      }
    }
  }

  private static void nested(Session session) throws IOException, InterruptedException {
    Channel<Middle> middle = Channel.of(Middle.class);
    try (Sender<Outer> outer = session.open("nested", Outer.class)) {
      outer.send(new Outer(middle.sender()));
    }
    Channel<Value> answer = Channel.of(Value.class);
    try (Sender<Inner> inner = there(middle.receiver().receive()).answer()) {
      inner.send(new Inner(answer.sender()));
    }
    expect(new Value(3), answer.receiver().receive());
  }

  private static void byteStream(Session session) throws IOException, InterruptedException {
    byte[] data = new byte[BLOB_BYTES];
    new Random(42).nextBytes(data);
    Channel<Digest> answer = Channel.of(Digest.class);
    try (Sender<Blob> blobs = session.open("digest", Blob.class)) {
      blobs.send(new Blob(new ByteArrayInputStream(data), answer.sender()));
    }
    expect(Checksums.of(new ByteArrayInputStream(data)), answer.receiver().receive());
  }

  private static void earlyCancel(Session session) throws IOException, InterruptedException {
    Channel<Value> numbers = Channel.of(Value.class, 8);
    Channel<Ended> ended = Channel.of(Ended.class);
    try (Sender<Subscription> wishes = session.open("numbers", Subscription.class)) {
      wishes.send(new Subscription(numbers.sender(), ended.sender()));
    }
    for (long number = 1; number <= 3; number++) {
      expect(new Value(number), numbers.receiver().receive());
    }
    numbers.receiver().close(Reason.of(ReasonCode.CANCELLED, "three are enough"));
    expect(new Ended("CANCELLED", "three are enough"), ended.receiver().receive());
  }

  private static void failingHandler(Session session) throws IOException, InterruptedException {
    Channel<Value> answer = Channel.of(Value.class);
    try (Sender<Request> requests = session.open("square", Request.class)) {
      requests.send(new Request(-7, answer.sender()));
    }
    try {
      throw unexpected(answer.receiver().receive());
    } catch (ChannelReset e) {
      expect(ReasonCode.FAILED, e.reason().code());
      expect("no square today for -7", e.reason().message());
    }
  }

  private static void rendezvous(Session session) throws IOException, InterruptedException {
    GatedSum far = GatedSum.open(session, 0);
    expect(false, far.offer(new Value(1000), SHORT)); // nobody receives: it must come back
    far.openGate();
    far.numbers().send(new Value(5));
    far.numbers().send(new Value(6));
    far.numbers().close();
    expect(new Value(11), far.sum());
  }

  private static void backPressure(Session session) throws IOException, InterruptedException {
    int capacity = 4;
    GatedSum far = GatedSum.open(session, capacity);
    for (int number = 1; number <= capacity; number++) {
      expect(true, far.offer(new Value(number), Duration.ofSeconds(5)));
    }
    expect(false, far.offer(new Value(1000), SHORT));
    far.openGate();
    far.numbers().send(new Value(5));
    far.numbers().close();
    expect(new Value(15), far.sum());
  }

  private static void orderAndEnd(Session session) throws IOException, InterruptedException {
    GatedSum far = GatedSum.open(session, Channel.DEFAULT_CAPACITY);
    far.openGate();
    long count = 3L * Channel.DEFAULT_CAPACITY;
    for (long number = 1; number <= count; number++) {
      far.numbers().send(new Value(number));
    }
    far.numbers().close();
    expect(new Value(count * (count + 1) / 2), far.sum());

    Channel<Value> numbers = Channel.of(Value.class, 1);
    Channel<Ended> ended = Channel.of(Ended.class);
    try (Sender<Subscription> wishes = session.open("numbers", Subscription.class)) {
      wishes.send(new Subscription(numbers.sender(), ended.sender()));
    }
    for (long number = 1; number <= 200; number++) {
      expect(new Value(number), numbers.receiver().receive());
    }
    numbers.receiver().close();
    expect("CANCELLED", there(ended.receiver().receive()).code());
    expect(null, ended.receiver().receive());
  }

  private static void gateway(Session session) throws IOException, InterruptedException {
    Channel<Value> answer = Channel.of(Value.class);
    try (Sender<Request> requests = session.open("echo-port", Request.class)) {
      requests.send(new Request(0, answer.sender()));
    }
    int port = (int) there(answer.receiver().receive()).value();
    byte[] data = new byte[SOCKET_BYTES];
    new Random(43).nextBytes(data);
    Address.Tcp local = new Address.Tcp("127.0.0.1", 0);
    Address.Tcp target = new Address.Tcp("127.0.0.1", port);
    try (Forwarder forwarder = Forwarder.listen(local, session, target, GatewayOptions.DEFAULTS);
        Socket socket =
            new Socket(
                InetAddress.getLoopbackAddress(), ((Address.Tcp) forwarder.address()).port())) {
      socket.getOutputStream().write(data);
      socket.shutdownOutput(); // the other direction goes on
      expect(true, Arrays.equals(data, socket.getInputStream().readAllBytes()));
    }
  }

  private static void lostSession(Session session) throws IOException, InterruptedException {
    Channel<Value> answer = Channel.of(Value.class);
    try (Sender<Request> requests = session.open("abort", Request.class)) {
      requests.send(new Request(1, answer.sender()));
      throw unexpected(answer.receiver().receive());
    } catch (SessionLost e) {
      expect(false, e.reason().isEnd());
    }
    try {
      session.open("square", Request.class).close();
      throw new IllegalStateException("a lost session opened another channel");
    } catch (ChannelException e) {
      expect(true, e instanceof SessionLost);
    }
  }

  private static <T> T there(@Nullable T message) {
    if (message == null) {
      throw new IllegalStateException("the clean end instead of a message");
    }
    return message;
  }

  private static IllegalStateException unexpected(@Nullable Object message) {
    return new IllegalStateException("an exception was due, but there was " + message);
  }

  private static void expect(@Nullable Object expected, @Nullable Object actual) {
    if (!Objects.equals(expected, actual)) {
      throw new IllegalStateException("expected " + expected + ", got " + actual);
    }
  }
}
