// The ports of a channel of which one end is at the peer: one stream each. Section 5.2 of the specification.
import {
  FrameReader, Kind, MAX_REASON_BYTES, decodeReason, encodeReason, frame, messageFrame, numberFrame, numberOf, parseMessage,
} from './frames.js';
import { ChannelError, Reason, violation } from './reason.js';

/** What both directions have in common: reading frames, and the stream's end. */
class RemotePort {
  changed = () => {};
  failure = null;
  unread = 0; // bytes that count against the session's memory
  #frames;

  constructor(session, { reference, capacity }, limitOf) {
    this.session = session;
    this.reference = reference;
    this.capacity = capacity;
    this.stream = null;
    this.#frames = new FrameReader(limitOf);
  }

  bind(stream) {
    this.stream = stream;
    stream.port = this;
    return this;
  }

  get isInsideFrame() {
    return this.#frames.isInside;
  }

  read(bytes) {
    const input = { bytes, at: 0 };
    for (let start = 0; input.at < bytes.length && !this.isDead; start = input.at) {
      const next = this.#frames.next(input);
      this.account(input.at - start);
      if (next !== null) {
        this.frame(next.kind, next.body);
      }
    }
  }

  received(bytes) {
    if (this.isDead) {
      this.stream.consumed(bytes.length);
      return;
    }
    try {
      this.read(bytes);
    } catch (error) {
      this.broken(error instanceof ChannelError ? error.reason : Reason.of('INTERNAL', error.message));
    }
    this.afterRead();
  }

  afterRead() {}

  account(count) {
    this.stream.consumed(count);
  }

  drained() {}

  over() {}

  get isDead() {
    return false;
  }
}

/** The sending half of a channel whose receiver is at the peer. */
export class RemoteSendPort extends RemotePort {
  sent = 0;
  closeReason = null;
  #base; // the number of the last message that was received before this port took over
  #acked;
  #adopted = []; // messages that were queued before; they leave first
  #withdrawn = new Set();
  #withdrawing = 0;
  #flushed = 0;
  #isComplete = false;
  #isClosing = false;
  #offers = new Map(); // rendezvous: what moves with a message, until it is settled

