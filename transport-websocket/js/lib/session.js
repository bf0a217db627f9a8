// A session: who is there, its streams, its limits, its end. Sections 2 and 5.1 of the specification.
import { Collected, Move, endOf, portOf } from './attachments.js';
import { Receiver, Sender, checkCapacity } from './channels.js';
import {
  DEFAULT_CAPACITY, FrameReader, Kind, StreamKind, concat, decodePreamble, decodeReason, encodePreamble, encodeReason,
  encodeText, frame, view,
} from './frames.js';
import { CODEC, controlLimit, helloFrame, parseHello } from './hello.js';
import * as msgpack from './msgpack.js';
import {
  ChannelError, ChannelReset, ConnectFailed, LimitExceeded, MessageRejected, Reason, reasonOf, violation,
} from './reason.js';
import { optionsOf } from './options.js';
import { References } from './references.js';
import { RemoteReceivePort, RemoteSendPort } from './remote.js';
import { Yamux, sessionError } from './yamux.js';

const CONTROL_REFERENCE = 1n;
const MAX_PREAMBLE_BYTES = 8192;
const LATE_TIMER_MILLIS = 1000;

export class Session {
  #pipe;
  #mux;
  #control = null;
  #controlFrames;
  #references = new References(this);
  #ports = new Set(); // of live streams
  #unread = 0;
  #places = 0; // streams of ours that are open
  #waitingForPlaces = new Set();
  #accepted = new Map(); // name -> receivers that nobody asked for yet
  #accepting = new Map(); // name -> those who wait
  #backlog = 0;
  #peer = null;
  #state = 'handshake'; // open, closing, over
  #endReason = null;
  #saidEnd = null; // the reason of the peer's SESSION_END
  #isDraining = false;
  #mayOpen = true;
  #timers = new Set();
  #lastHeard = Date.now();
  #tellOpen;
  #tellClosed;

  /** Use `connect` or `connectOver`. */
  constructor(pipe, options, limits) {
    this.options = options;
    this.limits = limits;
    this.opened = new Promise((resolve, reject) => {
      this.#tellOpen = { resolve, reject };
    });
    /** Resolves with the reason when the session has ended; SESSION_CLOSED where that was in good order. */
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#controlFrames = new FrameReader((kind) => controlLimit(kind, this.limits));
    this.#pipe = pipe;
    this.#mux = new Yamux(pipe, this.#events(), limits, true);
    pipe.onbytes = (bytes) => this.#received(bytes);
    pipe.onclose = (reason) => this.#pipeClosed(reason);
  }

