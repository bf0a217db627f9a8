// The ends that applications hold, and the channel inside one process.
//
// An end waits, a port never does. The end keeps its callers in line and tries the port again whenever that says
// `changed()`; so a channel in this process and one to a peer can't differ in how they wait, end or are given up. An end
// that stays where the other one was sent away gets another port (`attach`), and nobody above notices.
import { DEFAULT_CAPACITY, MAX_CAPACITY } from './frames.js';
import { ChannelError, MisuseError, Reason, reasonOf } from './reason.js';

export const ATTACH = Symbol('attach');
export const PORT = Symbol('port');
export const MOVE = Symbol('move');
export const CHANGED = Symbol('changed');

export function checkCapacity(capacity) {
  if (!Number.isInteger(capacity) || capacity < 0 || capacity > MAX_CAPACITY) {
    throw new RangeError(`capacity ${capacity}: 0 to ${MAX_CAPACITY}`);
  }
}

/** Callers of an end that wait, first come first served; each may give up by its AbortSignal. */
class Line {
  #entries = [];

  get head() {
    return this.#entries[0];
  }

  add(entry, signal, giveUp) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      Object.assign(entry, { resolve, reject, signal });
      entry.onAbort = () => giveUp(entry);
      signal?.addEventListener('abort', entry.onAbort);
      this.#entries.push(entry);
    });
  }

  resolve(entry, value) {
    this.#leave(entry);
    entry.resolve(value);
  }

  reject(entry, error) {
    this.#leave(entry);
    entry.reject(error);
  }

  rejectAll(makeError) {
    for (const entry of [...this.#entries]) {
      this.reject(entry, makeError());
    }
  }

  #leave(entry) {
    entry.signal?.removeEventListener('abort', entry.onAbort);
    const at = this.#entries.indexOf(entry);
    if (at >= 0) {
      this.#entries.splice(at, 1);
    }
  }

  all() {
    return [...this.#entries];
  }
}

/** What both ends have: a port, and whether they are still the caller's. */
class End {
  #port;
  #state = 'open'; // closed, moving, moved
  closed; // a promise of the reason
  #tellEnd;

  constructor(port) {
    this.closed = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    this.#port = port;
    port.changed = () => this[CHANGED]();
  }

  get [PORT]() {
    return this.#port;
  }

  get capacity() {
    return this.#port.capacity;
  }

  [ATTACH](port) {
    this.#port = port;
    port.changed = () => this[CHANGED]();
    port.changed();
  }

  get isOpen() {
    return this.#state === 'open';
  }

  /** Takes this end from the caller, for good by 'moved', or gives it back by 'open'. */
  [MOVE](state) {
    this.#state = state;
    if (state === 'moved') {
      this.refuseAll(() => new MisuseError('this end was sent away'));
    }
  }

  markClosed() {
    this.#state = 'closed';
  }

  tellIfEnded() {
    const reason = this.#port.endReason;
    if (reason !== null && reason !== undefined) {
      this.#tellEnd(reason);
    }
  }

  check() {
    if (this.#state !== 'open') {
      const what = { closed: 'is closed', moving: 'is being sent', moved: 'was sent away' }[this.#state];
      throw new MisuseError(`this end ${what}`);
    }
  }
}

/** The sending end of a channel, local or remote. */
export class Sender extends End {
  #line = new Line();
  #receipts = new Line();

  constructor(port) {
    super(port);
    this[CHANGED]();
  }

  /** Sends a message, waiting while the channel is full; with capacity 0 until a receiver took it. Rule CH-10. */
  async send(message, { signal } = {}) {
    this.check();
    requireMessage(message);
    const done = this.#line.add({ message, number: 0 }, signal, (entry) => this.#giveUp(entry));
    this[CHANGED]();
    return done;
  }

  /** Sends a message if there is room now; never with capacity 0, where only waiting can tell. */
  trySend(message) {
    this.check();
    requireMessage(message);
    if (this.#line.head !== undefined || this.capacity === 0) {
      this[PORT].check();
      return false;
    }
    return this[PORT].trySend(message) > 0;
  }

