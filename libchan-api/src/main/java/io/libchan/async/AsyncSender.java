package io.libchan.async;

import io.libchan.ChannelException;
import io.libchan.Sender;
import io.libchan.spi.Ends;
import io.libchan.spi.SendPort;
import io.libchan.spi.StreamContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Sends as futures; see {@link Async#of(Sender, Executor)}.
 *
 * <p>Thread-safe.
 *
 * @param <T> the message type
 */
public final class AsyncSender<T> {
  private final Sender<T> sender;
  private final Requests<Step> queue = new Requests<>();
  private final Turns turns;

  AsyncSender(Sender<T> sender, Executor executor) {
    this.sender = sender;
    turns = new Turns(executor, Ends.port(sender));
  }

  /**
   * Sends a message, as {@link Sender#send(Object)} does. Messages of one adapter leave in the
   * order given; those that wait for room are held here, so a caller that never looks at the
   * futures has no back-pressure.
   *
   * <p>The future completes on the executor when {@code send} would have returned: when the message
   * is on its way, or with capacity 0 when a receiver took it. Or with what {@code send} throws:
   * {@link ChannelException}, {@link IllegalStateException} if this end was closed here or sent
   * away before the message left, {@link IllegalArgumentException} from encoding. Then nothing was
   * delivered and the caller still owns what is attached.
   *
   * <p>{@code cancel}, {@code orTimeout} and completing it otherwise withdraw the message. They
   * answer false, and do nothing, if it is on its way already; with capacity 0 it is then asked
   * back, and the future completes as wished if it came back, or normally if it was received.
   *
   * <p>What the message opens belongs to the context of the thread that called this, see {@link
   * io.libchan.calls.CallContext}.
   *
   * @param message the message; not null, and not to be changed any more
   */
  public CompletableFuture<@Nullable Void> send(T message) {
    return add(new Sending(Objects.requireNonNull(message)));
  }

  /**
   * Completes when the application at the far end received every message given to {@link #send}
   * before, as {@link Sender#flush()}. Completes with {@link ChannelException} if the channel ended
   * before that, {@link IllegalStateException} if this end was sent away. Giving it up does not
   * touch the messages.
   */
  public CompletableFuture<@Nullable Void> flush() {
    return add(new Flushing());
  }

  /** Does something when everything given before has left or failed; never fails. */
  void afterwards(Runnable action) {
    Step unused = add(new Ending(action)); // it can only succeed
  }

  private Step add(Step step) {
    queue.add(step);
    turns.schedule();
    return step;
  }

  /** What the queue holds. */
  private abstract class Step extends Request<@Nullable Void> {
    long number;

    Step() {
      super(turns, queue);
    }

    /** Does its first part; whether it is no more the queue's. */
    abstract boolean start() throws ChannelException;

    /** Looks whether it is done; whether it was. */
    abstract boolean settle() throws ChannelException;
  }

  private final class Sending extends Step {
    private final T message;
    private final StreamContext context = StreamContext.current();
    private @Nullable SendPort<T> taker; // answers for the message, whatever its successor is

    Sending(T message) {
      this.message = message;
    }

    @Override
    boolean start() throws ChannelException {
      SendPort<T> port;
      StreamContext before = StreamContext.bind(context);
      try {
        do {
          port = Ends.openPort(sender);
          number = port.trySend(message);
        } while (number == SendPort.SUPERSEDED);
      } finally {
        StreamContext unused = StreamContext.bind(before);
      }
      taker = port;
      if (number == SendPort.NO_ROOM) {
        return !pause();
      }
      if (sender.capacity() == 0) {
        turns.underWay.add(this);
      } else {
        finish(null);
      }
      return true;
    }

    @Override
    boolean settle() throws ChannelException {
      SendPort<T> port = Objects.requireNonNull(taker);
      if (!isGivenUp()) {
        if (!port.isReceived(number)) {
          return false;
        }
        finish(null);
        return true;
      }
      switch (port.withdraw(number)) {
        case WITHDRAWN -> surrender();
        case RECEIVED -> finish(null);
        default -> {
          return false;
        }
      }
      return true;
    }
  }

  private final class Flushing extends Step {
    private @Nullable SendPort<T> asked;

    @Override
    boolean start() {
      number = Ends.port(sender).sent();
      turns.underWay.add(this);
      return true;
    }

    @Override
    boolean settle() throws ChannelException {
      if (isGivenUp()) {
        surrender();
        return true;
      }
      if (!Ends.isHere(sender)) {
        throw new IllegalStateException("this end was sent away");
      }
      SendPort<T> port = Ends.port(sender);
      if (port != asked) {
        asked = port; // its successor does not know that word was asked for
        port.requestReceipt();
      }
      if (!port.isReceived(number)) {
        return false;
      }
      finish(null);
      return true;
    }
  }

  private final class Ending extends Step {
    private final Runnable action;

    Ending(Runnable action) {
      this.action = action;
    }

    @Override
    boolean start() {
      if (turns.underWay.isEmpty()) {
        action.run();
        finish(null);
        return true;
      }
      return !pause();
    }

    @Override
    boolean settle() {
      return true;
    }
  }

  private final class Turns extends Serial {
    // Sent, or flushing: for what is to be received. Only turns touch all this.
    final List<Step> underWay = new ArrayList<>(1);
    private SendPort<T> roomPort;
    private SendPort<T> receiptPort;
    private @Nullable Wake room;
    private @Nullable Wake receipt;

    Turns(Executor executor, SendPort<T> port) {
      super(executor);
      roomPort = port;
      receiptPort = port;
    }

    @Override
    void turn() {
      // Known before anything is asked: superseded meanwhile, it signals at once.
      SendPort<T> known = Ends.port(sender);
      underWay.removeIf(this::settled);
      Step step = queue.first();
      while (step != null && started(step)) {
        queue.remove(step);
        underWay.removeIf(this::settled);
        step = queue.first();
      }
      if (step != null && !(step instanceof AsyncSender<?>.Ending)) {
        awaitRoom();
      } else if (room != null) {
        roomPort.cancel(room);
        room = null;
      }
      if (!underWay.isEmpty()) {
        awaitReceipt(known);
      } else if (receipt != null) {
        receiptPort.cancel(receipt);
        receipt = null;
      }
    }

    private boolean started(Step step) {
      if (!step.begin()) {
        return true;
      }
      if (refusal() != null && !(step instanceof AsyncSender<?>.Ending)) {
        step.fail(refusal());
        return true;
      }
      try {
        return step.start();
      } catch (Throwable e) {
        step.fail(e);
        return true;
      }
    }

    private boolean settled(Step step) {
      try {
        return step.settle();
      } catch (Throwable e) {
        step.fail(e);
        return true;
      }
    }

    private void awaitRoom() {
      if (room == null || room.isSignalled()) {
        room = new Wake(this);
        roomPort = Ends.port(sender);
        roomPort.awaitRoom(room);
      }
    }

    private void awaitReceipt(SendPort<T> known) {
      if (receipt == null || receipt.isSignalled()) {
        receipt = new Wake(this);
        receiptPort = known;
        // In the order of their numbers, so the first one is received first.
        receiptPort.awaitReceipt(underWay.get(0).number, receipt);
      }
    }
  }
}