  /** Begins with HELLO. Rules PRE-5, CTL-1. */
  start() {
    this.#control = this.#mux.open(encodePreamble({ kind: StreamKind.CONTROL, reference: CONTROL_REFERENCE }), {
      received: (bytes) => this.#controlReceived(bytes),
      peerEnded: () => this.#fail(violation('CTL-9', 'the control stream ended')),
      peerReset: () => this.#fail(violation('CTL-9', 'the control stream was reset')),
      drained() {},
      over() {},
      lost() {},
    });
    this.#control.write(helloFrame(this.options, this.limits));
    this.later(this.options.handshakeTimeout, () => {
      if (this.#state === 'handshake') {
        this.#end(Reason.of('CONNECT_FAILED', `no HELLO within ${this.options.handshakeTimeout} ms`), 1);
      }
    });
    return this.opened;
  }

  /** What is known of the peer: its name and program. */
  get peer() {
    return this.#peer;
  }

  // ---- the application's side ----

  /** Opens a channel to the peer; waits only while the peer's limit of streams is reached. */
  async open(name = '', { capacity = DEFAULT_CAPACITY, signal } = {}) {
    checkCapacity(capacity);
    signal?.throwIfAborted();
    if (typeof name !== 'string' || encodeText(name).length > MAX_PREAMBLE_BYTES / 2) {
      throw new TypeError('the name of a channel is a text of at most 4096 bytes');
    }
    while (this.#checkOpen() && this.#places >= this.#peer.streams) {
      await this.#untilPlaces(signal);
    }
    const reference = BigInt(this.#mux.nextId());
    const headers = { kind: StreamKind.OPENER_SENDS, reference, name, codec: CODEC, capacity };
    return new Sender(this.#openStream(headers, new RemoteSendPort(this, headers), 0n));
  }

  #checkOpen() {
    if (this.#state !== 'open') {
      throw ChannelError.of(this.#endReason ?? Reason.of('SESSION_CLOSED'));
    }
    if (!this.#mayOpen || this.#isDraining) {
      throw new ChannelReset(Reason.of('DRAINING', 'the session is draining'));
    }
    return true;
  }

  #untilPlaces(signal) {
    return new Promise((resolve, reject) => {
      const again = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waitingForPlaces.delete(again);
        reject(signal.reason);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.whenPlaces(again);
    });
  }

  /** The receiving end of the next channel that the peer opens with this name. */
  async accept(name = '', { signal } = {}) {
    signal?.throwIfAborted();
    const waiting = this.#accepted.get(name);
    if (waiting !== undefined) {
      const first = waiting.shift();
      if (waiting.length === 0) {
        this.#accepted.delete(name);
      }
      this.#backlog--;
      return new Receiver(first);
    }
    if (this.#state !== 'open') {
      throw ChannelError.of(this.#endReason ?? Reason.of('SESSION_CLOSED'));
    }
    return new Promise((resolve, reject) => {
      const entry = { reject };
      const giveUp = () => {
        remove(this.#accepting, name, entry);
        reject(signal.reason);
      };
      entry.resolve = (port) => {
        signal?.removeEventListener('abort', giveUp);
        resolve(new Receiver(port));
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      add(this.#accepting, name, entry);
    });
  }

  /**
   * Closes in good order: ends here fail at once, what was sent is written out for as long as the close time-out, the
   * peer's ends get the reason. Resolves when that is done.
   */
  async close() {
    if (this.#state === 'open' || this.#state === 'handshake') {
      this.#state = 'closing';
      this.#endReason = Reason.of('SESSION_CLOSED', 'the session was closed here');
      this.#loseAll(this.#endReason);
      this.#mux.goAway(0);
      this.later(this.options.closeTimeout, () => this.#over());
    }
    return this.closed;
  }

  /** Ends the session at once; nothing is written out but the reason. */
  abort(reason = Reason.of('CANCELLED', 'the session was aborted')) {
    this.#end(this.stamp(reasonOf(reason)), 2);
  }

  /** Opens nothing new in either direction, waits until the open channels have ended, then closes; whether all did. */
  async drain(millis = this.options.closeTimeout) {
    if (this.#state === 'open' && !this.#isDraining) {
      this.#isDraining = true;
      this.#control.write(frame(Kind.DRAIN));
    }
    const deadline = Date.now() + millis;
    while (this.#state === 'open' && this.#ports.size > 0 && Date.now() < deadline) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now());
        this.whenPlaces(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
    const wereAllOver = this.#ports.size === 0;
    await this.close();
    return wereAllOver;
  }

  // ---- for the ports ----

  /** Runs the task once after a time in milliseconds, unless the session is over by then. */
  later(millis, task) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, millis);
    this.#timers.add(timer);
    return timer;
  }

  /** The task will not run. */
  never(timer) {
    clearTimeout(timer);
    this.#timers.delete(timer);
  }

  /** A reason that begins here. */
  stamp(reason) {
    return reason.from(this.options.node);
  }

  /** A reason that the peer is to blame for. */
  blame(reason) {
    return reason.from(this.#peer?.node ?? '');
  }

  whenPlaces(task) {
    this.#waitingForPlaces.add(task);
  }

  /** Counts bytes that were received and are unread; above the limit the fullest stream ends. Rule LIM-2. */
  hold(port, count) {
    port.unread += count;
    this.#unread += count;
    if (this.#unread > this.limits.maxSessionBytes) {
      let fullest = port;
      for (const one of this.#ports) {
        fullest = one.unread > fullest.unread ? one : fullest;
      }
      fullest.evict(Reason.limit('session-memory', `${this.#unread} bytes unread, ${fullest.unread} of them here`));
    }
  }

  isArriving(reference) {
    for (const port of this.#ports) {
      if (port.reference === reference && port instanceof RemoteReceivePort) {
        return !port.isQuiet;
      }
    }
    return false;
  }

  claim(table, parent, changed) {
    return this.#references.claim(table, parent, changed);
  }

  /** The message that was received, with its ends. Those that nobody took are released. */
  decode(payload, slots) {
    try {
      for (const slot of slots.filter(({ isMissing }) => isMissing)) {
        endOf(slot);
      }
      return msgpack.decode(payload, (index) => resolve(slots, index), this.limits);
    } catch (error) {
      slots.forEach((slot) => {
        if (slot.isTaken) {
          slot.isTaken = false; // nobody gets the message
        }
      });
      throw error;
    } finally {
      slots.forEach((slot) => slot.release());
    }
  }

  /** A message as bytes, its streams opened before it; null while there are no places for them. Rules ATT-1, CH-2, CTL-7. */
  encode(message, parent) {
    const collected = new Collected();
    const payload = msgpack.encode(message, (value) => collected.index(value), this.limits);
    const count = collected.ends.length;
    this.#checkLimits(payload.length, count);
    if (count > 0 && this.#places + count > this.#peer.streams) {
      return null;
    }
    const moves = collected.ends.map((end, index) => this.#move(end, collected.kinds[index], parent));
    return {
      table: moves.map(({ headers }) => ({ type: headers.kind, reference: headers.reference })),
      payload,
      moves,
      commit: () => moves.forEach((move) => move.commit()),
      undo: () => moves.forEach((move) => move.undo()),
      drop: () => moves.forEach(({ port }) => port.refuse(Reason.of('UNCLAIMED', 'the message that names it was dropped'))),
    };
  }

  #checkLimits(bytes, attachments) {
    const maxBytes = Math.min(this.#peer.messageBytes, this.limits.maxMessageBytes);
    if (bytes > maxBytes) {
      throw new LimitExceeded(Reason.limit('message-bytes', `message of ${bytes} bytes > ${maxBytes}`));
    }
    if (attachments > this.#peer.attachments) {
      throw new LimitExceeded(Reason.limit('attachments', `message of ${attachments} > ${this.#peer.attachments}`));
    }
    if (attachments > this.#peer.streams) {
      throw new LimitExceeded(Reason.limit('streams', `no place for the ${attachments} streams of a message`));
    }
  }

  #move(end, kind, parent) {
    const move = new Move(this, end, kind, BigInt(this.#mux.nextId()), CODEC);
    this.#openStream(move.headers, move.port, parent);
    return move;
  }

  #openStream(headers, port, parent) {
    const stream = this.#mux.open(encodePreamble({ ...headers, parent }), port);
    stream.isCounted = true;
    this.#places++;
    this.#ports.add(port);
    return port.bind(stream);
  }

  // ---- streams of the peer's ----

  #events() {
    return {
      refusal: () => this.#refusal(),
      opened: (stream) => this.#awaitPreamble(stream),
      over: (stream) => this.#streamOver(stream),
      goneAway: (code) => this.#goneAway(code),
      saidFarewell: () => this.#saidFarewell(),
      failed: (error) => this.#fail(error),
    };
  }

  /** Rule MUX-17. */
  #refusal() {
    return this.#ports.size - this.#places >= this.limits.maxStreams || this.#state !== 'open'
      ? Reason.of('LIMIT').number : -1;
  }

  #awaitPreamble(stream) {
    const start = [];
    let length = 0;
    const port = {
      unread: 0,
      stream,
      received: (bytes) => {
        start.push(bytes.slice());
        length += bytes.length;
        const whole = concat(start);
        const wanted = length >= 2 ? 2 + view(whole).getUint16(0) : Infinity;
        if (wanted > 2 + MAX_PREAMBLE_BYTES && wanted !== Infinity) {
          throw violation('PRE-2', `preamble of ${wanted - 2} bytes`);
        }
        if (length >= wanted) {
          this.#ports.delete(port);
          stream.consumed(wanted);
          this.#streamOpened(stream, decodePreamble(whole.subarray(2, wanted)), whole.subarray(wanted));
        }
      },
      peerEnded() {
        throw violation('PRE-2', 'a stream that ends within its preamble');
      },
      peerReset() {},
      drained() {},
      over() {},
      lost() {},
      evict() {},
    };
    stream.port = port;
    this.#ports.add(port);
  }

  #streamOpened(stream, headers, rest) {
    if (headers.kind === StreamKind.CONTROL) {
      throw violation('PRE-5', 'the listening side opens no control stream');
    }
    this.#references.checkNew(headers.reference);
    const port = portOf(this, headers, false);
    this.#ports.add(port.bind(stream));
    const refusal = this.#admit(headers, port);
    if (refusal !== null) {
      this.#refuse(port, refusal);
    }
    if (rest.length > 0) {
      port.received(rest);
    }
  }

  /** Takes a new stream to where it belongs; a reason to refuse it, or null. Rules PRE-4, PRE-6, PRE-7, PRE-9. */
  #admit(headers, port) {
    const isChannel = headers.kind === StreamKind.OPENER_SENDS || headers.kind === StreamKind.OPENER_RECEIVES;
    if (headers.unsupported !== undefined) {
      this.#references.topLevel(headers.reference);
      return Reason.of('UNSUPPORTED', `PRE-4: ${headers.unsupported}`);
    }
    if (isChannel && headers.codec !== CODEC) {
      this.#references.topLevel(headers.reference);
      return Reason.of('UNSUPPORTED', `PRE-9: codec ${headers.codec}`);
    }
    if (headers.parent !== 0n) {
      return this.#references.attachment(headers, port);
    }
    this.#references.topLevel(headers.reference);
    if (headers.kind !== StreamKind.OPENER_SENDS) {
      return Reason.of('UNSUPPORTED', `PRE-6: a stream of kind ${headers.kind} without a parent`);
    }
    return this.#topLevel(headers.name, port);
  }

  #topLevel(name, port) {
    if (this.#isDraining) {
      return Reason.of('DRAINING', 'the session is draining');
    }
    const [waiting] = this.#accepting.get(name) ?? [];
    if (waiting !== undefined) {
      remove(this.#accepting, name, waiting);
      waiting.resolve(port);
      return null;
    }
    if (this.#backlog >= this.limits.maxBacklog) {
      return Reason.limit('backlog', `${this.#backlog} channels that nobody accepted`);
    }
    this.#backlog++;
    add(this.#accepted, name, port);
    return null;
  }

  #refuse(port, reason) {
    if (port instanceof RemoteReceivePort) {
      port.cancel(reason);
    } else {
      port.refuse(reason);
    }
  }

  #streamOver(stream) {
    const { port } = stream;
    this.#ports.delete(port);
    if (port?.reference !== undefined) {
      this.#references.over(port.reference);
    }
    if (stream.isCounted) {
      this.#places--;
    }
    this.#wakeWaiting();
  }

  #wakeWaiting() {
    const waiting = [...this.#waitingForPlaces];
    this.#waitingForPlaces.clear();
    waiting.forEach((task) => task());
  }

  // ---- control ----

  #controlReceived(bytes) {
    const input = { bytes, at: 0 };
    for (let next = this.#controlFrames.next(input); next !== null; next = this.#controlFrames.next(input)) {
      this.#controlFrame(next.kind, next.body);
    }
    this.#control.consumed(bytes.length);
  }

  #controlFrame(kind, body) {
    if (kind === Kind.SESSION_END) {
      this.#saidEnd ??= decodeReason(body);
      return;
    }
    if ((kind === Kind.HELLO) !== (this.#peer === null)) {
      throw violation('CTL-1', kind === Kind.HELLO ? 'HELLO twice' : 'HELLO is not the first');
    }
    switch (kind) {
      case Kind.HELLO:
        this.#greeted(body);
        break;
      case Kind.DRAIN:
        this.#mayOpen = false;
        break;
      case Kind.TAKEN:
        throw violation('FD-7', 'TAKEN, and no descriptor was sent');
      default: // JOINED: this side cuts no loop, FWD-17
    }
  }

  #greeted(body) {
    this.#peer = parseHello(body);
    this.#state = 'open';
    this.#keepAlive();
    this.#tellOpen.resolve(this);
  }

  // ---- life and end ----

  #received(bytes) {
    this.#lastHeard = Date.now();
    if (this.#state === 'over') {
      return;
    }
    try {
      this.#mux.received(bytes);
    } catch (error) {
      this.#fail(sessionError(error));
    }
  }

  /** Rule MUX-12. A timer that comes much too late says that this side slept, and nothing about the peer. */
  #keepAlive() {
    const { keepAliveInterval, keepAliveTimeout } = this.options;
    this.later(keepAliveInterval, () => {
      if (Date.now() - this.#lastHeard < keepAliveInterval / 2) {
        this.#keepAlive();
        return;
      }
      const asked = Date.now();
      this.#mux.ping(asked % 2 ** 32);
      this.later(keepAliveTimeout, () => {
        const isLate = Date.now() - asked > keepAliveTimeout + LATE_TIMER_MILLIS;
        if (this.#lastHeard < asked && !isLate) {
          this.#fail(ChannelError.of(Reason.of('KEEPALIVE_TIMEOUT', `nothing came for ${Date.now() - this.#lastHeard} ms`)));
        } else {
          this.#keepAlive();
        }
      });
    });
  }

  /** The peer broke a rule, or nothing works any more. Rule CTL-5. */
  #fail(error) {
    this.#end(this.stamp(error.reason), error.code === 'PROTOCOL_ERROR' || error.code === 'LIMIT' ? 1 : 2);
  }

  #end(reason, code) {
    if (this.#state === 'over' || (this.#state === 'closing' && this.#endReason.code !== 'SESSION_CLOSED')) {
      return;
    }
    this.#state = 'closing';
    this.#endReason = reason;
    this.#loseAll(reason);
    this.#control.write(frame(Kind.SESSION_END, encodeReason(reason)));
    this.#mux.flushNow();
    this.#mux.goAway(code);
    this.later(this.options.closeTimeout, () => this.#over());
  }

  /** Rule MUX-13. */
  #goneAway(code) {
    const isOrderly = code === 0 && this.#saidEnd === null;
    const otherwise = code === 1 ? Reason.of('PROTOCOL_ERROR', 'the peer says that a rule was broken')
      : Reason.of(code === 0 ? 'SESSION_CLOSED' : 'INTERNAL', code === 0 ? 'the peer closed the session' : 'the peer failed');
    this.#endReason ??= isOrderly ? this.blame(otherwise) : (this.#saidEnd ?? this.blame(otherwise));
    this.#loseAll(this.#endReason);
    if (this.#mux.saidFarewell) {
      this.#over();
    } else {
      this.#state = 'closing';
      for (const stream of this.#mux.streams) {
        stream.dropQueued(); // nobody reads it
      }
      this.#mux.goAway(0);
      this.#mux.flushNow();
      this.#over();
    }
  }

  /** After an error the connection ends; in good order when the peer has answered. */
  #saidFarewell() {
    if (this.#endReason !== null && this.#endReason.code !== 'SESSION_CLOSED') {
      queueMicrotask(() => this.#over());
    }
  }

  #pipeClosed(reason) {
    if (this.#state !== 'over') {
      const why = this.#saidEnd ?? reason ?? this.blame(Reason.of('CONNECTION_LOST', 'the connection ended'));
      this.#endReason ??= why;
      this.#over();
    }
  }

  #over() {
    if (this.#state === 'over') {
      return;
    }
    const wasOpen = this.#peer !== null;
    this.#state = 'over';
    this.#timers.forEach((timer) => clearTimeout(timer));
    this.#mux.flushNow();
    this.#mux.stop();
    this.#loseAll(this.#endReason);
    this.#references.clear();
    this.#pipe.close(this.#endReason);
    if (!wasOpen) {
      this.#tellOpen.reject(new ConnectFailed(this.#endReason));
    }
    this.#tellClosed(this.#endReason);
  }

  /** Every end learns it; what had arrived can still be received. Rule BYT-2. */
  #loseAll(reason) {
    for (const port of this.#ports) {
      port.lost(reason);
    }
    for (const waiting of [...this.#accepting.values()].flat()) {
      waiting.reject(ChannelError.of(reason));
    }
    this.#accepting.clear();
    this.#wakeWaiting();
  }
}

function resolve(slots, index) {
  const slot = slots[index];
  if (slot === undefined) {
    throw new MessageRejected(Reason.of('TYPE_MISMATCH', `ATT-5: attachment ${index} of ${slots.length}`));
  }
  return endOf(slot);
}

function add(map, name, value) {
  const values = map.get(name);
  if (values === undefined) {
    map.set(name, [value]);
  } else {
    values.push(value);
  }
}

function remove(map, name, value) {
  const left = map.get(name).filter((one) => one !== value);
  if (left.length === 0) {
    map.delete(name);
  } else {
    map.set(name, left);
  }
}

/** A session over any pipe of bytes: `send(bytes)`, `bufferedAmount`, `close(reason)`; it calls `onbytes`, `onclose`. */
export function connectOver(pipe, given = {}) {
  const { options, limits } = optionsOf(given);
  return new Session(pipe, options, limits).start();
}

