// Byte streams as web streams. Section 5.4 of the specification.
import { StreamKind } from './frames.js';
import { ChannelError, MisuseError, Reason, ReasonCode, reasonOf, violation } from './reason.js';

const WRITE_AHEAD_BYTES = 65536; // a write waits while more than this has not left

/** A two-way stream of bytes; each direction ends on its own, a reset ends both with a reason. */
export class ByteStream {
  #reset;

  constructor({ readable, writable, reset }) {
    if (!(readable instanceof ReadableStream) || !(writable instanceof WritableStream)) {
      throw new TypeError('a byte stream has a readable and a writable');
    }
    this.readable = readable;
    this.writable = writable;
    this.#reset = reset;
  }

  /** Fails both directions, here and at the other side. */
  reset(reason = Reason.of('CANCELLED')) {
    const why = reasonOf(reason);
    if (this.#reset === undefined) {
      const error = ChannelError.of(why);
      this.readable.cancel(error).catch(() => {});
      this.writable.abort(error).catch(() => {});
    } else {
      this.#reset(why);
    }
  }

  /** Two connected ends in this process: what one writes the other reads. Either may be sent in a message. */
  static pair() {
    const there = pipe();
    const back = pipe();
    const reset = (reason) => {
      there.fail(ChannelError.of(reason));
      back.fail(ChannelError.of(reason));
    };
    return [
      new ByteStream({ readable: back.readable, writable: there.writable, reset }),
      new ByteStream({ readable: there.readable, writable: back.writable, reset }),
    ];
  }
}

function pipe() {
  let controls;
  const { readable, writable } = new TransformStream({
    start(controller) {
      controls = controller;
    },
    transform(chunk, controller) {
      controller.enqueue(bytesOf(chunk).slice());
    },
  });
  return { readable, writable, fail: (error) => controls.error(error) };
}

