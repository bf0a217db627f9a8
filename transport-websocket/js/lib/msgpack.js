// The codec msgpack: checks of section 6 of the specification around @msgpack/msgpack, which checks too little for a wire.
import { Decoder, Encoder, ExtensionCodec, ExtData } from '@msgpack/msgpack';
import { decodeText, view } from './frames.js';
import { LimitExceeded, MessageRejected, Reason, violation } from './reason.js';

const ATTACHMENT = 1;
const MIN_INT32 = -(2 ** 31);
const MAX_UINT32 = 2 ** 32 - 1;
const MIN_INT64 = -(2n ** 63n);
const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function mismatch(what) {
  return new MessageRejected(Reason.of('TYPE_MISMATCH', what));
}

// ---- writing ----

/**
 * The bytes of a value. `attach(end)` gives the index of a channel end or byte stream, and undefined for anything else.
 * Throws MessageRejected where the value can't be written.
 */
export function encode(value, attach, limits) {
  const plain = writable(value, attach, limits, 0, '');
  try {
    return new Encoder({ useBigInt64: true, maxDepth: limits.maxDepth + 2 }).encode(plain);
  } catch (error) {
    throw mismatch(`not written: ${error.message}`);
  }
}

/** A copy of the value in which there is only what the format has. Rules COD-2, COD-3, COD-8, COD-13, COD-14. */
function writable(value, attach, limits, depth, path) {
  switch (typeof value) {
    case 'string':
      if (!isWellFormed(value)) {
        throw mismatch(`${path}: text with a lone surrogate`);
      }
      return value;
    case 'number':
      return Number.isSafeInteger(value) && (value > MAX_UINT32 || value < MIN_INT32) ? BigInt(value) : value;
    case 'bigint':
      return value >= MIN_INT64 && value <= MAX_UINT64 ? value : value.toString();
    case 'boolean':
      return value;
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : writableObject(value, attach, limits, depth, path);
    default:
      throw mismatch(`${path}: a ${typeof value}`);
  }
}

function smallest(value) {
  return value <= MAX_SAFE && value >= -MAX_SAFE ? Number(value) : value;
}

function writableObject(value, attach, limits, depth, path) {
  const index = attach(value);
  if (index !== undefined) {
    return new ExtData(ATTACHMENT, Uint8Array.of(index >> 8, index & 0xff));
  }
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) {
      throw mismatch(`${path}: an invalid date`);
    }
    return value.toISOString();
  }
  if (value instanceof ArrayBuffer) {
    return new Uint8Array(value);
  }
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  if (depth >= limits.maxDepth) {
    throw new MessageRejected(Reason.limit('depth', `more than ${limits.maxDepth} levels`));
  }
  if (Array.isArray(value)) {
    return value.map((element, at) => writable(element, attach, limits, depth + 1, `${path}/${at}`));
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const keys = new Set();
  const copy = Object.create(null);
  for (const [key, field] of entries) {
    if (typeof key !== 'string' || !isWellFormed(key) || keys.has(key)) {
      throw mismatch(`${path}: keys are well-formed texts, each once`);
    }
    keys.add(key);
    if (field !== undefined) {
      copy[key] = writable(field, attach, limits, depth + 1, `${path}/${key}`);
    }
  }
  return copy;
}

function isWellFormed(text) {
  return text.isWellFormed ? text.isWellFormed() : !/[\ud800-\udfff]/u.test(text);
}

// ---- reading ----

/**
 * The value of the bytes, which must be exactly one. `resolve(index)` gives the end that an attachment stands for. Throws a
 * ProtocolViolation for malformed bytes (COD-3), LimitExceeded, or MessageRejected.
 */
export function decode(bytes, resolve, limits) {
  const check = new Check(bytes, limits);
  check.whole();
  const extensions = new ExtensionCodec();
  extensions.register({
    type: ATTACHMENT,
    encode: () => null,
    decode: (data) => resolve((data[0] << 8) | data[1]),
  });
  const decoder = new Decoder({ extensionCodec: extensions, useBigInt64: check.hasLong });
  const value = decoder.decode(bytes);
  return check.hasLong ? withNumbers(value) : value;
}

/** Integers that a number holds exactly are numbers, the others stay bigint: none is changed to fit. Rule COD-12. */
function withNumbers(value) {
  if (typeof value === 'bigint') {
    return smallest(value);
  }
  if (Array.isArray(value)) {
    return value.map(withNumbers);
  }
  if (value !== null && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype) {
    for (const key of Object.keys(value)) {
      value[key] = withNumbers(value[key]);
    }
  }
  return value;
}

/** Walks over a message without building anything, so that a lie costs nothing. Rules COD-1 to COD-8, COD-17, COD-18. */
class Check {
  #bytes;
  #view;
  #limits;
  #at = 0;
  #elements = 0;
  hasLong = false;

