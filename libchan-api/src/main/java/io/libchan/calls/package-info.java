/**
 * Request and response over channels: a message with a return channel, and around it what nearly
 * every service needs. {@link io.libchan.calls.Caller} asks, {@link io.libchan.calls.Calls} serves,
 * and {@link io.libchan.calls.CallContext} carries deadline, trace and cancellation along.
 *
 * <p>On the wire a call is a plain message, section 9 of the specification, so that a peer in
 * another language takes part with nothing but channels.
 *
 * <pre>{@code
 * record Add(long a, long b) {}
 * record Sum(long value) {}
 *
 * // The one side
 * Receiver<Call<Add, Sum>> requests = session.accept("add", new TypeRef<Call<Add, Sum>>() {});
 * Serving serving = Calls.serve(requests, add -> new Sum(Math.addExact(add.a(), add.b())));
 *
 * // The other side
 * Sender<Call<Add, Sum>> adding = session.open("add", new TypeRef<Call<Add, Sum>>() {}, 64);
 * Caller<Add, Sum> caller = new Caller<>(adding);
 * Sum sum = caller.call(new Add(2, 3), Duration.ofSeconds(1));
 * }</pre>
 *
 * <p>Answers that come in pieces need nothing more: put a {@code Sender<Piece>} into the request,
 * and let the handler send the pieces there and answer when all were sent. The same goes for bytes
 * and a {@link io.libchan.ByteStream}.
 */
package io.libchan.calls;
