package io.libchan.benchmarks;

import java.util.concurrent.CompletableFuture;
import kotlin.ResultKt;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import kotlin.coroutines.jvm.internal.ContinuationImpl;
import kotlin.jvm.functions.Function2;
import kotlinx.coroutines.BuildersKt;
import kotlinx.coroutines.CoroutineScope;
import kotlinx.coroutines.CoroutineStart;
import kotlinx.coroutines.Dispatchers;
import kotlinx.coroutines.GlobalScope;
import kotlinx.coroutines.channels.BufferOverflow;
import kotlinx.coroutines.channels.Channel;
import kotlinx.coroutines.channels.ChannelKt;

/**
 * A channel of Kotlin between two coroutines of its default dispatcher. The coroutines are written
 * as the state machines that Kotlin's compiler makes of two loops.
 */
final class KotlinTransfer implements MemoryTransfer {
  private static final Object SUSPENDED = IntrinsicsKt.getCOROUTINE_SUSPENDED();

  private final Channel<Sample> channel;

  KotlinTransfer(int capacity) {
    channel = ChannelKt.Channel(capacity, BufferOverflow.SUSPEND, null);
  }

  @Override
  public void move(int count) throws Exception {
    CompletableFuture<Received> received = new CompletableFuture<>();
    launch((scope, completion) -> new Sending(completion, count).invokeSuspend(Unit.INSTANCE));
    launch(
        (scope, completion) ->
            new Receiving(completion, count, received).invokeSuspend(Unit.INSTANCE));
    Checks.allReceived(count, received.get());
  }

  private static void launch(
      Function2<CoroutineScope, Continuation<? super Unit>, Object> coroutine) {
    BuildersKt.launch(
        GlobalScope.INSTANCE, Dispatchers.getDefault(), CoroutineStart.DEFAULT, coroutine);
  }

  @Override
  public void close() {
    channel.close(null);
  }

  @SuppressWarnings("unchecked") // the compiler's own state machines are raw in the same way
  private static Continuation<Object> raw(Continuation<? super Unit> completion) {
    return (Continuation<Object>) (Continuation<?>) completion;
  }

  private final class Sending extends ContinuationImpl {
    private final int count;
    private int sent;

    Sending(Continuation<? super Unit> completion, int count) {
      super(raw(completion));
      this.count = count;
    }

    @Override
    protected Object invokeSuspend(Object result) {
      ResultKt.throwOnFailure(result);
      while (sent < count) {
        if (channel.send(Samples.at(sent++), asUnit(this)) == SUSPENDED) {
          return SUSPENDED;
        }
      }
      return Unit.INSTANCE;
    }
  }

  private final class Receiving extends ContinuationImpl {
    private final int count;
    private final CompletableFuture<Received> done;
    private final Tally tally = new Tally();
    private int received;
    private boolean waiting;

    Receiving(Continuation<? super Unit> completion, int count, CompletableFuture<Received> done) {
      super(raw(completion));
      this.count = count;
      this.done = done;
    }

    @Override
    protected Object invokeSuspend(Object result) {
      ResultKt.throwOnFailure(result);
      if (waiting) {
        waiting = false;
        take(result);
      }
      while (received < count) {
        waiting = true; // before the call: another thread may go on here while it returns
        Object next = channel.receive(asSample(this));
        if (next == SUSPENDED) {
          return SUSPENDED;
        }
        waiting = false;
        take(next);
      }
      done.complete(tally.received());
      return Unit.INSTANCE;
    }

    private void take(Object message) {
      received++;
      tally.add(((Sample) message).id(), message);
    }
  }

  @SuppressWarnings("unchecked")
  private static Continuation<Unit> asUnit(Continuation<?> continuation) {
    return (Continuation<Unit>) continuation;
  }

  @SuppressWarnings("unchecked")
  private static Continuation<Sample> asSample(Continuation<?> continuation) {
    return (Continuation<Sample>) continuation;
  }
}
