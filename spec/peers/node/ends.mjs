// What a stream carries: a channel's end (sections 5.2 and 5.3) or a byte stream's (5.4).
import { ExtData, encode } from '@msgpack/msgpack';
import { Extension, unpack } from './msgpack.mjs';
import { Body, END, LIMIT, PROTOCOL_ERROR, Reason, TRUNCATED, TYPE_MISMATCH, UNCLAIMED, UNSUPPORTED,
  check, frame, uint } from './wire.mjs';
import { Stream, TURN } from './yamux.mjs';

export const [MAX_MESSAGE, MAX_ATTACHMENTS, MAX_REASON] = [1 << 20, 32, 21_545];
const [MESSAGE, CLOSE, FLUSH, WITHDRAW, ECHO, RECEIVED, CANCEL, WITHDRAWN] = [16, 17, 18, 19, 20, 32, 33, 34];
const MOST = 2 + 9 * 65_535 + MAX_MESSAGE;
const FORWARD = { [MESSAGE]: MOST, [CLOSE]: MAX_REASON, [FLUSH]: 0, [WITHDRAW]: 8, [ECHO]: 8 };
const BACKWARD = { [RECEIVED]: 8, [CANCEL]: MAX_REASON, [WITHDRAWN]: 8 };
const attachments = {
  tryToEncode: (end, ends) => (end instanceof End ? new ExtData(1, uint(2, ends.indexOf(end))) : null),
  decode: () => null,
};

