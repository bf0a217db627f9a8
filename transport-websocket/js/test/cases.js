// All cases by the names of the Java contracts, each with the routes that it runs on; and those that do not apply here.
import { attachments, sessions } from './attachments.js';
import { messages, notAsked } from './messages.js';
import { meet } from './support.js';

/** Every case as `{name, route, run}`; `run` meets the peers and looks after the session. */
export function casesFor(peers, options = {}) {
  const all = [
    ...Object.entries(messages).map(([name, value]) => [`MessageContract.${name}`, value]),
    ...Object.entries(attachments).map(([name, value]) => [`AttachmentContract.${name}`, value]),
    ...Object.entries(sessions),
  ];
  return all.flatMap(([name, [routes, body]]) =>
    routes.map((route) => ({ name, route, run: () => run(peers, options, route, body) })));
}

async function run(peers, options, route, body) {
  const { session, far } = await meet(peers.ws, options);
  try {
    await body({ session, far, peers, options }, route);
  } finally {
    session.abort();
    await session.closed;
  }
}

const SELECT = 'there is no select in this package';
const FORWARDS = 'this side forwards no channels (FWD-17); byte streams are relayed by pipeTo';

/** Whole contracts that do not apply. */
export const contractsThatDoNotApply = {
  ChannelContract: 'names the others',
  SessionContract: 'names the others',
  SelectContract: SELECT,
  CallContract: 'calls are a convention on top of channels, not in this package',
  CallSessionContract: 'calls are a convention on top of channels, not in this package',
  PatternContract: 'patterns are on top of channels, not in this package',
  ForwardContract: FORWARDS,
  FileContract: 'files are sent by Java sides only; that one arrives is in hostile.test.js',
  LostEndContract: 'there is no Cleaner that tells in time what the collector found',
  LocalChannelContract: 'about Java types; channels in this process are the route `local` of MessageContract',
  CutContract: 'hostile.test.js cuts a conversation at each byte, and has the silent peer',
  HostileContract: 'hostile.test.js has the cases for a connecting side',
  ByteConnectionContract: 'connections are those of the platform here',
  HostileCodecContract: 'codec.test.js and hostile.test.js have what hurts a decoder of msgpack',
  CodecContract: 'codec.test.js has the cases for a codec without types',
};

/** Single cases that do not apply, or are not run yet. */
export const casesThatDoNotApply = {
  ...Object.fromEntries(Object.entries(notAsked).map(([name, why]) => [`MessageContract.${name}`, why])),
  'AttachmentContract.receiversTravelOverReceiversThatTravelled': 'as senders, by aChainOfChannelsGoesTwentyDeepAndBackAndForth',
  'AttachmentContract.anOfferOfASelectThatLosesLeavesTheEndsWithTheCaller': SELECT,
  'AttachmentContract.theAttachmentsOfAMessageOfTheWrongTypeAreReleased': 'a message has no type here',
  'AttachmentContract.aReadThatIsInterruptedLosesAndDoublesNoByte': 'nothing interrupts the read of a web stream',
  'AttachmentContract.aReadThatWaitsWithASmallArrayGetsWhatFitsAndTheNextOneTheRest': 'web streams give chunks and fill no arrays',
  'AttachmentContract.twoThatReadGetEachByteOnce': 'a web stream has one reader at a time, as the platform sees to',
  'AttachmentContract.aReadThatWaitsEndsWhenAnotherThreadClosesTheInput': 'there is one thread; the platform ends the reads of a stream that is cancelled',
  'LifecycleContract.aHandlerThatServesUntilTheSessionEndsIsNoFailure': 'the listening side only',
  'LifecycleContract.severalThreadsAcceptEachChannelOnce': 'there is one thread',
  'LifecycleContract.bothSidesOpenAtOnceUnderTheSameName': 'names of the two directions never meet: accept and open have separate tables',
  'LifecycleContract.genericTypesAreOpenedAndAcceptedByTypeRef': 'a message has no type here',
  'LifecycleContract.manySessionsOfOneListenerDoNotMeet': 'each case has its own session with the same listener',
  'LifecycleContract.closingTheListenerClosesItsSessionsAndFreesTheAddress': 'the listening side only',
  'LifecycleContract.anAddressThatIsTakenIsRefused': 'the listening side only',
  'LifecycleContract.aDrainThatTimesOutClosesTheSessionAllTheSame': 'in aDrainingSessionOpensNothingNewAndFinishesWhatIsOpen',
  'LifecycleContract.aDrainWithNothingOpenEndsAtOnce': 'the hands of a test are always open',
  'LifecycleContract.drainingTheListenerDrainsItsSessions': 'the listening side only',
  'LifecycleContract.twoHundredSessionsInARowLeaveNothing': 'the cases themselves are as many, and Node ends only when nothing is left',
  'FailureContract.aWriteThatWaitsEndsWithTheSession': 'in hostile.test.js',
  'FailureContract.everyFutureCompletesWithAReasonWhenTheSessionEnds': 'every call is a promise: everyWaitingCallEndsWithTheSession',
  'FailureContract.bothSidesLearnThatTheSessionWasClosedInGoodOrder': 'in everyWaitingCallEndsWithTheSession',
  'FailureContract.aReasonTellsWhereItComesFromAndKeepsNumbersNobodyKnows': 'in failReachesTheReceiverAfterEveryMessageAndWithItsReason',
  'FailureContract.rejectedMessagesMakeRoomLikeReceivedOnes': 'a message has no type here',
  'FailureContract.aMessageWhoseOwnCodeThrowsIsNotSentAndHarmsNothing': 'in anEncodeThatFailsLeavesTheEndsWithTheCaller',
  'FailureContract.aHandlerThatEndsWithTheLossOfAnotherSessionEndsItsOwn': 'there are no handlers',
  'FailureContract.aHandlerThatThrowsEndsItsSessionWithInternalAndNoOther': 'there are no handlers',
  'LimitContract.aMessageMayNotBeLongerThanTheOwnLimitEither': 'the smaller of both limits is one number here',
  'LimitContract.aStringMayBeAsLongAsTheReceiverAllowsAndNoLonger': 'in codec.test.js',
  'LimitContract.aMessageMayBeAsDeepAsTheReceiverAllowsAndNoDeeper': 'in codec.test.js',
  'LimitContract.aMessageMayHaveAsManyElementsAsTheReceiverAllowsAndNoMore': 'in codec.test.js',
  'LimitContract.aLimitIsAtLeastOne': 'in codec.test.js',
  'LoadContract.sixtyFourThreadsAskTenThousandQuestions': 'there is one thread',
  'LoadContract.bothSidesMaySendMuchBeforeTheyReceive': 'in bulkBytesArriveUnchangedInBothDirectionsAtOnce',
  'LoadContract.aRandomLoadBalancesInTheLedger': 'the Java simulator does this for the wire',
  'LoadContract.twentyThousandChannelsComeAndGoOnOneSession': 'creditComesBackWhateverEndedAChannel, in small',
};