  constructor(bytes, limits) {
    this.#bytes = bytes;
    this.#view = view(bytes);
    this.#limits = limits;
  }

  whole() {
    if (this.#bytes[0] === 0xc0) {
      throw mismatch('the message is null'); // COD-2
    }
    this.#value(0);
    if (this.#at !== this.#bytes.length) {
      throw violation('COD-3', `${this.#bytes.length - this.#at} bytes after the value`);
    }
  }

  #take(count) {
    if (count > this.#bytes.length - this.#at) {
      throw violation('COD-7', `${count} bytes wanted, ${this.#bytes.length - this.#at} left`);
    }
    const start = this.#at;
    this.#at += count;
    return start;
  }

  #number(size) {
    const at = this.#take(size);
    return size === 1 ? this.#view.getUint8(at) : size === 2 ? this.#view.getUint16(at) : this.#view.getUint32(at);
  }

  #value(depth) {
    const code = this.#number(1);
    if (code < 0x80 || code >= 0xe0 || code === 0xc0 || code === 0xc2 || code === 0xc3) {
      return;
    }
    if (code < 0x90) {
      this.#map(code & 0x0f, depth);
    } else if (code < 0xa0) {
      this.#array(code & 0x0f, depth);
    } else if (code < 0xc0) {
      this.#text(code & 0x1f);
    } else if (code === 0xc1) {
      throw violation('COD-3', 'the reserved code c1');
    } else if (code <= 0xc6) {
      this.#blob(this.#number(1 << (code - 0xc4)));
    } else if (code <= 0xc9) {
      this.#extension(this.#number(1 << (code - 0xc7)));
    } else if (code <= 0xd3) {
      this.#scalar(code);
    } else if (code <= 0xd8) {
      this.#extension(1 << (code - 0xd4));
    } else if (code <= 0xdb) {
      this.#text(this.#number(1 << (code - 0xd9)));
    } else if (code <= 0xdd) {
      this.#array(this.#number(2 << (code - 0xdc)), depth);
    } else {
      this.#map(this.#number(2 << (code - 0xde)), depth);
    }
  }

  #scalar(code) {
    if (code === 0xcf || code === 0xd3) {
      this.hasLong = true;
    }
    this.#take(code === 0xca ? 4 : code === 0xcb ? 8 : 1 << ((code - 0xcc) % 4));
  }

  #text(length) {
    const start = this.#blob(length);
    try {
      return decodeText(this.#bytes.subarray(start, start + length));
    } catch {
      throw violation('COD-3', 'text that is not UTF-8');
    }
  }

  #blob(length) {
    if (length > this.#limits.maxStringBytes) {
      throw new LimitExceeded(Reason.limit('string-bytes', `${length} > ${this.#limits.maxStringBytes}`));
    }
    return this.#take(length);
  }

  #extension(length) {
    const type = this.#number(1);
    this.#blob(length);
    if (type !== ATTACHMENT) {
      throw mismatch(`an extension of type ${type}`);
    }
    if (length !== 2) {
      throw violation('COD-8', `an attachment of ${length} bytes`);
    }
  }

  #nested(count, depth) {
    if (depth + 1 > this.#limits.maxDepth) {
      throw new LimitExceeded(Reason.limit('depth', `more than ${this.#limits.maxDepth} levels`));
    }
    this.#elements += count;
    if (this.#elements > this.#limits.maxElements) {
      throw new LimitExceeded(Reason.limit('elements', `more than ${this.#limits.maxElements}`));
    }
    if (count > this.#bytes.length - this.#at) {
      throw violation('COD-7', `${count} elements in ${this.#bytes.length - this.#at} bytes`);
    }
  }

  #array(count, depth) {
    this.#nested(count, depth);
    for (let index = 0; index < count; index++) {
      this.#value(depth + 1);
    }
  }

  #map(count, depth) {
    this.#nested(count, depth);
    const keys = new Set();
    for (let index = 0; index < count; index++) {
      const key = this.#key();
      if (keys.has(key)) {
        throw violation('COD-3', 'a key twice in one map');
      }
      if (key === '__proto__') {
        throw mismatch('a key that JavaScript objects can not have'); // the library refuses it with less to say
      }
      keys.add(key);
      this.#value(depth + 1);
    }
  }

  #key() {
    const code = this.#number(1);
    if (code >= 0xa0 && code < 0xc0) {
      return this.#text(code & 0x1f);
    }
    if (code >= 0xd9 && code <= 0xdb) {
      return this.#text(this.#number(1 << (code - 0xd9)));
    }
    throw mismatch('a key that is not text'); // COD-17
  }
}