  #again = () => {
    this.#advance();
    this.changed();
  };

  constructor(session, headers) {
    super(session, headers, (kind) =>
      kind === Kind.CANCEL ? MAX_REASON_BYTES : kind === Kind.ACK || kind === Kind.WITHDRAWN ? 8 : -1);
    this.#base = 0;
    this.#acked = 0;
  }

  get isDead() {
    return this.failure !== null || this.#isComplete;
  }

  get endReason() {
    return this.failure ?? (this.#isComplete ? this.closeReason : null);
  }

  /** Takes over from a channel in this process: its numbers, its queue, its end. */
  adopt(channel) {
    this.#base = channel.received;
    this.#acked = channel.received;
    this.sent = channel.received;
    this.#adopted = channel.queue;
    channel.queue = [];
    if (channel.failure !== null) {
      this.failure = channel.failure;
    }
    this.#advance();
    if (channel.closeReason !== null) {
      this.close(channel.closeReason);
    }
  }

  check() {
    if (this.failure !== null) {
      throw ChannelError.of(this.failure);
    }
  }

  /** The number of the message, or 0 if there is no room. Throws if it can't be sent at all. */
  trySend(message) {
    this.check();
    if (this.#adopted.length > 0) {
      return 0;
    }
    return this.#post(message);
  }

  #post(message) {
    const { limits } = this.session;
    const room = this.sent - this.#acked < Math.max(1, this.capacity);
    if (!room || this.stream.queued >= limits.maxQueuedBytes) {
      return 0;
    }
    const outgoing = this.session.encode(message, this.reference);
    if (outgoing === null) { // no places for the streams that it names
      this.session.whenPlaces(this.#again);
      return 0;
    }
    this.stream.write(messageFrame(outgoing.table, outgoing.payload), () => outgoing.drop());
    this.sent++;
    if (this.capacity === 0 && outgoing.moves.length > 0) {
      this.#offers.set(this.sent, outgoing);
    } else {
      outgoing.commit();
    }
    return this.sent;
  }

  #advance() {
    while (this.#adopted.length > 0 && this.failure === null) {
      try {
        if (this.#post(this.#adopted[0].message) === 0) {
          return;
        }
        this.#adopted.shift();
      } catch (error) {
        this.#adopted = []; // what was sent and can't be delivered ends the channel; it is never left out
        this.closeReason ??= error.reason ?? Reason.of('INTERNAL', String(error.message));
      }
    }
    this.#closeIfDue();
  }

  drained() {
    this.#again();
  }

  isReceived(number) {
    return this.#acked >= number;
  }

  wasWithdrawn(number) {
    return this.#withdrawn.delete(number);
  }

  withdraw(number) {
    if (this.failure === null && this.#withdrawing !== number && !this.isReceived(number)) {
      this.#withdrawing = number;
      this.stream.write(numberFrame(Kind.WITHDRAW, number - this.#base));
    }
  }

  requestReceipt() {
    if (this.failure === null && !this.#isClosing && this.#acked < this.sent && this.#flushed < this.sent) {
      this.#flushed = this.sent;
      this.stream.write(frame(Kind.FLUSH));
    }
  }

  close(reason) {
    if (this.closeReason === null && this.failure === null) {
      this.closeReason = this.session.stamp(reason);
      this.#closeIfDue();
    }
  }

  #closeIfDue() {
    if (this.closeReason !== null && !this.#isClosing && this.#adopted.length === 0 && this.failure === null) {
      this.#isClosing = true;
      this.stream.write(frame(Kind.CLOSE, encodeReason(this.closeReason)));
      this.stream.end();
    }
  }

  frame(kind, body) {
    if (kind === Kind.CANCEL) {
      const reason = decodeReason(body);
      if (reason.isEnd) {
        throw violation('CH-30', 'CANCEL with the clean end');
      }
      this.fail(reason);
      this.stream.end();
      return;
    }
    const number = numberOf(kind, body);
    const count = number > BigInt(Number.MAX_SAFE_INTEGER) ? Infinity : Number(number) + this.#base;
    if (count > this.sent || count < this.#acked) {
      throw violation('CH-13', `${kind === Kind.ACK ? 'ACK' : 'WITHDRAWN'} of ${number}: ${this.sent} sent, ${this.#acked} acknowledged`);
    }
    if (kind === Kind.WITHDRAWN) {
      if (count !== this.#withdrawing) {
        throw violation('CH-15', `WITHDRAWN of ${number}, which nobody asked back`);
      }
      this.#withdrawn.add(count);
    }
    this.#settleOffers(count, kind === Kind.WITHDRAWN);
    this.#acked = count;
    this.#again();
  }

  #settleOffers(upTo, isBack) {
    const offer = this.#offers.get(upTo);
    if (offer !== undefined) {
      this.#offers.delete(upTo);
      if (isBack) {
        offer.undo();
      } else {
        offer.commit();
      }
    }
  }

  /** The channel has failed: what is queued is dropped and what it names released. */
  fail(reason) {
    if (this.isDead) {
      return;
    }
    this.failure = reason;
    this.#adopted = [];
    this.stream.dropQueued();
    for (const offer of this.#offers.values()) {
      offer.commit(); // it may have been received: the ends fail by their own streams
    }
    this.#offers.clear();
    queueMicrotask(() => this.changed());
  }

  broken(reason) {
    this.fail(reason);
    this.stream.reset(reason.number);
  }

  peerEnded() {
    if (this.isDead) {
      return;
    }
    if (this.#isClosing && this.#acked === this.sent && !this.isInsideFrame) {
      this.#isComplete = true;
      this.changed();
    } else {
      this.fail(this.session.blame(Reason.of('TRUNCATED', 'the receiver went away without a word')));
      this.stream.end();
    }
  }

  peerReset(number) {
    this.fail(this.session.blame(new Reason(number, 'the stream was reset')));
  }

  lost(reason) {
    this.fail(reason);
  }

  refuse(reason) {
    this.fail(reason);
    this.stream.reset(reason.number);
  }
}

/** The receiving half of a channel whose sender is at the peer. */
export class RemoteReceivePort extends RemotePort {
  #before = []; // messages that were queued here before the sender left
  #inbox = []; // {table slots, payload, credit}
  #arrived = 0;
  #taken = 0;
  #acked = 0;
  #receiptWanted = 0;
  #partial = 0; // bytes of an incomplete frame that are not granted yet
  #closeReason = null;
  #isComplete = false;
  #cancelled = null;
  #closeTimer = null;

