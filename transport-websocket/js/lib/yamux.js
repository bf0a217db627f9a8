// Streams over one pipe of bytes: yamux version 0, strict profile. Section 3 of the specification.
import { concat, view } from './frames.js';
import { ChannelError, LimitExceeded, Reason, ReasonCode, violation } from './reason.js';

const HEADER_BYTES = 12;
const DATA = 0;
const WINDOW_UPDATE = 1;
const PING = 2;
const GO_AWAY = 3;
const SYN = 1;
const ACK = 2;
const FIN = 4;
const RST = 8;
const WINDOW_BYTES = 262144;
const MAX_WINDOW_BYTES = 2 ** 31 - 1;
const TURN_BYTES = 65536;
const MAX_UNANSWERED_PINGS = 16;
const PING_WINDOW_MILLIS = 10000;
const MAX_URGENT_BYTES = 1 << 20;
const RETRY_MILLIS = 5;

function header(type, flags, id, length) {
  const bytes = new Uint8Array(HEADER_BYTES);
  const out = view(bytes);
  out.setUint8(1, type);
  out.setUint16(2, flags);
  out.setUint32(4, id);
  out.setUint32(8, length);
  return bytes;
}

/**
 * One stream. What arrives goes to its `port`: `received(bytes)`, `peerEnded()`, `peerReset(number)`, `drained()` when
 * queued bytes have left, `over()` when both directions have ended.
 */
export class Stream {
  #mux;
  #chunks = []; // {bytes, dropped}
  #at = 0; // how much of the first chunk has left
  #owed = 0;
  #isEnding = false;
  #resetNumber = -1;
  port = null;
  queued = 0; // bytes that have not left
  sendWindow = WINDOW_BYTES;
  receiveWindow = WINDOW_BYTES;
  hasEnded = false; // FIN has left
  peerHasEnded = false;
  isOver = false;
  isReady = false; // in the queue for a turn

  constructor(mux, id) {
    this.#mux = mux;
    this.id = id;
  }

  /** Queues bytes; `dropped` is called if they never leave as a whole. */
  write(bytes, dropped) {
    if (this.isOver || this.#isEnding) {
      dropped?.();
      return;
    }
    this.#chunks.push({ bytes, dropped });
    this.queued += bytes.length;
    this.#mux.want(this);
  }

  /** Ends this direction behind what is queued. */
  end() {
    this.#isEnding = true;
    this.#mux.want(this);
  }

  /** Forgets what is queued, also the rest of a chunk that has left in part. */
  dropQueued() {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#at = 0;
    this.queued = 0;
    for (const chunk of chunks) {
      chunk.dropped?.();
    }
  }

  /** Ends both directions now. Rule MUX-5. */
  reset(number) {
    if (!this.isOver && this.#resetNumber < 0) {
      this.#resetNumber = number;
      this.dropQueued();
      this.#mux.want(this);
    }
  }

  get isReset() {
    return this.#resetNumber >= 0;
  }

  /** The application took so many bytes; grants credit once half a window is owed. Rule MUX-9. */
  consumed(count) {
    this.#owed += count;
    if (this.#owes()) {
      this.#mux.want(this);
    }
  }

