// A listening side that breaks the rules, loses the connection or speaks another dialect: typed errors, and nothing hangs.
import { describe, it } from 'node:test';
import { Kind, StreamKind, concat, encodeReason, frame, messageFrame, numberFrame } from '../lib/frames.js';
import { ByteStream, Reason, channel, connectOver } from 'libchan';
import {
  ACK, DATA, FIN, GO_AWAY, PING, RST, SYN, Script, WINDOW_UPDATE, data, greeted, hello, mux, opening,
} from './scripted.js';
import { endsCleanly, equal, eventually, failing, pause, truth, within } from './support.js';

const FORWARD = { kind: StreamKind.OPENER_SENDS };
const one = Uint8Array.of(1);
const message = (value = 1, table = []) => messageFrame(table, Uint8Array.of(value));
const end = () => frame(Kind.CLOSE, encodeReason(new Reason(0)));

/** What the session ends with when the script says something. */
async function ending(said, options) {
  const { script, session } = await greeted(options);
  script.say(said);
  return within(session.closed);
}

describe('hostile', { concurrency: 8 }, () => {
  const breaches = {
    'MUX-15: an unknown version': Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    'MUX-15: an unknown type': mux(4, 0, 0, 0),
    'MUX-15: a stream that was never opened': data(8, one),
    'MUX-14: an id of the wrong parity': mux(WINDOW_UPDATE, SYN, 3, 0),
    'MUX-14: an id that goes back': concat([opening(4, { ...FORWARD, name: 'x' }), mux(WINDOW_UPDATE, SYN, 2, 0)]),
    'MUX-7: more than the window': concat([opening(2, { ...FORWARD, name: 'x' }), mux(DATA, 0, 2, 262144)]),
    'MUX-7: a window without end': concat([mux(WINDOW_UPDATE, 0, 1, 0x7fffffff)]),
    'PRE-2: a preamble too long': concat([mux(WINDOW_UPDATE, SYN, 2, 0), data(2, Uint8Array.of(0xff, 0xff, 1))]),
    'MUX-19: data behind an end': concat([
      opening(2, { kind: StreamKind.BYTES, codec: '', parent: 9n }), mux(DATA, FIN, 2, 0), data(2, one),
    ]),
    'PRE-2: the end within a preamble': concat([mux(WINDOW_UPDATE, SYN, 2, 0), data(2, one), mux(DATA, FIN, 2, 0)]),
    'PRE-3: a reference of the wrong parity': opening(2, { ...FORWARD, reference: 5n }),
    'PRE-3: a reference twice': concat([opening(2, { ...FORWARD }), opening(4, { ...FORWARD, reference: 2n })]),
    'PRE-5: a second control stream': opening(2, { kind: StreamKind.CONTROL }),
    'CTL-1: HELLO twice': data(1, hello()),
    'CTL-9: the end of the control stream': mux(DATA, FIN, 1, 0),
    'CTL-9: a reset of the control stream': mux(WINDOW_UPDATE, RST, 1, 7),
    'FRM-1: a channel frame on the control stream': data(1, message()),
    'FRM-2: a control frame that is too long': data(1, Uint8Array.of(3, 0x7f, 0, 0, 0)),
    'FD-7: TAKEN of descriptors nobody sent': data(1, numberFrame(Kind.TAKEN, 1)),
  };
  for (const [what, said] of Object.entries(breaches)) {
    it(what, async () => {
      const reason = await ending(said);
      equal(reason.code, 'PROTOCOL_ERROR');
      truth(reason.message.startsWith(what.split(':')[0]), reason.message);
    });
  }

  it('a breach is told to the peer by SESSION_END and GO_AWAY(1)', async () => {
    const { script, session } = await greeted();
    script.say(mux(4, 0, 0, 0));
    await within(session.closed);
    const [last] = script.sent.slice(-1);
    equal([last.type, last.length], [GO_AWAY, 1]);
    truth([...script.written(1)].includes(Kind.SESSION_END), 'SESSION_END');
    equal(script.closedWith.code, 'PROTOCOL_ERROR');
  });

  it('MUX-16: floods of empty frames and of pings', async () => {
    const empty = mux(WINDOW_UPDATE, 0, 1, 0);
    equal((await ending(concat(Array(1001).fill(empty)))).message.split(':')[0], 'idle-frames');
    equal((await ending(concat(Array(101).fill(mux(PING, SYN, 0, 1))))).message.split(':')[0], 'pings');
  });

  it('MUX-17: streams above the limit are refused alone', async () => {
    const { script, session } = await greeted({ limits: { maxStreams: 2 } });
    script.say(concat([2, 4, 6].map((id) => opening(id, { ...FORWARD, name: 'x' }))));
    await eventually(() => script.count(WINDOW_UPDATE, RST, 6) === 1, 'the third one is reset');
    equal(script.count(WINDOW_UPDATE, ACK, 4), 1);
    await session.accept('x');
    session.abort();
  });

  const channelBreaches = {
    'FRM-1: a backward frame': numberFrame(Kind.ACK, 1),
    'CH-14: more messages than the capacity': concat([message(), message(), message()]),
    'CH-20: a frame after CLOSE': concat([end(), message()]),
    'CH-15: WITHDRAW where there is a capacity': concat([message(), numberFrame(Kind.WITHDRAW, 1)]),
    'CH-30: a malformed reason': frame(Kind.CLOSE, Uint8Array.of(0, 0)),
    'ATT-3: a reference of this side': message(1, [{ type: 1, reference: 1n }]),
    'ATT-3: a reference twice': message(1, [{ type: 1, reference: 8n }, { type: 1, reference: 8n }]),
    'FD-8: a descriptor nobody sent': message(1, [{ type: 68, reference: 2n }]),
  };
  for (const [what, said] of Object.entries(channelBreaches)) {
    it(what, async () => {
      const { script, session } = await greeted();
      script.say(concat([opening(2, { ...FORWARD, name: 'x', capacity: 2 }), data(2, said)]));
      const receiver = await session.accept('x');
      const error = await failing(async () => {
        while ((await receiver.receive()) !== null);
      }, 'ProtocolViolation', 'PROTOCOL_ERROR');
      truth(error.reason.message.startsWith(what.split(':')[0]), error.message);
      await eventually(() => script.written(2)[0] === Kind.CANCEL, 'CANCEL');
      script.say(concat([opening(4, { ...FORWARD, name: 'y' }), data(4, message(7))]));
      equal(await within((await session.accept('y')).receive()), 7); // the session lives
      session.abort();
    });
  }

  it('CH-13: an ACK of more than was sent', async () => {
    const { script, session } = await greeted();
    const sender = await session.open('x');
    script.say(data(3, numberFrame(Kind.ACK, 1)));
    equal((await within(sender.closed)).message.split(':')[0], 'CH-13');
    session.abort();
  });

  it('FRM-2: a lying length is refused before anything is kept', async () => {
    const { script, session } = await greeted();
    script.say(concat([opening(2, { ...FORWARD, name: 'x' }), data(2, Uint8Array.of(Kind.MESSAGE, 0x7f, 0xff, 0xff, 0xff))]));
    await failing((await session.accept('x')).receive(), 'LimitExceeded', 'LIMIT');
    session.abort();
  });

  it('CH-22: an end without CLOSE, a reset and a lost connection are failures, and what had arrived is received', async () => {
    const ends = { TRUNCATED: mux(DATA, FIN, 2, 0), FAILED: mux(WINDOW_UPDATE, RST, 2, 2), CONNECTION_LOST: null };
    for (const [code, said] of Object.entries(ends)) {
      const { script, session } = await greeted();
      script.say(concat([opening(2, { ...FORWARD, name: 'x' }), data(2, message(7))]));
      const receiver = await session.accept('x');
      if (said === null) {
        script.cut();
      } else {
        script.say(said);
      }
      equal(await within(receiver.receive()), 7);
      await failing(receiver.receive(), code === 'CONNECTION_LOST' ? 'SessionLost' : 'ChannelReset', code);
      session.abort();
    }
  });

  it('MUX-5: a reset without a number, or on DATA, is TRUNCATED, never an end', async () => {
    for (const said of [mux(WINDOW_UPDATE, RST, 2, 0), data(2, one, RST)]) {
      const { script, session } = await greeted();
      script.say(concat([opening(2, { ...FORWARD, name: 'x' }), said]));
      await failing((await session.accept('x')).receive(), 'ChannelReset', 'TRUNCATED');
      session.abort();
    }
  });

  it('a conversation that is cut at any byte never looks complete', async () => {
    const said = concat([opening(2, { ...FORWARD, name: 'x' }), data(2, message(7)), data(2, end()), mux(DATA, FIN, 2, 0)]);
    for (let length = 0; length < said.length - 12; length++) {
      const { script, session } = await greeted();
      const accepting = session.accept('x');
      const receiving = accepting.then(async (receiver) => [await receiver.receive(), await receiver.receive()]);
      script.say(said.slice(0, length), 3);
      script.cut();
      await failing(receiving, 'SessionLost', 'CONNECTION_LOST');
    }
    const { script, session } = await greeted();
    script.say(said, 1);
    script.cut();
    const receiver = await session.accept('x');
    equal(await receiver.receive(), 7);
    await endsCleanly(receiver);
  });

  it('MUX-10: a message longer than the window gets credit while it comes', async () => {
    const { script, session } = await greeted();
    script.say(opening(2, { ...FORWARD, name: 'x' }));
    const receiver = await session.accept('x');
    const body = messageFrame([], concat([Uint8Array.of(0xc6, 0, 7, 0xa1, 0x20), new Uint8Array(500000)]));
    let window = 262144 - 17;
    for (let at = 0; at < body.length; ) {
      const part = body.slice(at, at + Math.min(window, 60000));
      script.say(data(2, part));
      at += part.length;
      window -= part.length;
      await pause(0);
      for (const credit of script.sent.splice(0).filter(({ type, stream }) => type === WINDOW_UPDATE && stream === 2)) {
        window += credit.length;
      }
      truth(window > 0, 'credit comes');
    }
    equal((await within(receiver.receive())).length, 500000);
    session.abort();
  });

  it('MUX-9: nothing is granted for messages that nobody receives', async () => {
    const { script, session } = await greeted();
    script.say(opening(2, { ...FORWARD, name: 'x' }));
    const receiver = await session.accept('x');
    const big = messageFrame([], concat([Uint8Array.of(0xc5, 0xea, 0x60), new Uint8Array(60000)]));
    for (let i = 0; i < 4; i++) {
      script.say(data(2, big));
    }
    await pause(20);
    const granted = () => script.sent.filter(({ type, stream, flags }) => type === WINDOW_UPDATE && stream === 2 && flags === 0)
      .reduce((sum, { length }) => sum + length, 0);
    equal(granted(), 0);
    for (let i = 0; i < 3; i++) {
      await receiver.receive();
    }
    await eventually(() => granted() > 131072, 'credit for what was received');
    session.abort();
  });

  it('nothing is written while the pipe has enough, and sends wait', async () => {
    const { script, session } = await greeted({ limits: { maxQueuedBytes: 100000 } });
    const sender = await session.open('x');
    await pause(0);
    script.bufferedAmount = 1 << 20;
    const before = script.sent.length;
    await sender.send(new Uint8Array(60000));
    await sender.send(new Uint8Array(60000));
    const third = sender.send(new Uint8Array(60000));
    await pause(30);
    equal(script.sent.length, before);
    equal(await Promise.race([third.then(() => 'sent'), pause(10).then(() => 'waits')]), 'waits');
    script.bufferedAmount = 0;
    await within(third);
    session.abort();
  });

  it('BYT-2: writes and sends that wait end with the session', async () => {
    const { script, session } = await greeted();
    const sender = await session.open('x', { capacity: 10 });
    const [mine, theirs] = ByteStream.pair();
    await sender.send({ stream: theirs });
    script.bufferedAmount = 1 << 20;
    const writer = mine.writable.getWriter();
    const writing = (async () => {
      for (;;) {
        await writer.write(new Uint8Array(50000));
      }
    })();
    writing.catch(() => {});
    const reading = mine.readable.getReader().read();
    reading.catch(() => {});
    await pause(30);
    script.cut();
    await failing(writing, 'SessionLost', 'CONNECTION_LOST');
    await failing(reading, 'SessionLost', 'CONNECTION_LOST');
    await failing(sender.send(1), 'SessionLost', 'CONNECTION_LOST');
  });

  it('MUX-4: habits of libraries are tolerated', async () => {
    const { script, session } = await greeted();
    const whole = opening(2, { ...FORWARD, name: 'x' }).slice(24);
    script.say(concat([data(2, whole, SYN), data(2, message(7)), data(2, end(), FIN), mux(PING, ACK, 0, 9)]));
    const receiver = await session.accept('x');
    equal(await within(receiver.receive()), 7);
    await endsCleanly(receiver);
    await eventually(() => script.count(DATA, FIN, 2) === 1, 'the stream is over');
    script.say(concat([data(2, one), mux(PING, SYN, 0, 77)]));
    await eventually(() => script.sent.some(({ type, flags, length }) => type === PING && flags === ACK && length === 77), 'a pong');
    session.abort();
  });

  it('PRE-4, PRE-6, PRE-9: what is not supported is refused alone', async () => {
    const { script, session } = await greeted();
    script.say(concat([
      opening(2, { ...FORWARD, codec: 'xml' }), opening(4, { kind: StreamKind.BYTES, codec: '' }), opening(6, { ...FORWARD, name: 'x' }),
      opening(8, { kind: 9 }),
    ]));
    await eventually(() => script.written(2)[0] === Kind.CANCEL && script.count(WINDOW_UPDATE, RST, 4) === 1, 'refusals');
    await eventually(() => script.count(WINDOW_UPDATE, RST, 8) === 1, 'an unknown kind');
    await within(session.accept('x'));
    session.abort();
  });

  it('ATT-2, PRE-8: attachments and the messages that name them come in any order, or expire', async () => {
    const { script, session } = await greeted();
    const table = [{ type: StreamKind.OPENER_SENDS, reference: 4n }];
    const payload = Uint8Array.of(0xd5, 1, 0, 0);
    script.say(concat([opening(2, { ...FORWARD, name: 'x' }), data(2, messageFrame(table, payload))]));
    const receiver = await session.accept('x');
    const receiving = receiver.receive();
    await pause(20);
    script.say(concat([opening(4, { ...FORWARD, parent: 2n }), data(4, message(5))]));
    equal(await within((await within(receiving)).receive()), 5);
    script.say(data(2, messageFrame([{ type: 1, reference: 6n }], payload)));
    await failing(receiver.receive(), 'MessageRejected', 'REF_NOT_FOUND');
    script.say(opening(8, { ...FORWARD, parent: 2n }));
    await eventually(() => script.sent.some(({ flags, stream, length }) => flags === RST && stream === 8 && length === 11), 'UNCLAIMED');
    session.abort();
  });

  it('CH-44: a file arrives with its size, and one that is cut is a failure', async () => {
    const { script, session } = await greeted();
    script.say(opening(2, { ...FORWARD, name: 'x' }));
    const receiver = await session.accept('x');
    for (const [id, bytes] of [[4, 4], [6, 3]]) {
      const preamble = fileOpening(id);
      script.say(concat([preamble, data(id, new Uint8Array(bytes)), mux(DATA, FIN, id, 0)]));
      script.say(data(2, messageFrame([{ type: StreamKind.FILE, reference: BigInt(id) }], Uint8Array.of(0xd5, 1, 0, 0))));
    }
    const whole = await within(receiver.receive());
    equal([whole.position, whole.size], [2, 6]);
    equal((await new Response(whole.readable).arrayBuffer()).byteLength, 4);
    const short = await within(receiver.receive());
    await failing(new Response(short.readable).arrayBuffer(), 'ChannelReset', 'TRUNCATED');
    session.abort();
  });

  it('MUX-12: a peer that says nothing is given up', async () => {
    const { session } = await greeted({ keepAliveInterval: 30, keepAliveTimeout: 30 });
    equal((await within(session.closed)).code, 'KEEPALIVE_TIMEOUT');
  });

  it('CTL-3, CTL-6: no HELLO, or one of another version', async () => {
    await failing(greeted({}, hello({ version: '2' })), 'ConnectFailed', 'UNSUPPORTED');
    const silent = new Script();
    await failing(connectOver(silent, { handshakeTimeout: 30, closeTimeout: 50 }), 'ConnectFailed', 'CONNECT_FAILED');
  });

  it('FWD-17: channels that lead to a peer are not sent on, ECHO and JOINED are ignored', async () => {
    const { script, session } = await greeted();
    script.say(concat([opening(2, { ...FORWARD, name: 'x' }), data(2, concat([numberFrame(Kind.ECHO, 3), message(7)]))]));
    script.say(data(1, frame(Kind.JOINED, new Uint8Array(16))));
    const receiver = await session.accept('x');
    const sender = await session.open('y');
    await failing(sender.send({ on: receiver }), 'ChannelReset', 'UNSUPPORTED');
    equal(await within(receiver.receive()), 7); // it is still the caller's
    const local = channel(2);
    await sender.send({ a: local.sender });
    await failing(sender.send({ b: local.receiver }), 'ChannelReset', 'UNSUPPORTED');
    session.abort();
  });
});

function fileOpening(id) {
  const text = new TextEncoder().encode('2/6');
  const whole = opening(id, { kind: StreamKind.FILE, codec: '', parent: 2n });
  const preamble = concat([whole.slice(24), Uint8Array.of(8, 0, text.length), text]);
  preamble[1] += 3 + text.length;
  return concat([mux(WINDOW_UPDATE, SYN, id, 0), data(id, preamble)]);
}
