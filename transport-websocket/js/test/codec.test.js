// The codec by itself: section 6 of the specification.
import { describe, it } from 'node:test';
import { DEFAULT_LIMITS } from 'libchan';
import { optionsOf } from '../lib/options.js';
import { decode, encode } from '../lib/msgpack.js';
import { equal, failing, truth } from './support.js';

const none = () => undefined;

function hex(text) {
  return Uint8Array.from(text.replaceAll(' ', '').match(/../g), (byte) => Number.parseInt(byte, 16));
}

function read(bytes, limits = {}) {
  return decode(typeof bytes === 'string' ? hex(bytes) : bytes, (index) => `attachment ${index}`, { ...DEFAULT_LIMITS, ...limits });
}

function roundTrip(value) {
  return read(encode(value, none, DEFAULT_LIMITS));
}

describe('codec', () => {
  it('values come back equal', () => {
    for (const value of [
      0, -1, 127, 128, 255, 256, 65535, 65536, -128, -129, -32769, 2 ** 31, 2 ** 32 - 1, 2 ** 32, -(2 ** 31) - 1, 2 ** 53 - 1,
      1.5, -1e300, true, false, '', 'é😀', 'x'.repeat(70000), [], {}, [1, [2, [3]]], { a: { b: [null, 'c'] } },
    ]) {
      equal(roundTrip(value), value);
    }
    equal([...roundTrip(Uint8Array.of(1, 2, 255))], [1, 2, 255]);
    equal(roundTrip(new Date(0)), '1970-01-01T00:00:00.000Z');
    equal(roundTrip(new Map([['a', 1]])), { a: 1 });
    equal(roundTrip({ a: undefined, b: 1 }), { b: 1 });
  });

  it('COD-12: integers are exact, as bigint where a number can not be', () => {
    for (const value of [2n ** 63n - 1n, -(2n ** 63n), 2n ** 64n - 1n, 2n ** 53n]) {
      equal(roundTrip([value]), [value]);
    }
    equal(roundTrip([5n]), [5]);
    equal(roundTrip(2n ** 70n), (2n ** 70n).toString());
  });

  it('COD-1, COD-3, COD-7: malformed bytes', async () => {
    const malformed = {
      'truncated text': 'a3 61 62',
      'bytes after the value': '01 02',
      'the reserved code': '91 c1',
      'overlong UTF-8': 'a2 c0 80',
      'a surrogate': 'a3 ed a0 80',
      'a key twice': '82 a1 61 01 a1 61 02',
      'a lie about a length': 'c6 00 00 ff ff',
      'a lie about a count': 'dc ff ff',
      'nothing at all': '',
      'an attachment of one byte': '91 d4 01 00',
    };
    for (const [what, bytes] of Object.entries(malformed)) {
      await failing(() => read(bytes === '' ? new Uint8Array(0) : bytes), 'ProtocolViolation', 'PROTOCOL_ERROR').catch((error) => {
        truth(false, `${what}: ${error.message}`);
      });
    }
  });

  it('COD-2, COD-17, COD-18: what fits no type', async () => {
    for (const bytes of ['c0', '81 01 02', '91 d4 07 00', '91 d6 ff 00 00 00 00']) {
      await failing(() => read(bytes), 'MessageRejected', 'TYPE_MISMATCH');
    }
  });

  it('every prefix of a message is malformed', async () => {
    const whole = encode({ a: [1, 'x', 2.5, new Uint8Array(3)], b: { c: 2 ** 40 } }, none, DEFAULT_LIMITS);
    for (let length = 0; length < whole.length; length++) {
      await failing(() => read(whole.subarray(0, length)), 'ProtocolViolation');
    }
  });

  it('random bytes throw the family only', () => {
    let seed = 1;
    for (let round = 0; round < 3000; round++) {
      const bytes = Uint8Array.from({ length: 1 + (round % 40) }, () => {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        return seed >> 16;
      });
      try {
        read(bytes);
      } catch (error) {
        truth(['ProtocolViolation', 'MessageRejected', 'LimitExceeded'].includes(error.name), `${bytes}: ${error.stack}`);
      }
    }
  });

  it('COD-4 to COD-6: limits', async () => {
    const deep = (levels) => encode(Array.from({ length: levels - 1 }).reduce((inner) => [inner], []), none, DEFAULT_LIMITS);
    read(deep(10), { maxDepth: 10 });
    await failing(() => read(deep(11), { maxDepth: 10 }), 'LimitExceeded', 'LIMIT');
    const array = encode(new Array(10).fill(1), none, DEFAULT_LIMITS);
    read(array, { maxElements: 10 });
    await failing(() => read(array, { maxElements: 9 }), 'LimitExceeded', 'LIMIT');
    const text = encode('é'.repeat(5), none, DEFAULT_LIMITS);
    read(text, { maxStringBytes: 10 });
    await failing(() => read(text, { maxStringBytes: 9 }), 'LimitExceeded', 'LIMIT');
    await failing(() => encode([[[]]], none, { ...DEFAULT_LIMITS, maxDepth: 2 }), 'MessageRejected', 'LIMIT');
    await failing(() => optionsOf({ limits: { maxDepth: 0 } }), 'RangeError');
    await failing(() => optionsOf({ limits: { maxDeepness: 1 } }), 'RangeError');
  });

  it('what can not be written is rejected', async () => {
    for (const value of [() => {}, Symbol('x'), '\ud800', { '\ud800': 1 }, new Date(NaN), new Map([[1, 2]])]) {
      await failing(() => encode([value], none, DEFAULT_LIMITS), 'MessageRejected', 'TYPE_MISMATCH');
    }
  });

  it('COD-8: an attachment is extension 1 with its index', () => {
    const end = {};
    equal([...encode({ a: end }, (value) => (value === end ? 258 : undefined), DEFAULT_LIMITS)], [...hex('81 a1 61 d5 01 01 02')]);
    equal(read('81 a1 61 d5 01 01 02'), { a: 'attachment 258' });
  });
});
