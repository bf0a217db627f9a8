// yamux in the strict profile of section 3. The library has the frames and the numbers of streams; streams
// are not its own, which grant all credit at the first read (MUX-9) and have no reason for a reset (MUX-5).
import { yamux } from '@chainsafe/libp2p-yamux';
import { CANCELLED, CONNECTION_LOST, KEEPALIVE_TIMEOUT, LIMIT, PROTOCOL_ERROR, Reason, SESSION_CLOSED,
  TRUNCATED, check } from './wire.mjs';

const [DATA, UPDATE, PING, GO_AWAY] = [0, 1, 2, 3];
const [SYN, ACK, FIN, RST] = [1, 2, 4, 8];
export const [WINDOW, TURN, STREAMS, BUDGET] = [262_144, 65_536, 64, 32 << 20];
export const times = { handshake: 5e3, reference: 10e3, close: 5e3, keepAlive: 30e3, silence: 10e3 };
const log = Object.assign(() => {}, { trace() {}, error() {} });
const none = Buffer.alloc(0);

/** unread: how many bytes of whole messages wait; null where there are no messages. A failure becomes the
 *  outcome when all that arrived before is taken: CH-26. */
export class Stream {
  buffer = none; pending = none; window = WINDOW; owed = 0; unread = 0; kind = -1; ref = 0n; receives = false;
  failure = null; outcome = null; eof = false; ending = false; ended = false; deaf = false; reads = true;
  since = Date.now();
  constructor(mux, id) {
    Object.assign(this, { mux, id, mine: id % 2 === Number(mux.connecting) });
    mux.streams.set(id, this);
  }
  sendWindowUpdate() { this.mux.put(UPDATE, SYN, this.id); } // called by the library when it opens one: MUX-1
  /** Sends what the window allows, and the rest later. */
  put(data = none, end = false) {
    if (!this.ending) [this.pending, this.ending] = [Buffer.concat([this.pending, data]), end];
    for (let size; (size = Math.min(this.pending.length, this.window, TURN));) { // MUX-7, MUX-8
      this.mux.put(DATA, 0, this.id, size, this.pending.subarray(0, size));
      [this.window, this.pending] = [this.window - size, this.pending.subarray(size)];
    }
    if (this.ending && !this.ended && !this.pending.length) { // MUX-3
      this.ended = true;
      this.mux.put(DATA, FIN, this.id);
    }
    if (this.ended && this.eof) this.mux.streams.delete(this.id);
  }
  credit() { // MUX-9, MUX-10: what is behind a whole message waits as well
    const waiting = this.unread === 0 ? 0 : this.unread + this.buffer.length;
    if (this.owed - waiting < WINDOW / 2 || this.eof) return;
    this.mux.put(UPDATE, 0, this.id, this.owed - waiting);
    this.owed = waiting;
  }
  /** Waits until the test holds; a failure before that is thrown. */
  async ready(test) {
    for (let value; ; await this.mux.changed) {
      if ((value = test())) return value;
      if (this.outcome) throw this.outcome;
    }
  }
  async take(size) {
    await this.mux.until(() => this.buffer.length >= size || this.failed || this.eof || this.credit());
    if (this.buffer.length >= size) return this.cut(size);
    throw this.failed ?? new Reason(TRUNCATED, 'the stream ended in its middle'); // CH-22
  }
  cut(size) {
    const taken = this.buffer.subarray(0, size);
    this.buffer = this.buffer.subarray(size);
    return taken;
  }
  reset(reason = new Reason(CANCELLED)) { // MUX-5
    if (!this.mux.streams.has(this.id)) return;
    this.mux.put(UPDATE, RST, this.id, reason.number);
    this.over(reason);
  }
  get failed() { return this.outcome ?? this.failure; }
  over(reason) {
    Object.assign(this, { failure: this.failed ?? reason, ending: true, ended: true, pending: none });
    if (this.unread === null) this.outcome = this.failure;
    this.mux.streams.delete(this.id);
    this.mux.wake();
  }
  drop() { Object.assign(this, { deaf: true, buffer: none, unread: 0 }); }
}

