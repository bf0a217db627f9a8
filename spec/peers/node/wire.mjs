// Reasons, bodies and msgpack (section 6). Names such as CH-30 are rules of spec/protocol.md.
import { Decoder } from '@msgpack/msgpack';

export const [END, CANCELLED, FAILED, SESSION_CLOSED, CONNECTION_LOST, KEEPALIVE_TIMEOUT, PROTOCOL_ERROR, LIMIT,
  REFUSED, REF_NOT_FOUND, UNSUPPORTED, UNCLAIMED, DEADLINE, DRAINING, TYPE_MISMATCH, TRUNCATED] = Array(16).keys();
const [MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT] = [64, 100_000, 1 << 19];
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const uint = (bytes, value) => Buffer.from(BigInt(value).toString(16).padStart(2 * bytes, '0'), 'hex');
export const sized = (text) => Buffer.concat([uint(2, Buffer.byteLength(text)), Buffer.from(text)]);
export const header = (key, value) => Buffer.concat([Buffer.of(key), sized(value)]);
export const frame = (kind, body = []) => Buffer.concat([Buffer.of(kind), uint(4, body.length), Buffer.from(body)]);

/** Why something ended: CH-30. A leaf has no use for origin and hops. */
export class Reason extends Error {
  constructor(number, text = '') { super(text); this.number = number; }
  encode() { return Buffer.concat([uint(4, this.number), sized(this.message), Buffer.alloc(3)]); }
}

export const check = (good, text, number = PROTOCOL_ERROR) => {
  if (!good) throw new Reason(number, text);
};

const text = (bytes) => {
  try { return utf8.decode(bytes); } catch { throw new Reason(PROTOCOL_ERROR, 'text that is not UTF-8'); }
};

/** Bytes that are taken from the front. */
export class Body {
  constructor(rest) { this.rest = rest; }
  take(size) {
    check(size <= this.rest.length, 'more is announced than there is');
    const taken = this.rest.subarray(0, size);
    this.rest = this.rest.subarray(size);
    return taken;
  }
  uint(size) { return size === 8 ? this.take(8).readBigUInt64BE() : this.take(size).readUIntBE(0, size); }
  reason() {
    const [number, words] = [this.uint(4), String(this.take(this.uint(2)))];
    this.take(this.uint(2));
    const hops = this.uint(1);
    check(hops <= 16, 'a reason with more hops');
    for (let i = 0; i < hops; i++) this.take(this.uint(2));
    return new Reason(number, words);
  }
  /** Known are numbers, with the bytes that they have, and texts, with the bytes that they may have. */
  headers(numbers, texts) {
    const found = {};
    while (this.rest.length) {
      const [key, size] = [this.uint(1), this.uint(2)];
      const known = numbers[key] === size || texts[key] >= size;
      check(known ? !(key in found) : !(key in numbers || key in texts), 'a header'); // PRE-2, CTL-10
      found[key] = key in numbers ? this.uint(size) : key in texts ? text(this.take(size)) : this.take(size);
    }
    return found;
  }
}

export class Extension { constructor(type, value) { Object.assign(this, { type, value }); } }
const extensions = {
  tryToEncode: () => null,
  decode(data, type) {
    check(type !== 1 || data.length === 2, 'an attachment of another size'); // COD-8
    return new Extension(type, type === 1 ? Buffer.from(data).readUInt16BE() : 0);
  },
};

/** The library's decoder, which checks neither UTF-8, nor keys that come twice, nor any depth. */
class StrictDecoder extends Decoder {
  elements = MAX_ELEMENTS;
  constructor() { super({ useBigInt64: true, extensionCodec: extensions, mapKeyConverter: (key) => this.key(key) }); }
  key(key) {
    check(typeof key === 'string', 'a key that is not text', TYPE_MISMATCH); // COD-17
    check(!Object.hasOwn(this.stack.top().map, key), 'a key twice'); // COD-3
    return key;
  }
  several(count) {
    check(count <= this.bytes.length - this.pos, 'more is announced than there is'); // COD-7
    check(this.stack.length < MAX_DEPTH, 'depth: more levels', LIMIT); // COD-4
    check((this.elements -= count) >= 0, 'elements: more of them', LIMIT); // COD-5
  }
  pushMapState(count) { this.several(count); super.pushMapState(count); }
  pushArrayState(count) { this.several(count); super.pushArrayState(count); }
  decodeBinary(size, before) {
    check(size <= this.bytes.length - this.pos - before, 'more is announced than there is');
    check(size <= MAX_TEXT, 'string-bytes: a longer value', LIMIT); // COD-6
    return super.decodeBinary(size, before);
  }
  decodeUtf8String(size, before) { return text(this.decodeBinary(size, before)); }
}

export const unpack = (bytes) => {
  try { return new StrictDecoder().decode(bytes); } catch (e) { // COD-3
    throw e instanceof Reason ? e : new Reason(PROTOCOL_ERROR, 'malformed msgpack');
  }
};