  #owes() {
    return this.#owed >= WINDOW_BYTES / 2 && !this.peerHasEnded;
  }

  get hasWork() {
    if (this.isOver) {
      return false;
    }
    const mayEnd = this.#isEnding && this.queued === 0 && !this.hasEnded;
    return this.isReset || this.#owes() || (this.queued > 0 && this.sendWindow > 0) || mayEnd;
  }

  /** Writes what this stream has for one turn; returns how many bytes that was. Rules MUX-3, MUX-8. */
  takeTurn(batch, maxBytes) {
    if (this.isReset) {
      batch.push(header(WINDOW_UPDATE, RST, this.id, this.#resetNumber));
      this.#mux.forget(this);
      return HEADER_BYTES;
    }
    let written = 0;
    if (this.#owes()) {
      batch.push(header(WINDOW_UPDATE, 0, this.id, this.#owed));
      this.receiveWindow += this.#owed;
      this.#owed = 0;
      written += HEADER_BYTES;
    }
    const count = Math.min(this.queued, this.sendWindow, maxBytes);
    if (count > 0) {
      batch.push(header(DATA, 0, this.id, count));
      this.#take(batch, count);
      written += HEADER_BYTES + count;
    }
    if (this.queued === 0 && this.#isEnding && !this.hasEnded) {
      batch.push(header(DATA, FIN, this.id, 0));
      this.hasEnded = true;
      written += HEADER_BYTES;
      this.overIfEnded();
    }
    if (count > 0) {
      this.port?.drained();
    }
    return written;
  }

  #take(batch, count) {
    this.queued -= count;
    this.sendWindow -= count;
    for (let missing = count; missing > 0; ) {
      const { bytes } = this.#chunks[0];
      const part = Math.min(missing, bytes.length - this.#at);
      batch.push(bytes.subarray(this.#at, this.#at + part));
      this.#at += part;
      missing -= part;
      if (this.#at === bytes.length) {
        this.#chunks.shift();
        this.#at = 0;
      }
    }
  }

  overIfEnded() {
    if (this.hasEnded && this.peerHasEnded) {
      this.#mux.forget(this);
    }
  }
}

/**
 * The streams of a connection. The pipe has `send(bytes)`, `bufferedAmount`, optionally `ondrain`. Events: `opened(stream)`
 * for each stream of the peer's, `goneAway(code)`, `failed(error)` for what ends the session, `over(stream)`.
 */
export class Yamux {
  #pipe;
  #events;
  #limits;
  #isConnecting;
  #streams = new Map();
  #lastOwnId;
  #lastPeerId = 0;
  #urgent = []; // frames that are written before any stream's turn
  #urgentBytes = 0;
  #pings = []; // to be answered
  #ready = [];
  #scheduled = false;
  #retry = null;
  #farewell = -1; // GO_AWAY with this code when nothing is left to write
  #saidFarewell = false;
  #ended = false;
  #idleFrames = 0;
  #pingsHeard = 0;
  #pingsSince = 0;
  #head = new Uint8Array(HEADER_BYTES);
  #headBytes = 0;
  #payload = 0; // bytes of the current DATA frame that have not come
  #payloadStream = null;
  #payloadEnds = 0; // the flags that count behind the payload

  constructor(pipe, events, limits, isConnecting) {
    this.#pipe = pipe;
    this.#events = events;
    this.#limits = limits;
    this.#isConnecting = isConnecting;
    this.#lastOwnId = isConnecting ? -1 : 0;
    pipe.ondrain = () => this.#schedule();
  }

  get streams() {
    return this.#streams.values();
  }

  nextId() {
    return this.#lastOwnId + 2;
  }

  /** Opens a stream; its preamble leaves before anything that is written from now on. Rule MUX-1. */
  open(preamble, port) {
    this.#lastOwnId += 2;
    const stream = new Stream(this, this.#lastOwnId);
    stream.port = port;
    stream.sendWindow -= preamble.length;
    this.#streams.set(stream.id, stream);
    this.#say(header(WINDOW_UPDATE, SYN, stream.id, 0));
    this.#say(concat([header(DATA, 0, stream.id, preamble.length), preamble]));
    return stream;
  }

  ping(value) {
    this.#say(header(PING, SYN, 0, value));
  }

  /** Says GO_AWAY once nothing is left to write, or at once for an error. */
  goAway(code) {
    if (this.#farewell < 0) {
      this.#farewell = code;
      if (code !== 0) {
        this.#ready.length = 0;
      }
      this.#schedule();
    }
  }

  get saidFarewell() {
    return this.#saidFarewell;
  }

  /** No more is read or written. */
  stop() {
    this.#ended = true;
    clearTimeout(this.#retry);
    this.#ready = [];
    this.#urgent = [];
  }

  /** Writes what there is now, as far as the pipe takes it. */
  flushNow() {
    this.#write();
  }

  forget(stream) {
    if (!stream.isOver) {
      stream.isOver = true;
      this.#streams.delete(stream.id);
      stream.dropQueued();
      stream.port?.over();
      this.#events.over(stream);
    }
  }

  // ---- writing ----

  want(stream) {
    if (!stream.isReady && stream.hasWork && !this.#ended) {
      stream.isReady = true;
      this.#ready.push(stream);
      this.#schedule();
    }
  }

  #say(bytes) {
    this.#urgent.push(bytes);
    this.#urgentBytes += bytes.length;
    if (this.#urgentBytes > MAX_URGENT_BYTES + this.#limits.maxQueuedBytes) {
      this.#events.failed(new LimitExceeded(Reason.limit('idle-frames', `${this.#urgentBytes} bytes of answers nobody reads`)));
    }
    this.#schedule();
  }

  #schedule() {
    if (!this.#scheduled && !this.#ended) {
      this.#scheduled = true;
      queueMicrotask(() => this.#write()); // what is sent in the same turn leaves in one message
    }
  }

  #write() {
    this.#scheduled = false;
    while (!this.#ended && this.#hasOutput()) {
      if (this.#pipe.bufferedAmount >= this.#limits.maxBufferedBytes) {
        this.#writeLater();
        return;
      }
      const batch = this.#batch();
      if (batch.length > 0) {
        this.#pipe.send(concat(batch));
      }
    }
  }

  #hasOutput() {
    const farewell = this.#farewell >= 0 && !this.#saidFarewell;
    return this.#urgent.length > 0 || this.#pings.length > 0 || this.#ready.length > 0 || farewell;
  }

  /** A WebSocket does not tell when it has written; so it is asked, and always after something was received. */
  #writeLater() {
    if (this.#retry === null) {
      this.#retry = setTimeout(() => {
        this.#retry = null;
        this.#write();
      }, RETRY_MILLIS);
    }
  }

  #batch() {
    const batch = this.#urgent;
    let bytes = this.#urgentBytes;
    this.#urgent = [];
    this.#urgentBytes = 0;
    for (const value of this.#pings.splice(0)) {
      batch.push(header(PING, ACK, 0, value));
    }
    while (bytes < TURN_BYTES && this.#ready.length > 0) {
      const stream = this.#ready.shift();
      stream.isReady = false;
      bytes += stream.takeTurn(batch, TURN_BYTES - bytes);
      this.want(stream);
    }
    if (this.#urgent.length > 0) {
      return batch; // said by what a turn has set off: it leaves first
    }
    if (this.#ready.length === 0 && this.#farewell >= 0 && !this.#saidFarewell && this.#isAllWritten()) {
      batch.push(header(GO_AWAY, 0, 0, this.#farewell));
      this.#saidFarewell = true;
      this.#events.saidFarewell();
    }
    return batch;
  }

  #isAllWritten() {
    return this.#farewell !== 0 || [...this.#streams.values()].every((stream) => stream.queued === 0);
  }

  // ---- reading ----

  /** Bytes of the connection, in pieces of any size. Throws what ends the session. */
  received(bytes) {
    for (let at = 0; at < bytes.length && !this.#ended; ) {
      at = this.#payload > 0 ? this.#readPayload(bytes, at) : this.#readHeader(bytes, at);
    }
    this.#schedule();
  }

  #readHeader(bytes, start) {
    let at = start;
    while (this.#headBytes < HEADER_BYTES && at < bytes.length) {
      this.#head[this.#headBytes++] = bytes[at++];
    }
    if (this.#headBytes === HEADER_BYTES) {
      this.#headBytes = 0;
      const input = view(this.#head);
      this.#frame(this.#head[0], this.#head[1], input.getUint16(2), input.getUint32(4), input.getUint32(8));
    }
    return at;
  }

  #readPayload(bytes, at) {
    const end = Math.min(bytes.length, at + this.#payload);
    this.#payload -= end - at;
    this.#payloadStream?.port.received(bytes.subarray(at, end));
    if (this.#payload === 0) {
      this.#flags(this.#payloadStream, this.#payloadEnds, 0);
    }
    return end;
  }

  #frame(version, type, flags, id, length) {
    if (version !== 0 || type > GO_AWAY) {
      throw violation('MUX-15', `version ${version}, type ${type}`);
    }
    this.#count(type, flags, length);
    switch (type) {
      case PING:
        this.#pinged(flags, length);
        break;
      case GO_AWAY:
        this.#events.goneAway(length);
        break;
      case DATA:
        this.#data(flags, id, length);
        break;
      default:
        this.#windowUpdate(flags, id, length);
    }
  }

  #count(type, flags, length) {
    const moves = (type === DATA && length > 0) || (type === WINDOW_UPDATE && length > 0 && (flags & RST) === 0);
    this.#idleFrames = moves ? 0 : this.#idleFrames + 1;
    if (this.#idleFrames > this.#limits.maxIdleFrames) {
      throw new LimitExceeded(Reason.limit('idle-frames', `${this.#idleFrames} frames in a row without data or credit`));
    }
    if (type === DATA && length > 0) {
      this.#pingsHeard = 0;
    }
  }

  #pinged(flags, value) {
    if ((flags & SYN) === 0) {
      return; // the answer to a ping: that something came is what counts
    }
    const now = Date.now();
    if (this.#pingsHeard === 0 || now - this.#pingsSince > PING_WINDOW_MILLIS) {
      this.#pingsHeard = 0;
      this.#pingsSince = now;
    }
    if (++this.#pingsHeard > this.#limits.maxPings) {
      throw new LimitExceeded(Reason.limit('pings', `more than ${this.#limits.maxPings} within 10 s`));
    }
    this.#pings.push(value);
    if (this.#pings.length > MAX_UNANSWERED_PINGS) {
      this.#pings.shift();
    }
  }

  #data(flags, id, length) {
    const stream = this.#find(flags, id);
    if (stream !== null) {
      if (length > stream.receiveWindow) {
        throw violation('MUX-7', `stream ${id}: ${length} bytes, window ${stream.receiveWindow}`);
      }
      if (length > 0 && stream.peerHasEnded) {
        throw violation('MUX-19', `stream ${id}: DATA behind FIN`);
      }
      stream.receiveWindow -= length;
    }
    if (length > 0) {
      this.#payload = length;
      this.#payloadStream = stream !== null && !stream.isReset && !stream.peerHasEnded ? stream : null;
      this.#payloadEnds = flags;
    } else {
      this.#flags(stream, flags, 0);
    }
  }

  #windowUpdate(flags, id, length) {
    const stream = this.#find(flags, id);
    if (stream !== null && (flags & RST) === 0) {
      stream.sendWindow += length;
      if (stream.sendWindow > MAX_WINDOW_BYTES) {
        throw violation('MUX-7', `stream ${id}: window ${stream.sendWindow}`);
      }
      this.want(stream);
    }
    this.#flags(stream, flags, length);
  }

  #flags(stream, flags, number) {
    if (stream === null || stream.isOver) {
      return;
    }
    if ((flags & RST) !== 0) {
      stream.peerHasEnded = true;
      stream.isOver = true;
      this.#streams.delete(stream.id);
      stream.dropQueued();
      stream.port.peerReset(number === 0 ? ReasonCode.TRUNCATED : number); // rule MUX-5
      stream.port.over();
      this.#events.over(stream);
    } else if ((flags & FIN) !== 0 && !stream.peerHasEnded) {
      stream.peerHasEnded = true;
      if (!stream.isReset) {
        stream.port.peerEnded();
      }
      stream.overIfEnded();
    }
  }

  /** The stream of a frame; null if it is over. Rules MUX-2, MUX-14, MUX-15, MUX-17. */
  #find(flags, id) {
    const isOwn = id % 2 === (this.#isConnecting ? 1 : 0);
    if ((flags & SYN) !== 0) {
      if (id === 0 || isOwn || id <= this.#lastPeerId) {
        throw violation('MUX-14', `SYN for stream ${id} after ${this.#lastPeerId}`);
      }
      return this.#accept(id);
    }
    if (id === 0 || id > (isOwn ? this.#lastOwnId : this.#lastPeerId)) {
      throw violation('MUX-15', `stream ${id} was never opened`);
    }
    return this.#streams.get(id) ?? null;
  }

  #accept(id) {
    this.#lastPeerId = id;
    const refusal = this.#events.refusal();
    if (refusal >= 0) {
      this.#say(header(WINDOW_UPDATE, RST, id, refusal));
      return null;
    }
    const stream = new Stream(this, id);
    this.#streams.set(id, stream);
    this.#say(header(WINDOW_UPDATE, ACK, id, 0));
    this.#events.opened(stream);
    return stream;
  }
}

/** What an error means for a session: errors of ours as they are, others are defects here. */
export function sessionError(error) {
  return error instanceof ChannelError ? error : ChannelError.of(Reason.of('INTERNAL', String(error?.message ?? error)));
}