  /** Waits until the application at the far end received every message sent so far. */
  async flush({ signal } = {}) {
    if (!this.isOpen && this[PORT].closeReason === null) {
      this.check();
    }
    const done = this.#line.add({ flush: true }, signal, (entry) => this.#line.reject(entry, entry.signal.reason));
    this[CHANGED]();
    await done;
    const received = this.#receipts.add({ number: this[PORT].sent }, signal, (entry) =>
      this.#receipts.reject(entry, entry.signal.reason));
    this[PORT].requestReceipt();
    this[CHANGED]();
    return received;
  }

  /** Ends the channel: the receiver gets everything sent so far and then the clean end. */
  close() {
    this.#end(new Reason(0));
  }

  /** Ends the channel with a failure behind everything sent so far. */
  fail(reason) {
    const why = reasonOf(reason);
    if (why.isEnd) {
      throw new TypeError('a failure is not the clean end');
    }
    this.#end(why);
  }

  #end(reason) {
    if (this.isOpen) {
      this.markClosed();
      this[PORT].close(reason);
      this.refuseAll(() => new MisuseError('this end is closed'));
    }
  }

  refuseAll(makeError) {
    this.#line.rejectAll(makeError);
    if (this[PORT].closeReason === null) {
      this.#receipts.rejectAll(makeError);
    }
  }

  [CHANGED]() {
    this.#advance();
    this.#settleReceipts();
    this.tellIfEnded();
  }

  #advance() {
    for (let head = this.#line.head; head !== undefined; head = this.#line.head) {
      if (head.flush) {
        this.#line.resolve(head);
      } else if (head.number > 0) {
        if (!this.#settleOffer(head)) {
          return;
        }
      } else if (!this.#trySend(head)) {
        return;
      }
    }
  }

  /** Whether the line may go on. */
  #trySend(head) {
    try {
      const number = this[PORT].trySend(head.message);
      if (number === 0) {
        return false;
      }
      if (this.capacity > 0) {
        this.#line.resolve(head);
      } else {
        head.number = number;
      }
    } catch (error) {
      this.#line.reject(head, error);
    }
    return true;
  }

  /** A message of a rendezvous is under way: what became of it? */
  #settleOffer(head) {
    const port = this[PORT];
    if (port.wasWithdrawn(head.number)) {
      this.#line.reject(head, head.signal.reason);
    } else if (port.isReceived(head.number)) {
      this.#line.resolve(head);
    } else if (port.failure !== null) {
      this.#line.reject(head, ChannelError.of(port.failure));
    } else {
      return false;
    }
    return true;
  }

  #giveUp(entry) {
    if (entry.number > 0) {
      this[PORT].withdraw(entry.number); // the answer decides
    } else {
      this.#line.reject(entry, entry.signal.reason);
    }
    this[CHANGED]();
  }

  #settleReceipts() {
    const port = this[PORT];
    for (const entry of this.#receipts.all()) {
      if (port.isReceived(entry.number)) {
        this.#receipts.resolve(entry);
      } else if (port.failure !== null) {
        this.#receipts.reject(entry, ChannelError.of(port.failure));
      }
    }
  }
}

function requireMessage(message) {
  if (message === null || message === undefined) {
    throw new TypeError('a message is not null');
  }
}

/** The receiving end of a channel, local or remote. */
export class Receiver extends End {
  #line = new Line();

  constructor(port) {
    super(port);
    this[CHANGED]();
  }

  /** The next message; null at the clean end, and only there. Rejects with what else ended the channel. */
  async receive({ signal } = {}) {
    this.check();
    const message = this.#line.add({}, signal, (entry) => this.#line.reject(entry, entry.signal.reason));
    this[CHANGED]();
    return message;
  }

  /** The next message if there is one now; undefined if there is none, null at the clean end. */
  poll() {
    this.check();
    return this.#line.head === undefined ? this[PORT].poll() : undefined;
  }

  /** Tells the sender to stop, by default with CANCELLED; what was not received is dropped. */
  close(reason = Reason.of('CANCELLED')) {
    const why = reasonOf(reason, 'CANCELLED');
    if (why.isEnd) {
      throw new TypeError('a reason to stop is not the clean end');
    }
    if (this.isOpen) {
      this.markClosed();
      this[PORT].cancel(why);
      this.refuseAll(() => new MisuseError('this end is closed'));
      this.tellIfEnded();
    }
  }

