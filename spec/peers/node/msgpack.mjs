// msgpack: section 6. The library's decoder checks neither UTF-8, nor keys that come twice, nor any depth.
import { Decoder } from '@msgpack/msgpack';
import { LIMIT, PROTOCOL_ERROR, Reason, TYPE_MISMATCH, check, text } from './wire.mjs';

const [MAX_DEPTH, MAX_ELEMENTS, MAX_TEXT] = [64, 100_000, 1 << 19];

export class Extension { constructor(type, value) { Object.assign(this, { type, value }); } }
const extensions = {
  tryToEncode: () => null,
  decode(data, type) {
    check(type !== 1 || data.length === 2, 'an attachment of another size'); // COD-8
    return new Extension(type, type === 1 ? Buffer.from(data).readUInt16BE() : 0);
  },
};

class StrictDecoder extends Decoder {
  elements = MAX_ELEMENTS;
  constructor() {
    super({ useBigInt64: true, extensionCodec: extensions, mapKeyConverter: (key) => this.key(key) });
  }
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
