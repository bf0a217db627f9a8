// A session: preambles (section 4) and the control stream (5.1).
import { End, MAX_ATTACHMENTS, MAX_MESSAGE, MAX_REASON } from './ends.mjs';
import { Body, DEADLINE, DRAINING, END, LIMIT, PROTOCOL_ERROR, Reason, REF_NOT_FOUND, UNCLAIMED, UNSUPPORTED,
  check, frame, header, sized, uint } from './wire.mjs';
import { Mux, STREAMS, times } from './yamux.mjs';

const [HELLO, DRAIN, SESSION_END, JOINED, DESCRIPTORS] = [1, 2, 3, 4, 5];
const CONTROL = { [HELLO]: 16_384, [DRAIN]: 0, [SESSION_END]: MAX_REASON, [JOINED]: 16, [DESCRIPTORS]: 8 };
const BACKLOG = 16;
const PREAMBLE = [{ 3: 4, 4: 8 }, { 1: 8192, 2: 8192, 5: 8192, 6: 8192, 8: 8192 }];
const GREETING = [{ 5: 4, 6: 4, 8: 4, 9: 4 }, { 1: 99, 2: 1024, 3: 1024, 4: 16_384 }];

export class Session extends Mux {
  Stream = End; control = null; hello = null; draining = false;
  waiting = new Map(); backlog = []; // by reference: ends that no message named; and channels
  constructor(socket, connecting) {
    super(socket, connecting);
    this.begun = Date.now();
    this.watching = setInterval(() => this.watch(), 100);
    if (!connecting) return;
    this.control = this.launch(0); // PRE-5
    this.greet();
  }
  /** Opens a stream of a kind; its id is its reference as well: PRE-1. */
  launch(kind, capacity = 0, parent = 0n, name = '') {
    const end = this.start(), channel = kind === 1 || kind === 2;
    Object.assign(end, { ref: BigInt(end.id), capacity, parent });
    const headers = channel ? [header(1, name), header(2, 'msgpack'), header(3, uint(4, capacity))] : [];
    headers.push(header(4, uint(8, parent)));
    end.put(sized(Buffer.concat([Buffer.of(kind), uint(8, end.ref), ...headers])));
    this.begin(end, kind);
    return end;
  }
  begin(end, kind) {
    end.become(kind);
    if (kind < 3) (kind ? end.run() : this.serve(end));
  }
  async opened(end) {
    let kind, ref, found;
    try {
      const size = (await end.take(2)).readUInt16BE();
      check(size <= 8192, 'a preamble that is too long'); // PRE-2
      const body = new Body(await end.take(size));
      [kind, ref, found] = [body.uint(1), body.uint(8), body.headers(...PREAMBLE)];
      Object.assign(end, { capacity: found[3] ?? 1024, parent: found[4] ?? 0n });
      check(end.capacity <= 1 << 20, 'a capacity');
      check(ref > 0n && ref < 2n ** 63n && this.theirs(ref) && !this.known(ref), 'a reference'); // PRE-3
      check((kind === 0) === !this.control && (ref === 1n || kind), 'a control stream'); // PRE-5
      check(!kind || this.connecting || this.hello, 'a stream before HELLO'); // CTL-1
    } catch (reason) { return end.failure ? null : this.finish(new Reason(PROTOCOL_ERROR, reason.message)); }
    this.control ??= end;
    end.ref = ref;
    this.begin(end, kind);
    if (end.parent) this.waiting.set(ref, end);
    const codec = kind < 1 || kind > 2 || found[2] === 'msgpack', lost = kind > 1 && !end.parent;
    const unknown = kind > 6 || Object.keys(found).some((key) => key > 127);
    if (unknown || !codec || lost) end.reset(new Reason(UNSUPPORTED)); // PRE-4, PRE-9, PRE-6
    else if (this.waiting.size > 1024) end.reset(new Reason(LIMIT)); // ATT-10
    else if (!kind || end.parent) this.wake();
    else if (this.backlog.length >= BACKLOG) end.close(new Reason(LIMIT, 'backlog: full')); // PRE-7
    else this.backlog.push({ name: found[1] ?? '', end });
    this.wake();
  }
  theirs(ref) { return ref % 2n !== BigInt(this.connecting); }
  known(ref) { return this.waiting.has(ref) || [...this.streams.values()].some((s) => s.ref === ref); }
  /** The end that a message names: ATT-2, ATT-3. */
  async claim(kind, ref, parent) {
    check(kind > 0 && kind <= 6 && this.theirs(ref), "a reference that is not the sender's");
    await this.until(() => this.known(ref), times.reference);
    check(this.known(ref), 'a stream that did not arrive', REF_NOT_FOUND);
    const end = this.waiting.get(ref);
    this.waiting.delete(ref);
    check(end?.kind === kind && end.parent === parent, 'a reference to something else');
    return end;
  }
  async serve(control) {
    try {
      for (;;) {
        const [kind, body] = await control.next(CONTROL);
        check(kind === SESSION_END || (kind === HELLO) === !this.hello, 'HELLO'); // CTL-1
        if (kind === HELLO) {
          const hello = body.headers(...GREETING);
          check(hello[1] === '1', 'another version', UNSUPPORTED); // CTL-3
          this.hello = hello;
          if (!this.connecting) this.greet();
        } else if (kind === SESSION_END) {
          this.told = body.reason();
          check(this.told.number !== END, 'SESSION_END with END'); // CTL-11
        } else if (kind === DESCRIPTORS) check(!body.uint(8), 'descriptors that were not sent'); // FD-7
        else if (kind === JOINED) body.take(16); // FWD-17
        this.draining ||= kind === DRAIN;
        check(!body.rest.length, 'a body with more than its fields'); // FRM-3
        this.wake();
      }
    } catch (reason) { // CTL-9
      const ended = control.eof || control.failure;
      this.finish(ended ? new Reason(PROTOCOL_ERROR, 'the control stream ended') : reason);
    }
  }
  greet() {
    const limits = [[5, STREAMS], [6, MAX_MESSAGE], [8, MAX_ATTACHMENTS]];
    const headers = [header(1, '1'), header(2, 'node'), header(4, 'msgpack')];
    for (const [key, limit] of limits) headers.push(header(key, uint(4, limit)));
    this.control.put(frame(HELLO, Buffer.concat(headers)));
  }
  farewell(reason) { this.control?.put(frame(SESSION_END, reason.encode())); } // CTL-5
  allowed(key) { return this.hello[key] ?? 0; }
  /** Waits for a place, and takes it: CTL-7. */
  async place(launch) {
    const end = await this.until(() => this.over ?? (this.count(true) < this.allowed(5) && launch()));
    if (this.over) throw this.over;
    return end;
  }
  async open(name = '', capacity = 1024) {
    check(this.hello[4]?.split(',').includes('msgpack'), 'the peer has no msgpack', UNSUPPORTED);
    return this.place(() => {
      check(!this.draining, 'the peer drains', DRAINING); // CTL-4
      return this.launch(1, capacity, 0n, name);
    });
  }
  /** The next channel that the peer opened with that name; null when the session is over. */
  async accept(name = '') {
    const found = await this.until(() => this.over ?? this.backlog.find((entry) => entry.name === name));
    this.backlog = this.backlog.filter((entry) => entry !== found);
    return found.end ?? null;
  }
  watch() {
    if (this.over) return clearInterval(this.watching);
    this.keepAlive();
    const late = !this.hello && Date.now() - this.begun > times.handshake;
    if (late) this.finish(new Reason(DEADLINE, 'no HELLO')); // CTL-6
    for (const [ref, end] of this.waiting) { // PRE-8
      const parent = [...this.streams.values()].find((s) => s.ref === end.parent);
      if (parent?.unread || parent?.buffer.length) end.since = Date.now();
      else if (Date.now() - end.since > times.reference) {
        this.waiting.delete(ref);
        end.reset(new Reason(UNCLAIMED));
      }
    }
  }
}
