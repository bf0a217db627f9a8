// MessageContract: each case runs with the sender here, with the receiver here, and with both in this process.
import { Reason } from 'libchan';
import { SHORT_MILLIS, endsCleanly, equal, failing, pair, pause, shortly, truth, waits, within } from './support.js';

const anyRoute = ['out', 'in', 'local'];
const senderHere = ['out', 'local'];
const receiverHere = ['in', 'local'];

export const messages = {
  messagesArriveInTheOrderSentAndEachOnce: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 4);
    const sending = (async () => {
      for (let i = 0; i < 40; i++) {
        await sender.send(i);
      }
      await sender.close();
    })();
    for (let i = 0; i < 40; i++) {
      equal(await within(receiver.receive()), i);
    }
    await endsCleanly(receiver);
    await sending;
  }],
  noMoreMessagesAreUnderWayThanTheCapacity: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 3);
    for (let i = 0; i < 3; i++) {
      truth(await sender.trySend(i), `room for ${i}`);
    }
    equal(await sender.trySend(3), false);
    await receiver.close();
  }],
  sendWaitsForRoomAndGoesOnWhenAMessageWasReceived: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 1);
    await sender.send('a');
    const second = sender.send('b');
    await waits(second);
    equal(await receiver.receive(), 'a');
    await within(second);
    equal(await receiver.receive(), 'b');
  }],
  trySendFindsRoomAgainOnceMessagesWereReceived: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    truth(sender.trySend(1) && sender.trySend(2) && !sender.trySend(3), 'two');
    equal(await receiver.receive(), 1);
    equal(await receiver.receive(), 2);
    await within(sender.flush());
    truth(sender.trySend(3), 'room again');
  }],
  endsTellTheirCapacityAndType: [receiverHere.concat('out'), async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 7);
    equal((route === 'in' ? receiver : sender).capacity, 7);
  }],
  rendezvousSendReturnsOnlyAfterAReceiverTookTheMessage: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 0);
    const sending = sender.send('x');
    await waits(sending);
    equal(await receiver.receive(), 'x');
    await within(sending);
  }],
  rendezvousMeetsAReceiverThatWaitsAlready: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 0);
    const received = receiver.receive();
    await within(sender.send('x'));
    equal(await within(received), 'x');
  }],
  trySendOnARendezvousIsAlwaysFalse: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 0);
    equal(await sender.trySend(1), false);
    await receiver.close();
  }],
  rendezvousSendThatTimesOutDeliversNothing: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 0);
    await failing(sender.send('late', { signal: shortly() }), 'TimeoutError');
    const next = sender.send('next');
    equal(await within(receiver.receive()), 'next');
    await within(next);
  }],
  rendezvousSendThatIsInterruptedDeliversNothing: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 0);
    const control = new AbortController();
    const sending = sender.send('late', { signal: control.signal });
    await waits(sending);
    control.abort();
    await failing(sending, 'AbortError');
    const next = sender.send('next');
    equal(await within(receiver.receive()), 'next');
    await within(next);
  }],
  rendezvousThatGivesUpWhileAReceiverComesHasOneOutcome: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 0);
    const delivered = [];
    const receiving = (async () => {
      for (let got = await receiver.receive(); got !== null; got = await receiver.receive()) {
        delivered.push(got);
      }
    })();
    const told = [];
    for (let i = 0; i < 40; i++) {
      await sender.send(i, { signal: AbortSignal.timeout(i % 3) }).then(() => told.push(i), () => {});
    }
    sender.close();
    await within(receiving);
    equal(delivered, told);
  }],
  sendThatTimesOutOnAFullChannelDeliversNothing: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 1);
    await sender.send(1);
    await failing(sender.send(2, { signal: shortly() }), 'TimeoutError');
    equal(await receiver.receive(), 1);
    sender.close();
    await endsCleanly(receiver);
  }],
  sendThatIsInterruptedOnAFullChannelDeliversNothing: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 1);
    const control = new AbortController();
    await sender.send(1);
    const sending = sender.send(2, { signal: control.signal });
    const third = sender.send(3);
    control.abort(new Error('enough'));
    equal((await failing(sending, 'Error')).message, 'enough');
    equal(await receiver.receive(), 1);
    await within(third);
    equal(await receiver.receive(), 3);
  }],
  aThreadThatIsInterruptedAlreadySendsAndReceivesNothing: [['local', 'out'], async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    await failing(sender.send(1, { signal: AbortSignal.abort() }), 'AbortError');
    sender.close();
    await endsCleanly(receiver);
  }],
  receiveThatTimesOutTakesNothing: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    await failing(receiver.receive({ signal: shortly() }), 'TimeoutError');
    await sender.send(1);
    equal(await within(receiver.receive()), 1);
  }],
  receiveThatIsInterruptedTakesNothing: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    const control = new AbortController();
    const first = receiver.receive({ signal: control.signal });
    const second = receiver.receive();
    control.abort();
    await failing(first, 'AbortError');
    await sender.send(1);
    equal(await within(second), 1);
  }],
  receiversThatGiveUpAtRandomLoseNothing: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 4);
    const sending = (async () => {
      for (let i = 0; i < 30; i++) {
        await sender.send(i);
      }
      await sender.close();
    })();
    const got = [];
    for (let end = false; !end; ) {
      try {
        const message = await receiver.receive({ signal: AbortSignal.timeout(got.length % 3) });
        end = message === null;
        if (!end) {
          got.push(message);
        }
      } catch (error) {
        equal(error.name, 'TimeoutError');
      }
    }
    await sending;
    equal(got, Array.from({ length: 30 }, (_, i) => i));
  }],
  pollTakesWhatIsThereAndTellsTheEndApart: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    equal(receiver.poll(), undefined);
    await sender.send(1);
    await sender.close();
    await pause(SHORT_MILLIS);
    equal(receiver.poll(), 1);
    equal(receiver.poll(), null);
  }],
  flushReturnsWhenEverythingWasReceived: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 10);
    await sender.send(1);
    await sender.send(2);
    const flushed = sender.flush();
    equal(await receiver.receive(), 1);
    await waits(flushed);
    equal(await receiver.receive(), 2);
    await within(flushed);
  }],
  flushOfAChannelOnWhichNothingWasSentReturnsAtOnce: [anyRoute, async (bed, route) => {
    const { sender } = await pair(bed, route, 2);
    await within(sender.flush());
  }],
  flushThatTimesOutLeavesTheMessagesSent: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    await sender.send(1);
    await failing(sender.flush({ signal: shortly() }), 'TimeoutError');
    equal(await receiver.receive(), 1);
  }],
  flushAfterCloseWaitsForWhatWasSentBefore: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 10);
    await sender.send(1);
    await sender.close();
    const flushed = sender.flush();
    await waits(flushed);
    equal(await receiver.receive(), 1);
    await within(flushed);
  }],
  closeDeliversEverythingThatWasSentAndThenTheEnd: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 10);
    for (let i = 0; i < 5; i++) {
      await sender.send(i);
    }
    await sender.close();
    for (let i = 0; i < 5; i++) {
      equal(await within(receiver.receive()), i);
    }
    await endsCleanly(receiver);
  }],
  theEndIsToldAgainAndAgain: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.close();
    await endsCleanly(receiver);
    await endsCleanly(receiver);
  }],
  closeWakesEveryReceiverThatWaits: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    const waiting = [receiver.receive(), receiver.receive(), receiver.receive()];
    await sender.close();
    equal(await within(Promise.all(waiting)), [null, null, null]);
  }],
  failReachesTheReceiverAfterEveryMessageAndWithItsReason: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.send(1);
    await sender.fail(new Reason(70001, 'no more coffee'));
    equal(await receiver.receive(), 1);
    const error = await failing(receiver.receive(), 'ChannelReset', 'UNKNOWN');
    equal([error.number, error.reason.message], [70001, 'no more coffee']);
    equal(error.origin, route === 'out' ? 'js' : route === 'in' ? 'java' : '');
  }],
  aFailureIsToldAgainAndAgain: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.fail(Reason.of('FAILED', 'x'));
    await failing(receiver.receive(), 'ChannelReset', 'FAILED');
    await failing(receiver.receive(), 'ChannelReset', 'FAILED');
  }],
  theFirstEndCounts: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.close();
    await sender.fail(Reason.of('FAILED'));
    await endsCleanly(receiver);
  }],
  useAfterOnesOwnCloseIsMisuse: [senderHere, async (bed, route) => {
    const { sender } = await pair(bed, route);
    sender.close();
    sender.close();
    await failing(sender.send(1), 'MisuseError');
    await failing(() => sender.trySend(1), 'MisuseError');
  }],
  misuseIsRefusedBeforeAnythingIsSent: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await failing(sender.send(null), 'TypeError');
    await failing(sender.send(undefined), 'TypeError');
    await failing(() => sender.trySend(null), 'TypeError');
    sender.close();
    await endsCleanly(receiver);
  }],
  closeWhileSendIsBlockedFailsTheSend: [senderHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 1);
    await sender.send(1);
    const sending = sender.send(2);
    sender.close();
    await failing(sending, 'MisuseError');
    equal(await receiver.receive(), 1);
    await endsCleanly(receiver);
  }],
  closeWhileReceiveIsBlockedFailsTheReceive: [receiverHere, async (bed, route) => {
    const { receiver } = await pair(bed, route);
    const receiving = receiver.receive();
    receiver.close();
    await failing(receiving, 'MisuseError');
  }],
  receiverCloseFailsASendThatWaits: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 1);
    await sender.send(1);
    const sending = sender.send(2);
    await waits(sending);
    await receiver.close();
    await failing(sending, 'ChannelReset', 'CANCELLED');
  }],
  receiverCloseFailsARendezvousThatWaits: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 0);
    const sending = sender.send(2);
    await waits(sending);
    await receiver.close();
    await failing(sending, 'ChannelReset', 'CANCELLED');
  }],
  receiverCloseFailsAFlushThatWaits: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    await sender.send(1);
    const flushing = sender.flush();
    await waits(flushing);
    await receiver.close();
    await failing(flushing, 'ChannelReset', 'CANCELLED');
  }],
  receiverCloseFailsLaterSendsWithItsReason: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 2);
    await receiver.close(new Reason(70002, 'full'));
    await within(sender.closed);
    const error = await failing(sender.send(1), 'ChannelReset', 'UNKNOWN');
    equal([error.number, error.reason.message], [70002, 'full']);
  }],
  closedCompletesWithTheEndOnBothSides: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.send(1);
    await sender.close();
    equal(await receiver.receive(), 1);
    await endsCleanly(receiver);
    equal((await within(sender.closed)).code, 'END');
    equal((await within(receiver.closed)).code, 'END');
  }],
  closedCompletesWithTheFailureOnBothSides: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.fail(Reason.of('FAILED', 'x'));
    await failing(receiver.receive(), 'ChannelReset');
    equal((await within(sender.closed)).code, 'FAILED');
    equal((await within(receiver.closed)).code, 'FAILED');
  }],
  closedCompletesWithTheCancelOnBothSides: [anyRoute, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await receiver.close();
    equal((await within(sender.closed)).code, 'CANCELLED');
    equal((await within(receiver.closed)).code, 'CANCELLED');
  }],
  theReasonStaysWhatItWasWhenTheReceiverClosesAfterTheEnd: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.close();
    await endsCleanly(receiver);
    receiver.close();
    equal((await within(receiver.closed)).code, 'END');
  }],
  iterationEndsWithTheChannel: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.send(1);
    await sender.send(2);
    await sender.close();
    const got = [];
    for await (const message of receiver) {
      got.push(message);
    }
    equal(got, [1, 2]);
  }],
  iterationThrowsWhatEndedTheChannel: [receiverHere, async (bed, route) => {
    const { sender, receiver } = await pair(bed, route);
    await sender.fail(Reason.of('FAILED', 'x'));
    await failing(async () => {
      for await (const message of receiver) {
        truth(false, `no message: ${message}`);
      }
    }, 'ChannelReset', 'FAILED');
  }],
  severalSendersAndReceiversHandOverEachMessageOnce: [['local', 'in'], async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 3);
    const sending = Promise.all([0, 1, 2].map(async (part) => {
      for (let i = 0; i < 10; i++) {
        await sender.send(part * 10 + i);
      }
    })).then(() => sender.close());
    const got = [];
    await Promise.all([0, 1, 2].map(async () => {
      for (let one = await receiver.receive(); one !== null; one = await receiver.receive()) {
        got.push(one);
      }
    }));
    await sending;
    equal(got.sort((a, b) => a - b), Array.from({ length: 30 }, (_, i) => i));
  }],
  theCapacityHoldsWhileBothSidesRace: [['out', 'in'], async (bed, route) => {
    const { sender, receiver } = await pair(bed, route, 5);
    const sending = route === 'in' ? sender.order('sendMany', { number: 600 }).then(() => sender.close()) : (async () => {
      for (let i = 0; i < 600; i++) {
        await sender.send(i);
      }
      sender.close();
    })();
    if (route === 'out') {
      equal(await within(receiver.receiveAll()), { count: 600, sum: 179700 });
    } else {
      let sum = 0;
      for await (const one of receiver) {
        sum += one;
      }
      equal(sum, 179700);
    }
    await sending;
  }],
  closeAndCancelAtOnceHaveExactlyOneOutcome: [['local', 'in'], async (bed, route) => {
    for (let i = 0; i < 5; i++) {
      const { sender, receiver } = await pair(bed, route, 2);
      const closing = sender.close();
      receiver.close();
      await closing;
      truth(['END', 'CANCELLED'].includes((await within(sender.closed)).code), 'one of two ends');
    }
  }],
};

export const notAsked = {
  iterationThatIsInterruptedKeepsTheFlag: 'JavaScript has no interrupt flag',
  messagesOfManySendersAddUpInTheLedger: 'one thread: severalSendersAndReceiversHandOverEachMessageOnce is the same here',
};

