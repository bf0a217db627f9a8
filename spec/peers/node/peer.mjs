// The service of spec/conformance.md. peer.mjs listen [PORT], or peer.mjs connect HOST PORT.
import net from 'node:net';
import { CANCELLED, Reason } from './wire.mjs';
import { Session } from './session.mjs';
import { times } from './yamux.mjs';

const int = (value) => (typeof value === 'bigint' ? BigInt.asIntN(64, value) === value : Number.isSafeInteger(value));
const text = (value) => typeof value === 'string', data = (value) => value instanceof Uint8Array;
const PACKET = { op: text, n: int, text, data, sender: 2, receiver: 1, bytes: 3, input: 4, output: 5, reply: 2 };

/** Takes what comes until it is enough, or ends, or fails: how that went, and what came. */
const collect = async (next, enough) => {
  const found = [];
  try {
    for (let one; !enough(found); found.push(one)) if (!(one = await next(found))?.length && !one?.op) return [{ op: 'end' }, found];
    return [{ op: 'ok' }, found];
  } catch (reason) { return [{ op: 'failed', n: BigInt(reason.number) }, found]; }
};
