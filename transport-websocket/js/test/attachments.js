// AttachmentContract, and what of the other contracts is about sessions.
import { ByteStream, Reason, channel } from 'libchan';
import {
  crc32, endsCleanly, equal, eventually, failing, fresh, meet, pair, pattern, readPattern, shortly, truth, waits, within,
} from './support.js';

const out = ['out'];
const both = ['out', 'in'];

/** Sends an end to the far side, which keeps it under the name that is returned. */
async function give({ far }, fields) {
  const name = fresh('kept');
  await far.order('keep', name, fields);
  return name;
}

export const attachments = {
  anAnswerComesBackOnASenderThatWasInTheRequest: [out, async ({ far }) => {
    truth((await far.order('streams')).value > 0, 'every order is answered so');
  }],
  severalAttachmentsKeepTheirPlaces: [out, async (bed) => {
    const sender = await bed.session.open('box');
    const receiver = bed.far.receiver('box');
    await bed.far.order('accept', 'box', { text: 'box' });
    const [one, two, three] = [channel(), channel(), channel()];
    await sender.send({ number: 1, b: one.sender, a: two.receiver, list: 0, c: three.sender });
    await bed.far.order('receiveBox', receiver.end);
    await bed.far.sender('box.b').send('to one');
    await bed.far.sender('box.c').send('to three');
    await two.sender.send('from two');
    equal(await within(one.receiver.receive()), 'to one');
    equal(await within(three.receiver.receive()), 'to three');
    equal(await bed.far.receiver('box.a').receive(), 'from two');
  }],
  listsOfAttachmentsArriveInOrder: [['in'], async (bed) => {
    const echo = await bed.session.open('lists');
    await bed.far.order('accept', 'lists', { text: 'lists' });
    const all = [channel(), channel(), channel()];
    await echo.send({ number: 3, first: all[0].sender, rest: all.slice(1).map((one) => one.sender) });
    equal((await bed.far.order('receiveBox', 'lists')).value, 3);
    await bed.far.sender('lists.first').send(1);
    equal(await within(all[0].receiver.receive()), 1);
    await bed.far.order('sendTo', 'lists.rest', { number: 2 });
    equal([await within(all[1].receiver.receive()), await within(all[2].receiver.receive())], [0, 1]);
  }],
  sendersTravelOverSendersThatTravelled: [both, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    if (route === 'in') {
      await sender.order('sendChannel', { number: 5, text: 'inner' });
      const { sender: inner, number } = await within(receiver.receive());
      equal(number, 5);
      const deeper = channel();
      await inner.send({ number: 6, sender: deeper.sender });
      equal((await bed.far.order('receiveBox', 'inner')).value, 6);
      await bed.far.sender('inner.sender').send('deep');
      equal(await within(deeper.receiver.receive()), 'deep');
    } else {
      const inner = channel();
      await sender.send({ number: 1, sender: inner.sender });
      equal((await bed.far.order('receiveBox', receiver.end)).value, 1);
      await bed.far.order('sendChannel', `${receiver.end}.sender`, { number: 2, text: 'deeper' });
      const got = await within(inner.receiver.receive());
      await got.sender.send('deep');
      equal(await bed.far.receiver('deeper').receive(), 'deep');
    }
  }],
  aChainOfChannelsGoesTwentyDeepAndBackAndForth: [out, async (bed) => {
    let { sender, receiver } = await pair(bed, 'out');
    for (let depth = 0; depth < 20; depth++) {
      const next = channel();
      await sender.send({ number: depth, sender: next.sender });
      equal((await bed.far.order('receiveBox', receiver.end)).value, depth);
      const name = fresh('deep');
      await bed.far.order('sendChannel', `${receiver.end}.sender`, { number: depth, text: name });
      ({ sender } = await within(next.receiver.receive()));
      receiver = bed.far.receiver(name);
    }
  }],
  queuedMessagesOfALocalChannelArriveFirstAndInOrder: [out, async (bed) => {
    const local = channel(4);
    await local.sender.send(1);
    await local.sender.send(2);
    const name = await give(bed, { receiver: local.receiver });
    await local.sender.send(3);
    local.sender.close();
    equal(await bed.far.order('receiveAll', name).then(({ value }) => value), { count: 3, sum: 6 });
  }],
  aChannelThatWasClosedBeforeItsReceiverWasSentArrivesWhole: [out, async (bed) => {
    const local = channel(4);
    await local.sender.send(1);
    await local.sender.send(2);
    local.sender.close();
    const name = await give(bed, { receiver: local.receiver });
    equal((await bed.far.order('receiveAll', name)).value, { count: 2, sum: 3 });
  }],
  whatTheOtherSideSendsComesAfterWhatWasQueuedHere: [out, async (bed) => {
    const local = channel(4);
    await local.sender.send(1);
    await local.sender.send(2);
    const name = await give(bed, { sender: local.sender });
    await bed.far.sender(name).send(3);
    await bed.far.sender(name).close();
    equal([await local.receiver.receive(), await local.receiver.receive(), await within(local.receiver.receive())], [1, 2, 3]);
    await endsCleanly(local.receiver);
  }],
  theCapacityHoldsAcrossAMove: [out, async (bed) => {
    const local = channel(2);
    await local.sender.send(0);
    await local.sender.send(1);
    const there = bed.far.receiver(await give(bed, { receiver: local.receiver }));
    await failing(local.sender.send(2, { signal: shortly() }), 'TimeoutError');
    equal([await there.receive(), await there.receive()], [0, 1]);
    await within(local.sender.send(2));
    local.sender.close();
    equal(await there.receive(), 2);
    equal(await there.receive(), null);
  }],
  aReceiverThatWaitsGetsWhatThePeerSendsAfterTheMove: [out, async (bed) => {
    const local = channel(2);
    const receiving = local.receiver.receive();
    const name = await give(bed, { sender: local.sender });
    await bed.far.sender(name).send(5);
    equal(await within(receiving), 5);
    await bed.far.sender(name).close();
    await endsCleanly(local.receiver);
  }],
  anEndThatWasSentAwayIsNotTheCallersAnyMore: [out, async (bed) => {
    const local = channel(2);
    await give(bed, { sender: local.sender });
    await failing(local.sender.send(1), 'MisuseError');
    local.sender.close(); // does nothing
  }],
  anEndTwiceInOneMessageIsRefusedAndStaysTheCallers: [out, async (bed) => {
    const { sender } = await pair(bed, 'out');
    const local = channel(2);
    await failing(sender.send({ a: local.sender, b: local.sender }), 'MisuseError');
    await local.sender.send(1);
    equal(await local.receiver.receive(), 1);
  }],
  aSendThatFailsLeavesTheEndsWithTheCaller: [out, async (bed) => {
    const { sender, receiver } = await pair(bed, 'out');
    const local = channel(2);
    await receiver.close();
    await within(sender.closed);
    await failing(sender.send({ a: local.sender }), 'ChannelReset', 'CANCELLED');
    await local.sender.send(1);
    equal(await local.receiver.receive(), 1);
  }],
  aRendezvousThatGivesUpLeavesTheEndsWithTheCaller: [out, async (bed) => {
    const { sender } = await pair(bed, 'out', 0);
    const local = channel(2);
    await failing(sender.send({ a: local.sender }, { signal: shortly() }), 'TimeoutError');
    await local.sender.send(1);
    equal(await local.receiver.receive(), 1);
  }],
  anEncodeThatFailsLeavesTheEndsWithTheCaller: [out, async (bed) => {
    const { sender } = await pair(bed, 'out');
    const local = channel(2);
    await failing(sender.send({ a: local.sender, b: () => {} }), 'MessageRejected', 'TYPE_MISMATCH');
    await local.sender.send(1);
    equal(await local.receiver.receive(), 1);
  }],
  anAttachmentThatNoFieldTakesIsReleased: [out, async (bed) => {
    const sender = await bed.session.open('notes');
    await bed.far.order('acceptNotes', 'notes', { text: 'notes' });
    const local = channel(2);
    await sender.send({ number: 1, text: 'x', extra: local.sender });
    equal((await bed.far.order('receiveNote', 'notes')).value, { number: 1, text: 'x' });
    await failing(local.receiver.receive(), 'ChannelReset', 'UNCLAIMED');
  }],
  theAttachmentsOfMessagesThatTheReceiverDroppedAreReleased: [both, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    if (route === 'out') {
      const local = channel(2);
      await sender.send({ sender: local.sender });
      await receiver.close();
      await failing(local.receiver.receive(), 'ChannelReset', 'UNCLAIMED');
    } else {
      await sender.order('sendChannel', { number: 1, text: 'dropped' });
      receiver.close();
      await failing(bed.far.receiver('dropped').receive(), 'ChannelReset', 'UNCLAIMED');
    }
  }],
  theByteStreamOfAMessageThatTheReceiverDroppedIsReleased: [out, async (bed) => {
    const { sender, receiver } = await pair(bed, 'out');
    const [mine, theirs] = ByteStream.pair();
    await sender.send({ stream: theirs });
    await receiver.close();
    await failing(mine.readable.getReader().read(), 'ChannelReset', 'UNCLAIMED');
  }],
  aByteStreamGoesBothWaysAndEachDirectionEndsOnItsOwn: [both, async (bed, route) => {
    const stream = await byteStream(bed, route);
    const reader = stream.readable.getReader();
    const writer = stream.writable.getWriter();
    await writer.write(pattern(1000));
    await writer.close();
    equal((await bed.far.order('sum', 'bytes')).value, { count: 1000, crc: crc32(pattern(1000)) });
    await bed.far.order('write', 'bytes', { number: 10 });
    let count = 0;
    while (count < 10) {
      count += (await within(reader.read())).value.length;
    }
    await bed.far.order('endOutput', 'bytes');
    equal((await within(reader.read())).done, true);
  }],
  aResetFailsBothDirectionsWithItsReason: [both, async (bed, route) => {
    const stream = await byteStream(bed, route);
    const writer = stream.writable.getWriter();
    await writer.write(pattern(10));
    if (route === 'in') {
      await bed.far.order('reset', 'bytes', { number: 70003, text: 'x' });
      equal((await failing(stream.readable.getReader().read(), 'ChannelReset')).number, 70003);
      equal((await failing(writer.closed, 'ChannelReset')).number, 70003);
    } else {
      writer.releaseLock();
      await bed.far.order('readSome', 'bytes', { number: 10 });
      stream.reset(new Reason(70004));
      equal((await failing(bed.far.order('sum', 'bytes'), 'ChannelReset')).number, 70004);
    }
  }],
  whatWasBufferedBeforeAStreamWasSentArrivesFirst: [out, async (bed) => {
    const [mine, theirs] = ByteStream.pair();
    const writer = mine.writable.getWriter();
    const writing = writer.write(pattern(100)).then(() => writer.close());
    const sum = bed.far.order('sum', '', { stream: theirs });
    equal((await within(sum)).value.count, 100);
    await writing;
  }],
  bulkBytesArriveUnchangedInBothDirectionsAtOnce: [both, async (bed, route) => {
    const stream = await byteStream(bed, route);
    const size = 3_000_000;
    const [read, written] = await Promise.all([
      readPattern(stream.readable),
      bed.far.order('write', 'bytes', { number: size }).then(() => bed.far.order('endOutput', 'bytes')),
      bed.far.order('sum', 'bytes').then(({ value }) => equal(value.count, size)),
      writePattern(stream.writable, size),
    ]);
    equal(read, { count: size, isRight: true });
    truth(written !== null, 'written');
  }],
  plainStreamsAreReadAndWrittenForThePeer: [out, async (bed) => {
    const source = new Blob([pattern(200000)]).stream();
    equal((await bed.far.order('sum', '', { input: source })).value, { count: 200000, crc: crc32(pattern(200000)) });
    let count = 0;
    let close;
    const closed = new Promise((resolve) => {
      close = resolve;
    });
    const sink = new WritableStream({ write: (chunk) => void (count += chunk.length), close: () => close() });
    await bed.far.order('write', '', { number: 300000, output: sink });
    await within(closed);
    equal(count, 300000);
  }],
  aReaderThatWantsNoMoreStopsTheWriter: [out, async (bed) => {
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(10000)),
      cancel: () => {
        cancelled = true;
      },
    });
    await bed.far.order('readAndClose', '', { input: endless, number: 100000 });
    await eventually(() => cancelled, 'the writer is stopped');
  }],
  aStreamInsideARequestComesWithTheAnswerOnAnother: [out, async (bed) => {
    const [mine, theirs] = ByteStream.pair();
    const echoed = bed.far.order('echoBytes', '', { stream: theirs });
    const reading = readPattern(mine.readable);
    await writePattern(mine.writable, 500000);
    equal(await reading, { count: 500000, isRight: true });
    equal((await echoed).value, 500000);
  }],
};

