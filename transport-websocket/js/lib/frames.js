// Frames, preambles, headers and reasons as bytes. Sections 4 and 5 of the specification.
import { Reason, LimitExceeded, violation } from './reason.js';

export const Kind = Object.freeze({
  HELLO: 1,
  DRAIN: 2,
  SESSION_END: 3,
  JOINED: 4,
  TAKEN: 5,
  MESSAGE: 16,
  CLOSE: 17,
  FLUSH: 18,
  WITHDRAW: 19,
  ECHO: 20,
  ACK: 32,
  CANCEL: 33,
  WITHDRAWN: 34,
});

/** What a stream carries: the first byte of its preamble. */
export const StreamKind = Object.freeze({
  CONTROL: 0,
  OPENER_SENDS: 1,
  OPENER_RECEIVES: 2,
  BYTES: 3,
  OPENER_WRITES: 4,
  OPENER_READS: 5,
  FILE: 6,
});

const FRAME_HEADER_BYTES = 5;
const MAX_REASON_TEXT_BYTES = 4096;
const MAX_REASON_NODE_BYTES = 1024;
const MAX_HOPS = 16;
const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const anyUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });

export function encodeText(text) {
  return utf8.encode(text);
}

/** The text; throws a TypeError if it is not well-formed UTF-8. */
export function decodeText(bytes) {
  return strictUtf8.decode(bytes);
}

