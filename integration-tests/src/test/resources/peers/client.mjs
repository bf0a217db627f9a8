// An application on the port: does with the service that is at the other end of a channel what line 4 asks for.
import assert from 'node:assert';
import net from 'node:net';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const { Session } = await import(pathToFileURL(path.resolve('session.mjs')));
const int = (v) => typeof v === 'bigint' || Number.isSafeInteger(v), text = (v) => typeof v === 'string';
const data = (v) => v instanceof Uint8Array;
const PACKET = { op: text, n: int, text, data, sender: 2, receiver: 1, bytes: 3, input: 4, output: 5, reply: 2 };
const PART = Buffer.from(Array.from({ length: 50_000 }, (_, i) => i % 250));
const WHOLE = Buffer.concat(Array(20).fill(PART));

const socket = net.connect(Number(process.argv[2]), '127.0.0.1');
await new Promise((yes) => socket.once('connect', yes));
const session = new Session(socket, true);
await session.until(() => session.hello);
const commands = await session.open('pass', 8);

const ask = async (command) => {
  const reply = await commands.give(2, 1);
  await commands.send({ ...command, reply });
  const answer = await reply.receive(PACKET);
  assert.equal(await reply.receive(PACKET), null);
  return answer;
};
const numbers = Array.from({ length: 200 }, (_, i) => i + 1);

const sender = await commands.give(1, 4);
const sending = (async () => {
  for (const n of numbers) await sender.send({ n: BigInt(n), data: PART.subarray(0, 2000) });
  await sender.flush();
  sender.close();
})();
assert.equal((await ask({ op: 'receive', n: 200n, receiver: sender })).text, numbers.join());
await sending;
assert.equal((await ask({ op: 'receive', n: 1n })).op, 'end');

const { receiver } = await ask({ op: 'offer', text: 'receiver', n: 4n });
const sent = ask({ op: 'send', n: 200n, data: PART });
for (const n of numbers) assert.equal(Number((await receiver.receive(PACKET)).n), n);
assert.equal((await sent).op, 'ok');
await ask({ op: 'close', n: 70000n });
await assert.rejects(receiver.receive(PACKET), { number: 70000 });

const stream = await commands.give(3);
const wrote = ask({ op: 'write', n: 20n, data: PART, bytes: stream });
const parts = [];
for (let size = 0; size < WHOLE.length; size += parts.at(-1).length) parts.push(await stream.read());
assert(Buffer.concat(parts).equals(WHOLE));
await wrote;
await ask({ op: 'close', n: 0n });
assert.equal((await stream.read()).length, 0);

const { output } = await ask({ op: 'offer', text: 'output' });
const writing = (async () => {
  for (let i = 0; i < 20; i++) await output.write(PART);
  output.put(undefined, true);
})();
for (let i = 0; i < 20; i++) assert(PART.equals((await ask({ op: 'read', n: BigInt(PART.length) })).data));
await writing;
assert.equal((await ask({ op: 'read', n: 1n })).op, 'end');
await session.close();
console.log('done');
process.exit(0);