async function byteStream({ far }, route) {
  if (route === 'in') {
    return (await far.order('pair', 'bytes')).stream;
  }
  const [mine, theirs] = ByteStream.pair();
  await far.order('keep', 'bytes', { stream: theirs });
  return mine;
}

async function writePattern(writable, size) {
  const writer = writable.getWriter();
  for (let at = 0; at < size; at += 50000) {
    await within(writer.write(pattern(Math.min(50000, size - at), at)));
  }
  await writer.close();
}

export const sessions = {
  'LifecycleContract.aChannelIsAcceptedByItsName': [both, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.send('x');
    equal(await within(receiver.receive()), 'x');
  }],
  'LifecycleContract.theUnnamedChannelHasTheDefaultCapacity': [out, async ({ session, far }) => {
    const sender = await session.open();
    equal(sender.capacity, 1024);
    equal((await far.order('accept', 'unnamed')).value, 1024);
  }],
  'LifecycleContract.channelsOfOneNameAreAcceptedInTheOrderOpened': [['in'], async ({ session, far }) => {
    await far.order('open', 'first', { text: 'same', number: 3 });
    await far.order('open', 'second', { text: 'same', number: 4 });
    equal((await within(session.accept('same'))).capacity, 3);
    equal((await within(session.accept('same'))).capacity, 4);
  }],
  'LifecycleContract.acceptWaitsForAChannelThatIsOpenedLater': [['in'], async ({ session, far }) => {
    const accepting = session.accept('later');
    await waits(accepting);
    await far.order('open', 'later', { text: 'later', number: 3 });
    equal((await within(accepting)).capacity, 3);
  }],
  'LifecycleContract.acceptThatTimesOutOrIsInterruptedLosesNoChannel': [['in'], async ({ session, far }) => {
    await failing(session.accept('late', { signal: shortly() }), 'TimeoutError');
    await far.order('open', 'late', { text: 'late', number: 3 });
    await within(session.accept('late'));
  }],
  'LifecycleContract.messagesSentBeforeTheChannelWasAcceptedAreThere': [['in'], async ({ session, far }) => {
    await far.order('open', 'early', { text: 'early', number: 3 });
    await far.sender('early').send(1);
    equal(await within((await session.accept('early')).receive()), 1);
  }],
  'LifecycleContract.peersKnowEachOther': [out, async ({ session }) => {
    equal([session.peer.node, session.peer.agent], ['java', 'libchan-java']);
  }],
  'LifecycleContract.aPeerThatIsAdmittedWasAskedForItsCredentials': [out, async ({ peers, options }) => {
    const { session } = await meet(peers.guarded, { ...options, credentials: 'open sesame' });
    await session.close();
  }],
  'LifecycleContract.aPeerThatIsNotAdmittedGetsNoSession': [out, async ({ peers, options }) => {
    const error = await failing(meet(peers.guarded, { ...options, credentials: 'please' }), 'ConnectFailed', 'REFUSED');
    truth(error.message.includes('REFUSED'), error.message);
  }],
  'LifecycleContract.connectingToNobodyFailsWithOneClearLine': [out, async ({ options }) => {
    const error = await failing(meet('ws://127.0.0.1:1/libchan', options), 'ConnectFailed', 'CONNECT_FAILED');
    truth(error.message.includes('127.0.0.1:1'), error.message);
  }],
  'LifecycleContract.aDrainingSessionOpensNothingNewAndFinishesWhatIsOpen': [both, async (bed, route) => {
    const { sender, receiver } = await pair(bed, 'in');
    if (route === 'in') {
      const draining = bed.far.order('drainSession', '', { number: 5000 }).catch(() => {});
      await eventually(async () => (await bed.session.open('x').catch((error) => error)).code === 'DRAINING', 'draining');
      await sender.send(1).catch(() => {});
      receiver.close();
      void draining;
    } else {
      const draining = bed.session.drain(300);
      await failing(bed.session.open('x'), 'ChannelReset', 'DRAINING');
      await sender.send(1);
      equal(await receiver.receive(), 1);
      equal(await within(draining), false);
    }
  }],
  'FailureContract.everyWaitingCallEndsWithTheSession': [both, async (bed, route) => {
    const out1 = await pair(bed, 'out', 1);
    const in1 = await pair(bed, 'in', 1);
    await out1.sender.send(1);
    const waiting = [
      out1.sender.send(2), out1.sender.flush(), in1.receiver.receive(), bed.session.accept('nobody'),
    ];
    waiting.forEach((one) => one.catch(() => {}));
    if (route === 'out') {
      bed.session.close();
    } else {
      await bed.far.order('closeSession').catch(() => {});
    }
    for (const one of waiting) {
      await failing(one, 'SessionLost', 'SESSION_CLOSED');
    }
    equal((await within(bed.session.closed)).code, 'SESSION_CLOSED');
  }],
  'FailureContract.aSessionThatEndedOpensAndAcceptsNothing': [out, async ({ session }) => {
    await within(session.close());
    await failing(session.open('x'), 'SessionLost', 'SESSION_CLOSED');
    await failing(session.accept('x'), 'SessionLost', 'SESSION_CLOSED');
  }],
  'FailureContract.closeWritesOutWhatWasSentAndNeverLooksLikeTheEnd': [['in'], async (bed) => {
    const { sender, receiver } = await pair(bed, 'in', 100);
    for (let i = 0; i < 20; i++) {
      await sender.send(i);
    }
    await bed.far.order('closeSession').catch(() => {});
    await within(bed.session.closed);
    for (let i = 0; i < 20; i++) {
      equal(await receiver.receive(), i);
    }
    await failing(receiver.receive(), 'SessionLost', 'SESSION_CLOSED');
  }],
  'FailureContract.aChannelThatEndedBeforeTheSessionHasItsEnd': [['in'], async (bed) => {
    const { sender, receiver } = await pair(bed, 'in', 100);
    await sender.send(1);
    await sender.close();
    await bed.far.order('closeSession').catch(() => {});
    await within(bed.session.closed);
    equal(await receiver.receive(), 1);
    await endsCleanly(receiver);
  }],
  'FailureContract.theAbortingSideHasItsOwnReason': [both, async (bed, route) => {
    const { receiver } = await pair(bed, 'in');
    const receiving = receiver.receive();
    if (route === 'out') {
      bed.session.abort(new Reason(70005, 'enough'));
      equal((await failing(receiving, 'ChannelReset')).number, 70005);
    } else {
      await Promise.race([bed.far.order('abortSession', '', { number: 70006, text: 'enough' }), bed.session.closed]).catch(() => {});
      const error = await failing(receiving);
      truth([70006, 4].includes(error.number), `number ${error.number}`);
    }
    await within(bed.session.closed);
  }],
  'FailureContract.closingTwiceAndFromBothSidesAtOnceIsFine': [out, async (bed) => {
    bed.far.order('closeSession').catch(() => {});
    await within(Promise.all([bed.session.close(), bed.session.close()]));
  }],
  'FailureContract.aVeryLongReasonIsCutAndNotRefused': [both, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.fail(Reason.of('FAILED', 'é'.repeat(20000)));
    const error = await failing(receiver.receive(), 'ChannelReset', 'FAILED');
    equal(error.reason.message.length, 1024);
  }],
  'FailureContract.aMessageOfTheWrongTypeFailsThatReceiveOnly': [out, async (bed) => {
    const sender = await bed.session.open('typed');
    await bed.far.order('acceptNotes', 'typed', { text: 'typed' });
    await sender.send({ number: 'no number', text: 'x' });
    await sender.send({ number: 2, text: 'y' });
    await failing(bed.far.order('receiveNote', 'typed'), undefined, 'TYPE_MISMATCH');
    equal((await bed.far.order('receiveNote', 'typed')).value, { number: 2, text: 'y' });
  }],
  'LimitContract.aMessageMayBeAsLongAsThePeerAllowsAndNoLonger': [out, async ({ peers, options }) => {
    const { session } = await meet(peers.tiny, options);
    const sender = await session.open('x');
    await sender.send(new Uint8Array(900));
    await failing(sender.send(new Uint8Array(1100)), 'LimitExceeded', 'LIMIT');
    await session.close();
  }],
  'LimitContract.aMessageMayHaveAsManyAttachmentsAsThePeerAllowsAndNoMore': [out, async ({ peers, options }) => {
    const { session } = await meet(peers.tiny, options);
    const sender = await session.open('x');
    const ends = [channel(), channel(), channel()].map((one) => one.sender);
    const error = await failing(sender.send(ends), 'LimitExceeded', 'LIMIT');
    truth(error.reason.message.startsWith('attachments:'), error.message);
    await session.close();
  }],
  'LimitContract.openWaitsWhileThePeersLimitOfStreamsIsReached': [out, async ({ peers, options }) => {
    const { session, far } = await meet(peers.tiny, options);
    await session.open('a');
    await far.order('accept', 'a', { text: 'a' });
    await session.open('b');
    await session.open('c');
    const fifth = session.open('d');
    await waits(fifth);
    await failing(session.open('e', { signal: shortly() }), 'TimeoutError');
    await session.abort();
    await failing(fifth);
  }],
  'LimitContract.channelsThatNobodyAcceptsAreRefusedAboveTheBacklog': [['in'], async (bed) => {
    const { session, far } = await meet(bed.peers.ws, { ...bed.options, limits: { maxBacklog: 2 } });
    for (const name of ['a', 'b', 'c']) {
      await far.order('open', name, { text: name, number: 2 });
    }
    const reason = await far.sender('c').closed;
    equal(reason.code, 'LIMIT');
    truth(reason.message.startsWith('backlog:'), reason.message);
    await session.close();
  }],
  'LimitContract.theChannelThatHoldsMostEndsWhenTheSessionsMemoryIsFull': [['in'], async (bed) => {
    const { session, far } = await meet(bed.peers.ws, { ...bed.options, limits: { maxSessionBytes: 100000 } });
    await far.order('open', 'full', { text: 'full', number: 50 });
    await far.order('open', 'small', { text: 'small', number: 50 });
    await far.sender('small').send('kept');
    const small = await session.accept('small');
    const full = await session.accept('full');
    for (let i = 0; i < 3; i++) {
      await far.order('sendBytes', 'full', { number: 40000 }).catch(() => {});
    }
    const reason = await far.sender('full').closed;
    truth(reason.message.startsWith('session-memory:'), reason.message);
    await within(full.closed);
    equal(await within(small.receive()), 'kept');
    await session.close();
  }],
  'LoadContract.messagesOfAnySizeArriveWhole': [both, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    for (const size of [0, 1, 65530, 262144, 3_000_000]) {
      const bytes = pattern(size);
      const sending = sender.send(bytes);
      const arrived = await within(receiver.receive());
      equal([arrived.length, crc32(arrived)], [size, crc32(bytes)]);
      await sending;
    }
  }],
  'LoadContract.aReceiverThatDoesNotReadHoldsUpNobodyElse': [['in'], async (bed) => {
    const idle = await pair(bed, 'in', 100);
    const busy = await pair(bed, 'in', 10);
    const stuck = idle.sender.order('sendMany', { number: 1000 });
    stuck.catch(() => {});
    const sending = busy.sender.order('sendMany', { number: 500 });
    for (let i = 0; i < 500; i++) {
      equal(await within(busy.receiver.receive()), i);
    }
    await sending;
    await waits(stuck);
    for (let i = 0; i < 1000; i++) {
      equal(await within(idle.receiver.receive()), i);
    }
    await within(stuck);
  }],
  'LoadContract.creditComesBackWhateverEndedAChannel': [both, async (bed, route) => {
    for (let i = 0; i < 20; i++) {
      const { sender, receiver } = await pair(bed, route, 2);
      await sender.send(new Uint8Array(1000));
      if (i % 2 === 1) {
        await sender.fail(Reason.of('FAILED'));
      }
      await receiver.close();
      await within(sender.closed);
    }
    await eventually(async () => (await bed.far.order('streams')).value <= 5, 'streams are gone');
  }],
};