  /** The messages until the clean end. Leaving the loop early leaves the channel open. */
  async *[Symbol.asyncIterator]() {
    for (let message = await this.receive(); message !== null; message = await this.receive()) {
      yield message;
    }
  }

  refuseAll(makeError) {
    this.#line.rejectAll(makeError);
  }

  [CHANGED]() {
    if (this.isOpen) {
      this.#advance();
    }
    this.tellIfEnded();
  }

  #advance() {
    for (let head = this.#line.head; head !== undefined; head = this.#line.head) {
      try {
        const message = this[PORT].poll();
        if (message === undefined) {
          return;
        }
        this.#line.resolve(head, message);
      } catch (error) {
        this.#line.reject(head, error);
      }
    }
  }
}

// ---- in one process ----

/** A channel whose ends are both in this process. Messages are handed over as they are. */
export class MemoryChannel {
  queue = []; // {number, message}
  sent = 0;
  received = 0;
  closeReason = null;
  failure = null; // of the sender: the receiver cancelled
  withdrawn = new Set();
  isWhole = true; // both ends are in this process
  sending = new MemorySending(this);
  receiving = new MemoryReceiving(this);
  sender;
  receiver;

  constructor(capacity) {
    this.capacity = capacity;
    this.sender = new Sender(this.sending);
    this.receiver = new Receiver(this.receiving);
  }

  get isSettled() {
    return this.closeReason !== null && this.queue.length === 0;
  }

  changed() {
    this.receiving.changed();
    this.sending.changed();
  }
}

class MemorySending {
  changed = () => {};

  constructor(channel) {
    this.channel = channel;
  }

  get capacity() {
    return this.channel.capacity;
  }

  get sent() {
    return this.channel.sent;
  }

  get failure() {
    return this.channel.failure;
  }

  get closeReason() {
    return this.channel.closeReason;
  }

  get endReason() {
    const { failure, isSettled, closeReason } = this.channel;
    return failure ?? (isSettled ? closeReason : null);
  }

  check() {
    if (this.channel.failure !== null) {
      throw ChannelError.of(this.channel.failure);
    }
  }

  trySend(message) {
    this.check();
    const channel = this.channel;
    if (channel.queue.length >= Math.max(1, channel.capacity)) {
      return 0;
    }
    channel.queue.push({ number: ++channel.sent, message });
    channel.receiving.changed();
    return channel.sent;
  }

  isReceived(number) {
    return this.channel.received >= number;
  }

  wasWithdrawn(number) {
    return this.channel.withdrawn.delete(number);
  }

  withdraw(number) {
    const { queue } = this.channel;
    if (queue.length > 0 && queue[0].number === number) {
      queue.shift();
      this.channel.received = number;
      this.channel.withdrawn.add(number);
    }
  }

  requestReceipt() {}

  close(reason) {
    this.channel.closeReason ??= reason;
    this.channel.changed();
  }
}

class MemoryReceiving {
  changed = () => {};

  constructor(channel) {
    this.channel = channel;
  }

  get capacity() {
    return this.channel.capacity;
  }

  get endReason() {
    const { failure, isSettled, closeReason } = this.channel;
    return failure ?? (isSettled ? closeReason : null);
  }

  poll() {
    const channel = this.channel;
    const first = channel.queue.shift();
    if (first !== undefined) {
      channel.received = first.number;
      queueMicrotask(() => channel.sending.changed()); // not within the receiver's own turn
      return first.message;
    }
    if (channel.closeReason === null) {
      return undefined;
    }
    if (channel.closeReason.isEnd) {
      return null;
    }
    throw ChannelError.of(channel.closeReason);
  }

  cancel(reason) {
    const channel = this.channel;
    if (!channel.isSettled) {
      channel.failure ??= reason;
      channel.queue = [];
      channel.changed();
    }
  }
}

/** A channel inside this process; either end may be sent to a peer inside a message. */
export function channel(capacity = DEFAULT_CAPACITY) {
  checkCapacity(capacity);
  const { sender, receiver } = new MemoryChannel(capacity);
  return { sender, receiver };
}
