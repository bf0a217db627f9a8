// The service of spec/conformance.md: peer.mjs listen PORT, or peer.mjs connect HOST PORT. Its time-outs are
// short for the tester; one word more, patient, makes them the usual ones.
import net from 'node:net';
import { CANCELLED, FAILED, Reason } from './wire.mjs';
import { Session } from './session.mjs';
import { times } from './yamux.mjs';

const int = (v) => (typeof v === 'bigint' ? BigInt.asIntN(64, v) === v : Number.isSafeInteger(v));
const text = (value) => typeof value === 'string', data = (value) => value instanceof Uint8Array;
const KINDS = { sender: 2, receiver: 1, bytes: 3, input: 4, output: 5, reply: 2 };
const PACKET = { op: text, n: int, text, data, ...KINDS };

const PLACES = { sender: 'sender', receiver: 'receiver', bytes: 'stream', input: 'stream', output: 'stream' };
const failed = (reason) => ({ op: 'failed', n: BigInt(reason.number ?? FAILED) });

/** Takes what comes until it is enough, or ends, or fails: how that went, and what came. */
const collect = async (next, enough) => {
  const found = [];
  try {
    for (let one; !enough(found); found.push(one)) {
      one = await next(found);
      if (one === null || one.length === 0) return [{ op: 'end' }, found];
    }
    return [{ op: 'ok' }, found];
  } catch (reason) { return [failed(reason), found]; }
};
const size = (chunks) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);

/** Does what the command says; the answer is a packet. */
const run = async (session, kept, command) => {
  const { op, data, text: words, reply } = command, n = Number(command.n ?? 0);
  const { sender, receiver, stream, last } = kept;
  if (op === 'echo') return { ...command, op: 'ok', n: command.n && BigInt(command.n), reply: null };
  if (op === 'receive') {
    const [done, found] = await collect(() => receiver.receive(PACKET), (packets) => packets.length === n);
    return { ...done, text: found.map((packet) => packet.n).join() };
  }
  if (op === 'read') {
    const [done, found] = await collect((got) => stream.read(n - size(got)), (got) => size(got) === n);
    return { ...done, data: Buffer.concat(found) };
  }
  if (op === 'offer') {
    const end = kept.last = await reply.give(PACKET[words], n);
    kept[{ sender: 'receiver', receiver: 'sender' }[words] ?? 'stream'] = end;
    return { op: 'ok', [words]: end };
  }
  if (op === 'open') kept.sender = kept.last = await session.open(words, command.n === null ? 1024 : n);
  else if (op === 'send') for (let i = 1; i <= n; i++) await sender.send({ n: BigInt(i), data });
  else if (op === 'flush') await sender.flush();
  else if (op === 'write') for (let i = 0; i < n; i++) await stream.write(data);
  else if (op === 'close' && last.kind < 3) sender.close(new Reason(n));
  else if (op === 'close' ? n : op === 'cancel' && last.kind > 3) stream.reset(new Reason(n || CANCELLED));
  else if (op === 'close') stream.put(undefined, true);
  else if (op === 'cancel' && last.kind === 3) stream.drop();
  else if (op === 'cancel') receiver.close(new Reason(n || CANCELLED));
  return { op: 'ok' };
};

const commands = async (session, channel) => {
  const kept = {};
  for (let command; ;) {
    try { command = await channel.receive(PACKET); } catch {
      if (channel.outcome && !channel.queue.length) return;
      continue;
    }
    if (!command) return;
    const { op, reply } = command;
    if (op !== 'echo') {
      for (const field in PLACES) if (command[field]) kept[PLACES[field]] = kept.last = command[field];
    }
    try {
      const sent = run(session, kept, command).then((answer) => reply.send(answer));
      await sent.catch((reason) => reply.send(failed(reason)));
      reply.close();
    } catch { /* the tester does not want the answer */ }
    if (op === 'leave') await session.close();
  }
};

const serve = async (session) => {
  for (let channel; (channel = await session.accept('conformance'));) commands(session, channel);
  await session.reading;
};

const [role, ...address] = process.argv.slice(2);
const short = { handshake: 2_000, reference: 1_000, close: 1_000, keepAlive: 2_000, silence: 1_000 };
if (!address.includes('patient')) Object.assign(times, short);
if (role === 'listen') {
  const server = net.createServer((socket) => serve(new Session(socket, false)));
  server.listen(Number(address[0]), '127.0.0.1', () => {
    console.log(`tcp://127.0.0.1:${server.address().port}`);
  });
} else {
  for (;;) {
    const socket = net.connect(address[1], address[0]);
    await new Promise((yes, no) => socket.once('connect', yes).once('error', no));
    await serve(new Session(socket, true));
  }
}