  constructor(session, headers) {
    super(session, headers, (kind) => {
      switch (kind) {
        case Kind.MESSAGE:
          return session.limits.maxMessageBytes + 2 + 9 * session.limits.maxAttachments;
        case Kind.CLOSE:
          return MAX_REASON_BYTES;
        case Kind.FLUSH:
          return 0;
        case Kind.WITHDRAW:
        case Kind.ECHO:
          return 8;
        default:
          return -1;
      }
    });
  }

  /** Takes over from a channel in this process, whose queue is received first. */
  adopt(channel) {
    this.#before = channel.queue;
    channel.queue = [];
    if (channel.failure !== null) {
      this.cancel(channel.failure);
    }
  }

  get isDead() {
    return this.failure !== null && this.#cancelled === null;
  }

  get endReason() {
    return this.#isDrained ? (this.failure ?? (this.#isComplete ? this.#closeReason : null)) : null;
  }

  get #isDrained() {
    return this.#cancelled !== null || (this.#before.length === 0 && this.#inbox.length === 0);
  }

  // ---- what arrives ----

  account(count) {
    if (this.#cancelled !== null) {
      this.stream.consumed(count);
      return;
    }
    this.#partial += count;
    this.session.hold(this, count);
  }

  frame(kind, body) {
    if (this.#closeReason !== null) {
      throw violation('CH-20', `frame of kind ${kind} after CLOSE`);
    }
    if (kind === Kind.MESSAGE) {
      this.#message(body);
      return;
    }
    this.#grantPartial();
    switch (kind) {
      case Kind.CLOSE:
        this.#closeReason = decodeReason(body);
        break;
      case Kind.FLUSH:
        this.#receiptWanted = this.#arrived;
        this.#ackIfDue();
        break;
      case Kind.WITHDRAW:
        this.#withdraw(Number(numberOf(kind, body)));
        break;
      default: // ECHO: this side cuts no loop, FWD-17
    }
  }

  #message(body) {
    if (this.#cancelled === null && this.#arrived - this.#acked >= Math.max(1, this.capacity)) {
      throw violation('CH-14', `message ${this.#arrived + 1} after ACK of ${this.#acked}, capacity ${this.capacity}`);
    }
    this.#arrived++;
    const { table, payload } = parseMessage(body);
    const slots = this.session.claim(table, this.reference, () => this.changed());
    if (this.#cancelled !== null) {
      slots.forEach((slot) => slot.release());
      return;
    }
    this.#inbox.push({ slots, payload, credit: this.#partial });
    this.#partial = 0;
  }

  #withdraw(number) {
    if (this.capacity !== 0 || number < 1 || number > this.#arrived) {
      throw violation('CH-15', `WITHDRAW of message ${number} of ${this.#arrived}, capacity ${this.capacity}`);
    }
    if (this.stream.queued >= this.session.limits.maxQueuedBytes) {
      throw ChannelError.of(Reason.limit('queued-bytes', `${this.stream.queued} bytes of answers`));
    }
    if (this.#taken < number && this.#inbox.length > 0) {
      const message = this.#inbox.pop();
      this.#release(message);
      this.#taken++;
      this.#acked = this.#taken;
      this.stream.write(numberFrame(Kind.WITHDRAWN, number));
    } else {
      this.#sayAck();
    }
  }

  /** While no complete message is unread, the bytes of an incomplete one count as taken. Rule MUX-10. */
  afterRead() {
    if (this.#inbox.length === 0) {
      this.#grantPartial();
    }
    this.#completeIfDue();
    this.changed();
  }

  #grantPartial() {
    this.session.hold(this, -this.#partial);
    this.stream.consumed(this.#partial);
    this.#partial = 0;
  }

  /** Whether nothing of this channel is unread or incomplete, so that what it has not named it may never name. PRE-8. */
  get isQuiet() {
    return this.#inbox.length === 0 && !this.isInsideFrame;
  }

  // ---- receiving ----

  /** The next message; null at the clean end; undefined if there is none yet. */
  poll() {
    if (this.#before.length > 0) {
      return this.#before.shift().message;
    }
    const first = this.#inbox[0];
    if (first === undefined) {
      return this.#end();
    }
    if (!first.slots.every((slot) => slot.isSettled)) {
      return undefined;
    }
    this.#inbox.shift();
    try {
      return this.session.decode(first.payload, first.slots);
    } catch (error) {
      if (error instanceof ChannelError && error.code === 'PROTOCOL_ERROR') {
        this.broken(error.reason);
      }
      throw error;
    } finally {
      this.#credit(first);
      this.#taken++;
      this.#ackIfDue();
      if (this.#inbox.length === 0 && !this.isDead) {
        this.#grantPartial();
      }
      this.#completeIfDue();
    }
  }

  #end() {
    if (this.failure !== null) {
      throw ChannelError.of(this.failure);
    }
    if (!this.#isComplete) {
      return undefined;
    }
    if (this.#closeReason.isEnd) {
      return null;
    }
    throw ChannelError.of(this.#closeReason);
  }

  #credit({ credit }) {
    this.session.hold(this, -credit);
    this.stream.consumed(credit);
  }

  #release(message) {
    this.#credit(message);
    message.slots.forEach((slot) => slot.release());
  }

  /** Rules CH-11, CH-12. */
  #ackIfDue() {
    const owed = this.#taken - this.#acked;
    const due = owed >= Math.max(1, Math.floor(this.capacity / 2));
    if (owed > 0 && (due || (this.#receiptWanted > this.#acked && this.#taken >= this.#receiptWanted))) {
      this.#sayAck();
    }
  }

  #sayAck() {
    if (this.failure === null && !this.#isComplete) {
      this.#acked = this.#taken;
      this.stream.write(numberFrame(Kind.ACK, this.#taken));
    }
  }

  #completeIfDue() {
    if (this.#closeReason !== null && this.#inbox.length === 0 && !this.#isComplete && this.failure === null) {
      if (this.#taken > this.#acked) {
        this.#sayAck();
      }
      this.#isComplete = true;
      this.stream.end();
    }
  }

  // ---- ends ----

  /** The application wants no more, or the channel is refused. Rule CH-23. */
  cancel(reason) {
    if (this.failure !== null || this.#isComplete) {
      this.#dropInbox();
      return;
    }
    const why = this.session.stamp(reason);
    this.failure = why;
    this.#cancelled = why;
    this.#dropInbox();
    this.#grantPartial();
    this.stream.write(frame(Kind.CANCEL, encodeReason(why)));
    this.stream.end();
    this.#closeTimer = this.session.later(this.session.options.closeTimeout, () => this.stream.reset(why.number));
    queueMicrotask(() => this.changed());
  }

  #dropInbox() {
    const inbox = this.#inbox;
    this.#inbox = [];
    this.#before = [];
    inbox.forEach((message) => this.#release(message));
  }

  /** The peer broke a rule of this channel, or a limit was hit. What had arrived can still be received. */
  broken(reason) {
    if (this.#cancelled !== null) {
      this.stream.reset(reason.number);
    } else if (this.failure === null) {
      const why = this.session.stamp(reason);
      this.failure = why;
      this.stream.write(frame(Kind.CANCEL, encodeReason(why)));
      this.stream.end();
      this.#closeTimer = this.session.later(this.session.options.closeTimeout, () => this.stream.reset(why.number));
      this.#grantPartial();
      this.changed();
    }
  }

  /** Too much of the session's memory is held here: what was not received goes. Rule LIM-2. */
  evict(reason) {
    this.broken(reason);
    this.#dropInbox();
    this.changed();
  }

  peerEnded() {
    if (this.#closeReason === null && this.failure === null) {
      this.#fail(this.session.blame(Reason.of('TRUNCATED', 'CH-22: the stream ended before the channel did')));
      this.stream.end();
    }
  }

  peerReset(number) {
    if (this.#closeReason === null) {
      this.#fail(this.session.blame(new Reason(number, 'the stream was reset')));
    }
  }

  lost(reason) {
    if (this.#closeReason === null) {
      this.#fail(reason);
    } else {
      this.#isComplete ||= this.#inbox.length === 0;
    }
  }

  #fail(reason) {
    this.failure ??= reason;
    this.changed();
  }

  over() {
    this.session.never(this.#closeTimer);
    if (this.#closeReason === null && this.failure === null) {
      this.#fail(Reason.of('TRUNCATED', 'the stream is over'));
    }
  }

  /** An attachment that nobody takes. */
  refuse(reason) {
    this.stream.reset(reason.number);
    this.failure ??= reason;
    this.#dropInbox();
  }
}
