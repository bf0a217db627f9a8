// Reasons, headers and frames as bytes. Names such as CH-30 are rules of spec/protocol.md.

export const [END, CANCELLED, FAILED, SESSION_CLOSED, CONNECTION_LOST, KEEPALIVE_TIMEOUT, PROTOCOL_ERROR,
  LIMIT, REFUSED, REF_NOT_FOUND, UNSUPPORTED, UNCLAIMED, DEADLINE, DRAINING, TYPE_MISMATCH, TRUNCATED,
] = Array(16).keys();
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const none = Buffer.alloc(0);
export const uint = (bytes, value) => Buffer.from(BigInt(value).toString(16).padStart(2 * bytes, '0'), 'hex');
export const sized = (text) => Buffer.concat([uint(2, Buffer.byteLength(text)), Buffer.from(text)]);
export const header = (key, value) => Buffer.concat([Buffer.of(key), sized(value)]);
export const frame = (kind, body = none) => Buffer.concat([Buffer.of(kind), uint(4, body.length), body]);

/** Why something ended: CH-30. A leaf has no use for origin and hops. */
export class Reason extends Error {
  constructor(number, text = '') { super(text); this.number = number; }
  encode() { return Buffer.concat([uint(4, this.number), sized(this.message), Buffer.alloc(3)]); }
}

export const check = (good, text, number = PROTOCOL_ERROR) => {
  if (!good) throw new Reason(number, text);
};

export const text = (bytes) => {
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