/** Who extends it has Stream, opened(stream) for a stream of the peer's, and farewell(reason). */
export class Mux {
  streams = new Map(); lastId = 0; heard = Date.now(); pinged = false;
  over = null; told = null; gone = null; left = false;
  constructor(socket, connecting) {
    Object.assign(this, { socket, connecting });
    this.wake();
    const options = { enableKeepAlive: false, maxOutboundStreams: Infinity };
    options.direction = connecting ? 'outbound' : 'inbound';
    this.library = yamux()({ logger: { forComponent: () => log } }).createStreamMuxer(options);
    this.library.source.next(); // its own first PING: MUX-11
    Object.assign(this.library, {
      _newStream: (id) => new this.Stream(this, id),
      handleFrame: (head, read) => this.arrived(head, read),
      abort: (e) => this.finish(e instanceof Reason ? e : new Reason(PROTOCOL_ERROR, e.message)),
      close: () => this.finish(new Reason(this.left ? SESSION_CLOSED : CONNECTION_LOST, 'the end')),
    });
    this.reading = this.read();
    this.writing = this.write();
  }
  async read() {
    const input = this.socket.on('error', () => {})[Symbol.asyncIterator]();
    const heard = { [Symbol.asyncIterator]: () => ({ next: () => this.hear(input) }) };
    await this.library.sink(heard);
    while (!(await this.hear(input)).done); // closing now would take away what the peer has not read yet
    this.socket.destroy();
  }
  async hear(input) {
    const chunk = await input.next().catch(() => ({ done: true })); // BYT-2
    [this.heard, this.pinged] = [Date.now(), false];
    return chunk;
  }
  async write() {
    for await (const bytes of this.library.source) this.socket.write(bytes.subarray());
    this.socket.end();
  }
  put(type, flag, streamID, length = 0, data = none) {
    if (!this.left) this.library.sendFrame({ type, flag, streamID, length }, data);
  }
  wake() {
    this.wakeAll?.();
    this.changed = new Promise((resolve) => { this.wakeAll = resolve; });
  }
  /** Waits until the test holds; no longer than the time-out. */
  async until(test, timeout = 2 ** 30) {
    let late = false, value;
    const timer = setTimeout(() => { late = true; this.wake(); }, timeout);
    while (!(value = test()) && !late) await this.changed;
    clearTimeout(timer);
    return value;
  }
  /** Opens a stream, of which the preamble has to follow at once: MUX-1. */
  start() {
    const stream = this.library.newStream();
    this.library._streams.clear();
    return stream;
  }
  count(mine) { return [...this.streams.values()].filter((s) => s.mine === mine && s.kind !== 0).length; }
  async arrived({ type, flag, streamID: id, length }, read) {
    if (this.over) return;
    if (type === PING) return flag & SYN ? this.put(PING, ACK, 0, length) : undefined; // MUX-11
    if (type === GO_AWAY) { // MUX-13, MUX-18: what came before is taken first
      this.gone = new Reason(length ? CONNECTION_LOST : SESSION_CLOSED, 'GO_AWAY');
      return setImmediate(() => this.finish(this.gone));
    }
    check(type === DATA || type === UPDATE, 'no frame of yamux'); // MUX-15
    check(type !== DATA || length <= WINDOW, 'more than the window'); // MUX-7
    const data = type === DATA ? (await read()).subarray() : none, mine = id % 2 === Number(this.connecting);
    check(this.socket.writableLength < BUDGET, 'unwritten: too much', LIMIT);
    if (flag & SYN) {
      check(!mine && id > this.lastId, 'a stream id'); // MUX-14
      this.lastId = id;
      if (this.count(false) >= STREAMS) return this.put(UPDATE, RST, id, LIMIT); // MUX-17
      this.put(UPDATE, ACK, id); // MUX-2
      this.opened(new this.Stream(this, id));
    }
    const stream = this.streams.get(id); // MUX-4, MUX-15
    if (!stream) {
      const opened = id > 0 && (mine ? id < this.library.nextStreamID : id <= this.lastId);
      return check(opened, 'a stream that was never opened');
    }
    if (flag & RST) return stream.over(new Reason((type === UPDATE && length) || TRUNCATED, 'reset'));
    if (type === UPDATE) check((stream.window += length) < 2 ** 31, 'a window that is too large'); // MUX-7
    else this.data(stream, data);
    stream.eof ||= Boolean(flag & FIN);
    if (stream.deaf) stream.credit();
    stream.put();
    this.wake();
  }
  data(stream, data) {
    check((stream.owed += data.length) <= WINDOW, 'more than the window');
    check(!data.length || !stream.eof, 'bytes behind FIN'); // MUX-19
    if (data.length && !stream.reads) return stream.reset(new Reason(PROTOCOL_ERROR)); // CH-45
    if (!stream.deaf) stream.buffer = Buffer.concat([stream.buffer, data]);
    const held = (s) => s.buffer.length + s.unread, all = [...this.streams.values()];
    if (all.reduce((sum, s) => sum + held(s), 0) <= BUDGET) return;
    all.sort((a, b) => held(b) - held(a))[0].fail(new Reason(LIMIT, 'session-memory: full')); // LIM-2
  }
  keepAlive() { // MUX-12
    const silent = Date.now() - this.heard;
    if (silent > times.keepAlive + times.silence) this.finish(new Reason(KEEPALIVE_TIMEOUT, 'silence'));
    else if (silent > times.keepAlive && !this.pinged) {
      this.pinged = true;
      this.put(PING, SYN, 0);
    }
  }
  leave(code) {
    this.put(GO_AWAY, 0, 0, code);
    this.left = true;
  }
  /** Ends the session in good order, when everything is written: MUX-13. */
  async close() {
    const written = () => [...this.streams.values()].every((s) => !s.pending.length);
    await this.until(() => this.over || written(), times.close);
    this.leave(0);
    await this.until(() => this.over, times.close);
    this.finish(new Reason(SESSION_CLOSED, 'closed'));
  }
  /** Ends the session for a reason. */
  finish(reason) {
    if (this.over) return;
    if (!this.told && ![SESSION_CLOSED, CONNECTION_LOST].includes(reason.number)) this.farewell(reason);
    this.leave({ [SESSION_CLOSED]: 0, [PROTOCOL_ERROR]: 1, [LIMIT]: 1 }[reason.number] ?? 2);
    this.over = this.told ?? this.gone ?? reason;
    for (const stream of [...this.streams.values()]) stream.over(this.over);
    this.library.source.end();
    setTimeout(() => this.socket.destroy(), times.close).unref();
    this.wake();
  }
}
