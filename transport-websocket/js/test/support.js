// What the cases need, in Node and in a browser alike: checks, and the far side's hands.
import { ChannelError, Reason, channel, connect } from 'libchan';

const BOUND_MILLIS = 20000; // machines may be slow, never a measure
export const SHORT_MILLIS = 50;

// ---- checks ----

export function equal(actual, expected, what = 'value') {
  const [one, other] = [text(actual), text(expected)];
  if (one !== other) {
    throw new Error(`${what}: ${one}, expected ${other}`);
  }
}

function text(value) {
  return JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : sorted(part))) ?? String(value);
}

function sorted(part) {
  const isObject = part !== null && typeof part === 'object' && !Array.isArray(part);
  return isObject ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part;
}

export function truth(value, what) {
  if (!value) {
    throw new Error(what);
  }
}

/** The error with which a promise or a function fails; checks its class and the name of its code. */
export async function failing(attempt, type, code) {
  let value;
  try {
    value = await within(typeof attempt === 'function' ? Promise.resolve().then(attempt) : attempt);
  } catch (error) {
    if (type !== undefined && error.name !== type && !(typeof type === 'function' && error instanceof type)) {
      throw new Error(`failed with ${error.name}: ${error.message}, expected ${type}`, { cause: error });
    }
    if (code !== undefined) {
      equal(error.code, code, `code of ${error.message}`);
    }
    return error;
  }
  throw new Error(`did not fail, but gave ${text(value)}`);
}

/** The value of a promise that must settle in time. */
export async function within(promise, millis = BOUND_MILLIS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${millis} ms`)), millis);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export async function waits(promise, millis = SHORT_MILLIS) {
  const settled = await Promise.race([promise.then(() => true, () => true), pause(millis).then(() => false)]);
  truth(!settled, 'it did not wait');
}

export function pause(millis) {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

export async function eventually(condition, what) {
  for (const end = Date.now() + BOUND_MILLIS; !(await condition()); ) {
    truth(Date.now() < end, `never: ${what}`);
    await pause(5);
  }
}

/** A signal that fires after a short time. */
export function shortly() {
  return AbortSignal.timeout(SHORT_MILLIS);
}

export async function endsCleanly(receiver) {
  equal(await within(receiver.receive()), null, 'the end');
}

// ---- bytes ----

export function pattern(count, from = 0) {
  return Uint8Array.from({ length: count }, (_, index) => (from + index) % 251);
}

/** Reads a stream to its end; how many bytes, and whether they were those of the pattern. */
export async function readPattern(readable) {
  let count = 0;
  let isRight = true;
  for (const reader = readable.getReader(); ; ) {
    const { value, done } = await within(reader.read());
    if (done) {
      return { count, isRight };
    }
    for (let index = 0; index < value.length && isRight; index++) {
      isRight = value[index] === (count + index) % 251;
    }
    count += value.length;
  }
}

export function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
  }
  return ~crc >>> 0;
}

// ---- the far side ----

let names = 0;

export function fresh(prefix = 'end') {
  return `${prefix}-${++names}`;
}

/** The Java side of a session: does to its ends what it is told to. */
export class Far {
  #orders;

  constructor(orders) {
    this.#orders = orders;
  }

  async order(op, end = '', fields = {}) {
    const { sender, receiver } = channel(1);
    await this.#orders.send({ op, end, number: 0, text: '', ...fields, answer: sender });
    const answer = await receiver.receive();
    receiver.close();
    if (!answer.failed) {
      return answer;
    }
    if (answer.why === null || answer.why === undefined) {
      throw Object.assign(new Error(answer.misuse), { name: 'FarMisuse' });
    }
    const { number, message, origin, hops } = answer.why;
    throw ChannelError.of(new Reason(number, message, origin, hops));
  }

  sender(end) {
    return new FarSender(this, end);
  }

  receiver(end) {
    return new FarReceiver(this, end);
  }
}

class FarEnd {
  constructor(far, end) {
    this.far = far;
    this.end = end;
  }

  async order(op, fields) {
    return (await this.far.order(op, this.end, fields)).value;
  }

  get closed() {
    return this.order('closed').then(({ number, message, origin, hops }) => new Reason(number, message, origin, hops));
  }

  async close(reason) {
    if (reason === undefined) {
      await this.order('close');
    } else {
      await this.order('cancel', { number: reason.number, text: reason.message });
    }
  }
}

class FarSender extends FarEnd {
  send(value) {
    return this.order('send', { value });
  }

  trySend(value) {
    return this.order('trySend', { value });
  }

  flush() {
    return this.order('flush');
  }

  fail(reason) {
    return this.order('fail', { number: reason.number, text: reason.message });
  }
}

class FarReceiver extends FarEnd {
  async receive() {
    return (await this.order('receive')) ?? null;
  }

  receiveAll() {
    return this.order('receiveAll');
  }
}

/** A session and the far side's hands, for one case. */
export async function meet(uri, options = {}) {
  const open = options.open ?? connect;
  const session = await within(open(uri, { node: 'js', closeTimeout: 2000, referenceTimeout: 2000, ...options }));
  return { session, far: new Far(await session.open('hands')) };
}

/** The two ends of a channel. Routes: `out` (its sender is here), `in` (its receiver is), `local` (both are). */
export async function pair({ session, far }, route, capacity = 4) {
  const name = fresh('channel');
  if (route === 'local') {
    return channel(capacity);
  }
  if (route === 'out') {
    const sender = await session.open(name, { capacity });
    await far.order('accept', name, { text: name });
    return { sender, receiver: far.receiver(name) };
  }
  await far.order('open', name, { text: name, number: capacity });
  return { sender: far.sender(name), receiver: await within(session.accept(name)) };
}