function bytesOf(chunk) {
  if (chunk instanceof ArrayBuffer) {
    return new Uint8Array(chunk);
  }
  if (ArrayBuffer.isView(chunk)) {
    return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
  throw new TypeError('a byte stream takes bytes only');
}

/** A file that the peer sent: where its bytes begin, its size, and the bytes from there to the end. */
export class ReceivedFile {
  constructor(position, size, readable) {
    this.position = position;
    this.size = size;
    this.readable = readable;
  }
}

/** The kind of stream that carries a value; undefined if it is none. */
export function byteKindOf(value) {
  if (value instanceof ByteStream) {
    return StreamKind.BYTES;
  }
  if (value instanceof ReadableStream) {
    return StreamKind.OPENER_WRITES;
  }
  return value instanceof WritableStream ? StreamKind.OPENER_READS : undefined;
}

export function checkUnused(value) {
  const locked = value instanceof ByteStream ? value.readable.locked || value.writable.locked : value.locked;
  if (locked) {
    throw new MisuseError('this stream is in use or was sent away');
  }
}

/** Carries an application's stream over a port from now on, until either ends. */
export function carry(value, port) {
  const pumps = [];
  if (value instanceof ByteStream) {
    pumps.push(value.readable.pipeTo(port.writable), port.readable.pipeTo(value.writable));
  } else if (value instanceof ReadableStream) {
    pumps.push(value.pipeTo(port.writable));
  } else {
    pumps.push(port.readable.pipeTo(value));
  }
  pumps.forEach((pump) => pump.catch(() => {})); // told by the streams themselves
}

/** One stream of the session as web streams. */
export class BytePort {
  unread = 0;
  stream = null;
  readable = null;
  writable = null;
  #session;
  #kind;
  #file;
  #reads;
  #writes;
  #chunks = [];
  #left = Infinity; // bytes of a file that have not come
  #hasEnded = false;
  #isDropping = false;
  #failure = null;
  #input = null; // the controllers
  #output = null;
  #pulled = null;
  #drained = null;

  constructor(session, { reference, kind, file }, isOpener) {
    this.reference = reference;
    this.#session = session;
    this.#kind = kind;
    this.#reads = kind === StreamKind.BYTES || isOpener === (kind === StreamKind.OPENER_READS);
    this.#writes = kind === StreamKind.BYTES || isOpener !== (kind === StreamKind.OPENER_READS);
    if (kind === StreamKind.FILE) {
      this.#file = fileOf(file);
      this.#left = this.#file.size - this.#file.position;
    }
    this.#makeStreams();
  }

  #makeStreams() {
    if (this.#reads) {
      this.readable = new ReadableStream(
        {
          start: (controller) => void (this.#input = controller),
          pull: () => new Promise((resolve) => {
            this.#pulled = resolve;
            this.#feed();
          }),
          cancel: (why) => this.#stopReading(reasonOf(why, 'CANCELLED')),
        },
        { highWaterMark: 0 }, // credit is for what the application asked for
      );
    }
    if (this.#writes) {
      this.writable = new WritableStream({
        start: (controller) => void (this.#output = controller),
        write: (chunk) => this.#write(bytesOf(chunk)),
        close: () => this.stream.end(),
        abort: (why) => this.reset(reasonOf(why)),
      });
    }
  }

  bind(stream) {
    this.stream = stream;
    stream.port = this;
    if (!this.#writes) {
      stream.end(); // CH-42
    }
    return this;
  }

  /** What an application gets for it. */
  get end() {
    switch (this.#kind) {
      case StreamKind.BYTES:
        return new ByteStream({
          readable: this.readable,
          writable: this.writable,
          reset: (reason) => this.reset(reason),
        });
      case StreamKind.FILE:
        return new ReceivedFile(this.#file.position, this.#file.size, this.readable);
      default:
        return this.readable ?? this.writable;
    }
  }

  // ---- reading ----

  received(bytes) {
    if (this.#isDropping || this.#failure !== null) {
      this.stream.consumed(bytes.length);
      return;
    }
    if (!this.#reads || bytes.length > this.#left) {
      this.reset(violation(this.#reads ? 'CH-44' : 'CH-40', 'more bytes than the stream has').reason);
      return;
    }
    this.#left -= bytes.length;
    this.#chunks.push(bytes.slice());
    this.#session.hold(this, bytes.length);
    this.#feed();
  }

  #feed() {
    if (this.#pulled === null) {
      return;
    }
    const chunk = this.#chunks.shift();
    if (chunk !== undefined) {
      this.#input.enqueue(chunk);
      this.#took(chunk.length);
    } else if (this.#failure !== null) {
      this.#input.error(ChannelError.of(this.#failure));
    } else if (this.#hasEnded) {
      this.#input.close();
    } else {
      return;
    }
    const resolve = this.#pulled;
    this.#pulled = null;
    resolve();
  }

  #took(count) {
    this.#session.hold(this, -count);
    this.stream.consumed(count);
  }

  #drop() {
    for (const chunk of this.#chunks.splice(0)) {
      this.#took(chunk.length);
    }
  }

  /** Rule CH-43. */
  #stopReading(reason) {
    this.#isDropping = true;
    this.#drop();
    this.#pulled?.();
    this.#pulled = null;
    if (!this.#writes && !this.#hasEnded) {
      this.stream.reset(reason.number === ReasonCode.END ? ReasonCode.CANCELLED : reason.number);
    }
  }

  peerEnded() {
    if (this.#reads && this.#left > 0 && this.#left !== Infinity) {
      this.reset(Reason.of('TRUNCATED', `CH-44: ${this.#left} bytes of the file are missing`));
    } else if (this.#reads) {
      this.#hasEnded = true;
      this.#feed();
    }
  }

  // ---- writing ----

  #write(bytes) {
    if (this.#failure !== null) {
      throw ChannelError.of(this.#failure);
    }
    if (bytes.length > 0) {
      this.stream.write(bytes.slice());
    }
    if (this.stream.queued <= WRITE_AHEAD_BYTES) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }

  drained() {
    if (this.#drained !== null && this.stream.queued <= WRITE_AHEAD_BYTES) {
      this.#drained();
      this.#drained = null;
    }
  }

  // ---- ends ----

  /** Ends both directions, here and there. Rule CH-41. */
  reset(reason) {
    this.stream.reset(reason.number);
    this.#fail(reason, true);
  }

  evict(reason) {
    this.reset(reason);
  }

  refuse(reason) {
    this.reset(reason);
  }

  peerReset(number) {
    this.#fail(this.#session.blame(new Reason(number, 'the stream was reset')), true);
  }

  /** The session is over: what had arrived may be read. */
  lost(reason) {
    this.#fail(reason, false);
  }

  #fail(reason, now) {
    if (this.#failure !== null || (this.#hasEnded && !this.#writes)) {
      return;
    }
    this.#failure = reason;
    if (now) {
      this.#drop();
    }
    const error = ChannelError.of(reason);
    tryTo(() => this.#output?.error(error));
    this.#drained?.();
    this.#drained = null;
    if (this.#chunks.length === 0 && !this.#hasEnded) {
      tryTo(() => this.#input?.error(error));
      this.#pulled?.();
      this.#pulled = null;
    }
  }

  over() {}
}

function fileOf(text) {
  const parts = /^(\d{1,16})\/(\d{1,16})$/.exec(text);
  const [position, size] = parts === null ? [1, 0] : [Number(parts[1]), Number(parts[2])];
  if (position > size || !Number.isSafeInteger(size)) {
    throw violation('CH-44', 'header 8 of a file');
  }
  return { position, size };
}

function tryTo(task) {
  try {
    task();
  } catch {
    // the stream has ended already
  }
}