export class End extends Stream {
  parent = 0n; capacity = 0; sent = 0; acked = 0; counted = 0; received = 0; told = 0; flushed = -1;
  queue = []; given = new Set();
  /** The kind of section 4 says what the end is here. */
  become(kind) {
    Object.assign(this, { kind, receives: (kind === 1) !== this.mine });
    if (kind > 2) Object.assign(this, { unread: null, outcome: this.failure });
    this.reads = kind < 4 || (kind === 5) === this.mine;
    if (kind > 3 && this.reads) this.put(undefined, true); // CH-42
    else if (this.buffer.length && !this.reads) this.reset(new Reason(PROTOCOL_ERROR)); // CH-45
  }
  async next(limits) {
    const head = await this.take(5), [kind, size] = [head[0], head.readUInt32BE(1)];
    check(kind in limits, `a frame of kind ${kind}`); // FRM-1
    const number = kind === MESSAGE ? LIMIT : PROTOCOL_ERROR;
    check(size <= limits[kind], 'message-bytes: a frame that is too long', number); // FRM-2
    const start = kind === MESSAGE ? await this.take(Math.min(size, 2)) : Buffer.alloc(0);
    const count = start.length === 2 ? start.readUInt16BE() : 0;
    check(size - 2 - 9 * count <= MAX_MESSAGE, 'message-bytes: too long', LIMIT); // CH-2
    check(count <= MAX_ATTACHMENTS, 'attachments: too many', LIMIT); // ATT-4
    return [kind, new Body(Buffer.concat([start, await this.take(size - start.length)]))];
  }
  /** Takes the frames of a channel as they arrive, until one side has ended it. */
  async run() {
    try {
      while (!this.outcome) {
        const [kind, body] = await this.next(this.receives ? FORWARD : BACKWARD);
        this.arrived(kind, body);
        check(kind === MESSAGE || !body.rest.length, 'a body with more than its fields'); // FRM-3
        this.mux.wake();
      }
    } catch (reason) {
      this.outcome ??= this.failure;
      if (!this.ending) this.fail(reason);
    }
    this.mux.wake();
    if (this.receives) { // CH-27
      await this.mux.until(() => this.buffer.length || this.received >= this.counted);
      if (this.buffer.length) this.fail(new Reason(PROTOCOL_ERROR, 'a frame behind CLOSE')); // CH-20
      this.acknowledge(true);
    }
    this.put(undefined, true);
    this.drop();
  }
  fail(reason) {
    this.outcome ??= reason;
    if (this.kind > 2 || !this.receives) return this.reset(reason); // CH-3
    if (reason.number === TRUNCATED) return this.mux.wake(); // CH-26
    this.acknowledge(true);
    this.close(reason);
  }
  arrived(kind, body) {
    if (kind === MESSAGE) {
      check(++this.counted - this.told <= Math.max(1, this.capacity), 'more than the capacity'); // CH-14
      this.queue.push(body);
      this.unread += body.rest.length;
    } else if (kind === CLOSE) this.outcome = body.reason();
    else if (kind === CANCEL) { // CH-23
      [this.outcome, this.pending] = [body.reason(), Buffer.alloc(0)];
      check(this.outcome.number !== END, 'CANCEL with END'); // CTL-11
    } else if (kind === FLUSH) {
      this.flushed = this.counted;
      this.acknowledge();
    } else if (kind === WITHDRAW) { // CH-15
      check(body.uint(8) <= this.counted && !this.capacity, 'an impossible WITHDRAW');
      this.received += this.queue.length;
      this.put(frame(this.queue.length ? WITHDRAWN : RECEIVED, uint(8, this.received)));
      Object.assign(this, { queue: [], unread: 0, told: this.received });
    } else if (kind === ECHO) body.take(8); // FWD-17
    else {
      const count = Number(body.uint(8));
      check(kind === RECEIVED && this.acked <= count && count <= this.sent, 'an impossible ACK'); // CH-13
      this.acked = count;
    }
  }
  acknowledge(now = false) { // CH-11, CH-12
    const owed = this.received - this.told, asked = this.flushed >= 0 && this.flushed <= this.received;
    if (!(owed && now) && owed < Math.max(1, this.capacity >> 1) && !asked) return;
    [this.told, this.flushed] = [this.received, -1];
    this.put(frame(RECEIVED, uint(8, this.received)));
  }
  /** The next message with these fields, null at the end. A type is a test, or a kind of stream. */
  async receive(types) {
    const body = await this.ready(() => this.queue.shift() ?? this.outcome?.number === END);
    if (body === true) return null;
    const size = body.rest.length, ends = [];
    let fields = {};
    try {
      const table = Array.from({ length: body.uint(2) }, () => [body.uint(1), body.uint(8)]);
      for (const [kind, ref] of table) ends.push(await this.mux.claim(kind, ref, this.ref));
      const message = unpack(body.rest);
      check(message?.constructor === Object, 'a message that is no map', TYPE_MISMATCH); // COD-2
      for (const name in types) fields[name] = this.fit(name, message[name], types[name], ends, fields);
      return fields;
    } catch (reason) {
      fields = {};
      if (reason.number === PROTOCOL_ERROR) this.fail(reason); // CH-25
      throw reason;
    } finally {
      const left = ends.filter((end) => !Object.values(fields).includes(end));
      for (const end of left) end.reset(new Reason(UNCLAIMED)); // ATT-6
      [this.received, this.unread] = [this.received + 1, Math.max(0, this.unread - size)];
      this.acknowledge();
      this.credit();
      this.mux.wake();
    }
  }
  fit(name, value, want, ends, fields) { // COD-10 to COD-12, ATT-5
    const named = value instanceof Extension && value.type === 1 ? ends[value.value] : null;
    const fresh = named && !Object.values(fields).includes(named);
    const good = typeof want === 'number' ? fresh && named.kind === want : want(value);
    check((value ?? null) === null || good, name, TYPE_MISMATCH);
    return named ?? value ?? null;
  }
  /** Opens a stream for a message that is sent here next (ATT-1); the answer is this side's end of it. */
  async give(kind, capacity = 1024) {
    const end = await this.mux.place(() => this.mux.launch(kind, capacity, this.ref));
    this.given.add(end);
    return end;
  }
  /** Sends a map of what the library can encode, and of what give() answered: the peer gets the other end. */
  async send(fields) {
    const ends = Object.values(fields).filter((value) => value instanceof End);
    check(ends.every((end) => this.given.has(end)), 'an end that was not given here', UNSUPPORTED); // FWD-17
    const options = { extensionCodec: attachments, context: ends, useBigInt64: true };
    const bytes = Buffer.from(encode(fields, options));
    check(bytes.length <= this.mux.allowed(6), 'message-bytes: a longer message', LIMIT); // CH-2
    check(ends.length <= this.mux.allowed(8), 'attachments: more than the peer takes', LIMIT); // ATT-4
    await this.ready(() => !this.ending && this.pending.length < TURN
      && this.sent - this.acked < Math.max(1, this.capacity) && ++this.sent); // CH-10
    const table = ends.map((end) => Buffer.concat([Buffer.of(end.kind), uint(8, end.ref)]));
    for (const end of ends) this.given.delete(end);
    this.put(frame(MESSAGE, Buffer.concat([uint(2, ends.length), ...table, bytes])));
    if (!this.capacity) await this.acknowledged();
  }
  acknowledged() {
    const number = this.sent;
    return this.ready(() => this.acked >= number);
  }
  flush() { // CH-12
    this.put(frame(FLUSH));
    return this.acknowledged();
  }
  /** Ends this side of a channel: a sender by CLOSE, a receiver by CANCEL. */
  close(reason = new Reason(END)) { // CH-20, CH-23
    Object.assign(this, { outcome: this.outcome ?? reason, queue: [], counted: this.received });
    this.put(frame(this.receives ? CANCEL : CLOSE, reason.encode()), true);
    this.mux.wake();
  }
  /** Some bytes of a byte stream; none is the end. */
  async read(most = TURN) {
    await this.ready(() => this.buffer.length || this.eof);
    const bytes = this.cut(Math.min(most, this.buffer.length));
    this.credit();
    return bytes;
  }
  async write(bytes) {
    for (let at = 0; at < bytes.length; at += TURN) {
      await this.ready(() => !this.ending && this.pending.length < TURN);
      this.put(bytes.subarray(at, at + TURN));
    }
  }
}
