package io.libchan.calls;

import io.libchan.Reason;
import io.libchan.ReasonCode;
import io.libchan.Sender;
import io.libchan.spi.Undelivered;
import java.util.Objects;

/**
 * A request and where its answer goes: the message of a channel that is called. Made by a {@link
 * Caller} and answered by {@link Calls#serve}. Rules CALL-1 and CALL-2.
 *
 * <p>What the other side sees: a map of {@code request} and {@code reply}. The deadline and the
 * trace of the call are headers of the reply channel.
 *
 * <p>Thread-safe if the request is.
 *
 * @param <Q> the type of requests
 * @param <A> the type of answers
 * @param request what is asked for; not null
 * @param reply takes one reply and is closed then; not null
 */
public record Call<Q, A>(Q request, Sender<Reply<A>> reply) implements Undelivered {
  /** Refuses a call without a request, or that can't be answered. */
  public Call {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(reply, "reply");
  }

  /** Tells the caller that nobody received this call. */
  @Override
  public void undelivered(Reason reason) {
    reply.fail(Reason.of(ReasonCode.UNCLAIMED, "nobody received the call: " + reason));
  }
}
