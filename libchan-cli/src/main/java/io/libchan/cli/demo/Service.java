package io.libchan.cli.demo;

import io.libchan.Channel;
import io.libchan.ChannelException;
import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Receiver;
import io.libchan.Sender;
import io.libchan.Session;
import io.libchan.SessionHandler;
import io.libchan.cli.demo.Messages.Blob;
import io.libchan.cli.demo.Messages.Digest;
import io.libchan.cli.demo.Messages.Ended;
import io.libchan.cli.demo.Messages.Gated;
import io.libchan.cli.demo.Messages.Inner;
import io.libchan.cli.demo.Messages.Middle;
import io.libchan.cli.demo.Messages.Outer;
import io.libchan.cli.demo.Messages.PingPong;
import io.libchan.cli.demo.Messages.Request;
import io.libchan.cli.demo.Messages.Subscription;
import io.libchan.cli.demo.Messages.Value;
import io.libchan.gateway.Address;
import io.libchan.gateway.Dialer;
import java.io.IOException;
import java.util.concurrent.Executor;

/**
 * The side of the demo that answers: one named channel for each thing it can do.
 *
 * <p>Thread-safe.
 */
final class Service implements SessionHandler {
  private final Executor threads;
  private final Dialer dialer;
  private final Address.Tcp echo;

  /** A service whose gateway connects to this target. */
  Service(Executor threads, Dialer dialer, Address.Tcp echo) {
    this.threads = threads;
    this.dialer = dialer;
    this.echo = echo;
  }

  @Override
  public void handle(Session session) {
    serve(session, "square", Request.class, Service::square);
    serve(session, "nested", Outer.class, Service::nested);
    serve(session, "digest", Blob.class, Service::digest);
    serve(session, "numbers", Subscription.class, Service::numbers);
    serve(session, "gated", Gated.class, Service::gated);
    serve(session, "ping-pong", PingPong.class, Service::pingPong);
    serve(session, "one-way", Value.class, value -> {});
    serve(session, "echo-port", Request.class, this::echoPort);
    threads.execute(() -> serveGateway(session));
    serve(session, "abort", Request.class, request -> abort(session));
  }

  private <T> void serve(Session session, String name, Class<T> type, Handler<T> handler) {
    threads.execute(
        () -> {
          try {
            while (true) {
              Receiver<T> channel = session.accept(name, type);
              threads.execute(() -> answer(channel, handler));
            }
          } catch (ChannelException e) {
            // The session is over.
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  private static <T> void answer(Receiver<T> channel, Handler<T> handler) {
    try (channel) {
      for (T message = channel.receive(); message != null; message = channel.receive()) {
        handler.handle(message);
      }
    } catch (IOException e) {
      channel.close(Reason.of(ReasonCode.INTERNAL, "the handler failed: " + e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serveGateway(Session session) {
    try {
      dialer.handle(session);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void echoPort(Request request) throws ChannelException, InterruptedException {
    try (Sender<Value> answer = request.answer()) {
      answer.send(new Value(echo.port()));
    }
  }

  private static void square(Request request) throws ChannelException, InterruptedException {
    try (Sender<Value> answer = request.answer()) {
      if (request.value() < 0) {
        answer.fail("no square today for " + request.value());
      } else {
        answer.send(new Value(request.value() * request.value()));
      }
    }
  }

  private static void nested(Outer outer) throws ChannelException, InterruptedException {
    Channel<Inner> inner = Channel.of(Inner.class);
    try (Sender<Middle> answer = outer.answer()) {
      answer.send(new Middle(inner.sender()));
    }
    Inner last = inner.receiver().receive();
    if (last != null) {
      try (Sender<Value> answer = last.answer()) {
        answer.send(new Value(3));
      }
    }
  }

  private static void digest(Blob blob) throws IOException, InterruptedException {
    try (Sender<Digest> answer = blob.answer()) {
      answer.send(Checksums.of(blob.data()));
    }
  }

  private static void numbers(Subscription wish) throws ChannelException, InterruptedException {
    try (Sender<Ended> ended = wish.ended()) {
      ended.send(endless(wish.numbers()));
    }
  }

  private static Ended endless(Sender<Value> numbers) throws InterruptedException {
    try (numbers) {
      for (long number = 1; ; number++) {
        numbers.send(new Value(number));
      }
    } catch (ChannelException e) {
      return new Ended(e.reason().code().name(), e.reason().message());
    }
  }

  private static void gated(Gated gated) throws ChannelException, InterruptedException {
    try (Sender<Value> answer = gated.sum();
        Receiver<Value> numbers = gated.numbers()) {
      gated.gate().receive();
      long sum = 0;
      for (Value next = numbers.receive(); next != null; next = numbers.receive()) {
        sum += next.value();
      }
      answer.send(new Value(sum));
    }
  }

  private static void pingPong(PingPong game) throws ChannelException, InterruptedException {
    try (Sender<Value> back = game.back()) {
      for (Value ball = game.there().receive(); ball != null; ball = game.there().receive()) {
        back.send(ball);
      }
    }
  }

  private static void abort(Session session) {
    session.abort(Reason.of(ReasonCode.INTERNAL, "the demo pulled the plug"));
  }

  /** What is done with each message of a channel. */
  @FunctionalInterface
  private interface Handler<T> {
    void handle(T message) throws IOException, InterruptedException;
  }
}
