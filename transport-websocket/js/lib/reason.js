// Why something ended, and the errors that tell it. Rule CH-30.

/** The numbers of reasons that have a name; from 65,536 on they are the application's. */
export const ReasonCode = Object.freeze({
  END: 0,
  CANCELLED: 1,
  FAILED: 2,
  SESSION_CLOSED: 3,
  CONNECTION_LOST: 4,
  KEEPALIVE_TIMEOUT: 5,
  PROTOCOL_ERROR: 6,
  LIMIT: 7,
  REFUSED: 8,
  REF_NOT_FOUND: 9,
  UNSUPPORTED: 10,
  UNCLAIMED: 11,
  DEADLINE: 12,
  DRAINING: 13,
  TYPE_MISMATCH: 14,
  TRUNCATED: 15,
  CONNECT_FAILED: 16,
  WITHDRAWN: 17,
  INTERNAL: 18,
  RETURNED: 19,
});

const NAMES = new Map(Object.entries(ReasonCode).map(([name, number]) => [number, name]));
const MAX_TEXT_CHARS = 1024;
const MAX_HOPS = 16;

/** Why something ended: a number, a text for people, the node where it happened, those that passed it on. Immutable. */
export class Reason {
  constructor(number, message = '', origin = '', hops = []) {
    if (!Number.isInteger(number) || number < 0 || number > 0xffffffff) {
      throw new RangeError(`not the number of a reason: ${number}`);
    }
    this.number = number;
    this.message = cut(message);
    this.origin = cut(origin);
    this.hops = Object.freeze(hops.slice(0, MAX_HOPS).map(cut));
    Object.freeze(this);
  }

  static of(code, message = '') {
    return new Reason(typeof code === 'string' ? ReasonCode[code] : code, message);
  }

  static limit(name, detail) {
    return new Reason(ReasonCode.LIMIT, `${name}: ${detail}`);
  }

  /** The name of the number; `UNKNOWN` if it has none. */
  get code() {
    return NAMES.get(this.number) ?? 'UNKNOWN';
  }

  get isEnd() {
    return this.number === ReasonCode.END;
  }

  /** This reason with an origin, unless it has one. */
  from(node) {
    return this.origin === '' && !this.isEnd ? new Reason(this.number, this.message, node, this.hops) : this;
  }

  toString() {
    const name = NAMES.get(this.number) ?? `reason ${this.number}`;
    const text = this.message === '' ? '' : `: ${this.message}`;
    const from = this.origin === '' ? '' : ` (from ${this.origin})`;
    const via = this.hops.length === 0 ? '' : ` via ${this.hops.join(', ')}`;
    return name + text + from + via;
  }
}

function cut(text) {
  if (typeof text !== 'string') {
    throw new TypeError('the texts of a reason are strings');
  }
  const cutText = text.length <= MAX_TEXT_CHARS ? text : text.slice(0, MAX_TEXT_CHARS);
  return cutText.toWellFormed ? cutText.toWellFormed() : cutText;
}

/** What ended a channel, a byte stream or a session, or kept one message from being sent or received. */
export class ChannelError extends Error {
  constructor(reason, options) {
    super(reason.toString(), options);
    this.name = new.target.name;
    this.reason = reason;
  }

  /** The name of the reason's number, such as `CANCELLED`; `UNKNOWN` for the application's own. */
  get code() {
    return this.reason.code;
  }

  get number() {
    return this.reason.number;
  }

  get origin() {
    return this.reason.origin;
  }

  get hops() {
    return this.reason.hops;
  }

  /** A new error for what ended a channel: the member of the family that fits the reason's code. */
  static of(reason) {
    switch (reason.number) {
      case ReasonCode.SESSION_CLOSED:
      case ReasonCode.CONNECTION_LOST:
      case ReasonCode.KEEPALIVE_TIMEOUT:
        return reason.hops.length === 0 ? new SessionLost(reason) : new ChannelReset(reason);
      case ReasonCode.PROTOCOL_ERROR:
        return new ProtocolViolation(reason);
      case ReasonCode.LIMIT:
        return new LimitExceeded(reason);
      case ReasonCode.CONNECT_FAILED:
        return new ConnectFailed(reason);
      default:
        return new ChannelReset(reason);
    }
  }
}

/** The peer ended this channel; the session lives. */
export class ChannelReset extends ChannelError {}

/** The session ended; everything on it fails with the same reason. */
export class SessionLost extends ChannelError {}

/** A limit of either side was hit; the text begins with its name. */
export class LimitExceeded extends ChannelError {}

/** The peer broke a rule, which the text names. */
export class ProtocolViolation extends ChannelError {}

/** There is no session. */
export class ConnectFailed extends ChannelError {}

/** This one message could not be sent or received; the channel goes on. */
export class MessageRejected extends ChannelError {}

/** An end was used after it was closed here or sent away; a defect of the calling program. */
export class MisuseError extends Error {
  constructor(message) {
    super(message);
    this.name = 'MisuseError';
  }
}

export function violation(rule, what) {
  return new ProtocolViolation(Reason.of('PROTOCOL_ERROR', `${rule}: ${what}`));
}

/** The reason that an application's value stands for: an error of ours keeps its own. */
export function reasonOf(value, otherwise = 'FAILED') {
  if (value instanceof Reason) {
    return value;
  }
  if (value instanceof ChannelError) {
    return value.reason;
  }
  if (value?.name === 'AbortError') {
    return Reason.of('CANCELLED', String(value.message ?? ''));
  }
  const text = value === undefined ? '' : String(value?.message ?? value);
  return Reason.of(otherwise, text);
}