export function view(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function concat(parts) {
  if (parts.length === 1) {
    return parts[0];
  }
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function uint32(value) {
  const bytes = new Uint8Array(4);
  view(bytes).setUint32(0, value);
  return bytes;
}

// ---- frames ----

export function frame(kind, ...body) {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  header[0] = kind;
  view(header).setUint32(1, length);
  return concat([header, ...body]);
}

/** A frame whose body is one number of 8 bytes. */
export function numberFrame(kind, number) {
  const body = new Uint8Array(8);
  view(body).setBigUint64(0, BigInt(number));
  return frame(kind, body);
}

export function numberOf(kind, body) {
  if (body.length !== 8) {
    throw violation('FRM-1', `frame of kind ${kind} of ${body.length} bytes`);
  }
  return view(body).getBigUint64(0);
}

/** A MESSAGE: the table of attachments, then the codec's bytes. */
export function messageFrame(table, payload) {
  const bytes = new Uint8Array(2 + 9 * table.length);
  const out = view(bytes);
  out.setUint16(0, table.length);
  table.forEach(({ type, reference }, index) => {
    out.setUint8(2 + 9 * index, type);
    out.setBigUint64(3 + 9 * index, reference);
  });
  return frame(Kind.MESSAGE, bytes, payload);
}

export function parseMessage(body) {
  if (body.length < 2) {
    throw violation('FRM-1', `MESSAGE of ${body.length} bytes`);
  }
  const input = view(body);
  const count = input.getUint16(0);
  const start = 2 + 9 * count;
  if (body.length < start) {
    throw violation('FRM-1', `MESSAGE of ${body.length} bytes with ${count} attachments`);
  }
  const table = [];
  for (let at = 2; at < start; at += 9) {
    table.push({ type: input.getUint8(at), reference: input.getBigUint64(at + 1) });
  }
  return { table, payload: body.subarray(start) };
}

/**
 * Cuts frames out of the bytes of one direction. `limitOf(kind)` is the longest body of a kind, or -1 for a kind that the
 * direction does not have; both are checked before any memory is spent. Rules FRM-1, FRM-2.
 */
export class FrameReader {
  #header = new Uint8Array(FRAME_HEADER_BYTES);
  #headerBytes = 0;
  #parts = [];
  #missing = -1; // bytes of the body; -1: the header is not complete
  #limitOf;

  constructor(limitOf) {
    this.#limitOf = limitOf;
  }

  /** Whether a frame has begun and not ended. */
  get isInside() {
    return this.#headerBytes > 0;
  }

  /** The next frame `{kind, body}` of the bytes, or null when more are needed; `input.at` moves on. */
  next(input) {
    if (this.#missing < 0 && !this.#readHeader(input)) {
      return null;
    }
    const available = Math.min(this.#missing, input.bytes.length - input.at);
    if (available > 0) {
      this.#parts.push(input.bytes.slice(input.at, input.at + available)); // a part must not hold on to the whole
      input.at += available;
      this.#missing -= available;
    }
    return this.#missing > 0 ? null : this.#complete();
  }

  #readHeader(input) {
    while (this.#headerBytes < FRAME_HEADER_BYTES) {
      if (input.at === input.bytes.length) {
        return false;
      }
      this.#header[this.#headerBytes++] = input.bytes[input.at++];
    }
    const kind = this.#header[0];
    const length = view(this.#header).getUint32(1);
    const limit = this.#limitOf(kind);
    if (limit < 0) {
      throw violation('FRM-1', `frame of kind ${kind}`);
    }
    if (length > limit) {
      if (kind === Kind.MESSAGE) {
        throw new LimitExceeded(Reason.limit('message-bytes', `message of ${length} bytes > ${limit}`));
      }
      throw violation('FRM-2', `frame of kind ${kind} of ${length} bytes > ${limit}`);
    }
    this.#missing = length;
    return true;
  }

  #complete() {
    const body = this.#parts.length === 0 ? new Uint8Array(0) : concat(this.#parts);
    this.#parts = [];
    this.#missing = -1;
    this.#headerBytes = 0;
    return { kind: this.#header[0], body };
  }
}

// ---- headers and preambles ----

/** Headers, each a key, a length of two bytes and a value. */
export function encodeHeaders(entries) {
  const parts = [];
  for (const [key, value] of entries) {
    const header = new Uint8Array(3);
    header[0] = key;
    view(header).setUint16(1, value.length);
    parts.push(header, value);
  }
  return parts.length === 0 ? new Uint8Array(0) : concat(parts);
}

/** The headers by their keys, of which the known ones stand once. Rules PRE-2, PRE-4, CTL-8, CTL-10. */
export function decodeHeaders(bytes, knownKeys, rule) {
  const headers = new Map();
  for (let at = 0; at < bytes.length; ) {
    if (at + 3 > bytes.length) {
      throw violation(rule, 'headers end in the middle');
    }
    const key = bytes[at];
    const end = at + 3 + ((bytes[at + 1] << 8) | bytes[at + 2]);
    if (end > bytes.length) {
      throw violation(rule, `header ${key} is longer than what holds it`);
    }
    if (headers.has(key) && knownKeys.includes(key)) {
      throw violation(rule, `header ${key} twice`);
    }
    headers.set(key, bytes.slice(at + 3, end));
    at = end;
  }
  return headers;
}

const Header = Object.freeze({ NAME: 1, CODEC: 2, CAPACITY: 3, PARENT: 4, FILE: 8 });
const KNOWN_HEADERS = [1, 2, 3, 4, 5, 6, 8];
const UNIGNORABLE_HEADER = 128;
export const DEFAULT_CAPACITY = 1024;
export const MAX_CAPACITY = 1048576;

export function encodePreamble({ kind, reference, name = '', codec = '', capacity = DEFAULT_CAPACITY, parent = 0n }) {
  const entries = [];
  if (name !== '') {
    entries.push([Header.NAME, encodeText(name)]);
  }
  if (codec !== '') {
    entries.push([Header.CODEC, encodeText(codec)]);
  }
  if (capacity !== DEFAULT_CAPACITY) {
    entries.push([Header.CAPACITY, uint32(capacity)]);
  }
  if (parent !== 0n) {
    const value = new Uint8Array(8);
    view(value).setBigUint64(0, parent);
    entries.push([Header.PARENT, value]);
  }
  const headers = encodeHeaders(entries);
  const fixed = new Uint8Array(11);
  const out = view(fixed);
  out.setUint16(0, 9 + headers.length);
  out.setUint8(2, kind);
  out.setBigUint64(3, reference);
  return concat([fixed, headers]);
}

/** A preamble without its length. Rules PRE-2, PRE-4. */
export function decodePreamble(bytes) {
  if (bytes.length < 9) {
    throw violation('PRE-2', `malformed preamble of ${bytes.length} bytes`);
  }
  const headers = decodeHeaders(bytes.subarray(9), KNOWN_HEADERS, 'PRE-2');
  const capacity = fixedNumber(headers, Header.CAPACITY, 4) ?? BigInt(DEFAULT_CAPACITY);
  if (capacity > BigInt(MAX_CAPACITY)) {
    throw violation('PRE-2', `capacity ${capacity}`);
  }
  return {
    kind: bytes[0],
    reference: view(bytes).getBigUint64(1),
    name: textOf(headers, Header.NAME),
    codec: textOf(headers, Header.CODEC),
    capacity: Number(capacity),
    parent: fixedNumber(headers, Header.PARENT, 8) ?? 0n,
    file: textOf(headers, Header.FILE),
    unsupported: bytes[0] > StreamKind.FILE ? `kind ${bytes[0]}` : unsupportedHeader(headers),
  };
}

function unsupportedHeader(headers) {
  const found = [...headers.keys()].find((key) => key >= UNIGNORABLE_HEADER);
  return found === undefined ? undefined : `header ${found}`;
}

function fixedNumber(headers, key, length) {
  const value = headers.get(key);
  if (value === undefined) {
    return undefined;
  }
  if (value.length !== length) {
    throw violation('PRE-2', `header ${key} of ${value.length} bytes`);
  }
  return length === 4 ? BigInt(view(value).getUint32(0)) : view(value).getBigUint64(0);
}

function textOf(headers, key) {
  try {
    return decodeText(headers.get(key) ?? new Uint8Array(0));
  } catch {
    throw violation('PRE-2', `header ${key} is not UTF-8`);
  }
}

// ---- reasons ----

/** A reason as it fits into a frame: texts are cut at whole characters. */
export function encodeReason(reason) {
  const parts = [uint32(reason.number)];
  sized(parts, reason.message, MAX_REASON_TEXT_BYTES);
  sized(parts, reason.origin, MAX_REASON_NODE_BYTES);
  parts.push(Uint8Array.of(Math.min(reason.hops.length, MAX_HOPS)));
  for (const hop of reason.hops.slice(0, MAX_HOPS)) {
    sized(parts, hop, MAX_REASON_NODE_BYTES);
  }
  return concat(parts);
}

function sized(parts, text, maxBytes) {
  let bytes = encodeText(text);
  if (bytes.length > maxBytes) {
    let end = maxBytes;
    while ((bytes[end] & 0xc0) === 0x80) {
      end--;
    }
    bytes = bytes.subarray(0, end);
  }
  parts.push(Uint8Array.of(bytes.length >> 8, bytes.length & 0xff), bytes);
}

/** The longest body that a reason can have. */
export const MAX_REASON_BYTES = 4 + 2 + MAX_REASON_TEXT_BYTES + (MAX_HOPS + 1) * (2 + MAX_REASON_NODE_BYTES) + 1;

export function decodeReason(body) {
  const input = { bytes: body, at: 4 };
  if (body.length < 4) {
    throw malformedReason();
  }
  const message = takeSized(input, MAX_REASON_TEXT_BYTES);
  const origin = takeSized(input, MAX_REASON_NODE_BYTES);
  const count = body[input.at++];
  if (count === undefined || count > MAX_HOPS) {
    throw malformedReason();
  }
  const hops = Array.from({ length: count }, () => takeSized(input, MAX_REASON_NODE_BYTES));
  if (input.at !== body.length) {
    throw malformedReason();
  }
  return new Reason(view(body).getUint32(0), message, origin, hops);
}

function takeSized(input, maxBytes) {
  const { bytes, at } = input;
  const length = at + 2 <= bytes.length ? (bytes[at] << 8) | bytes[at + 1] : Infinity;
  const end = at + 2 + length;
  if (length > maxBytes || end > bytes.length) {
    throw malformedReason();
  }
  input.at = end;
  return anyUtf8.decode(bytes.subarray(at + 2, end)); // rule CH-31
}

function malformedReason() {
  return violation('CH-30', 'malformed reason');
}
