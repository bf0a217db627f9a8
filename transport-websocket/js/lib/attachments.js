// The ends inside messages: found while a message is written, sent on streams of their own, made again at the other side.
import { BytePort, byteKindOf, carry, checkUnused } from './bytestreams.js';
import { MOVE, ATTACH, MemoryChannel, PORT, Receiver, Sender } from './channels.js';
import { StreamKind } from './frames.js';
import { ChannelReset, MessageRejected, MisuseError, Reason } from './reason.js';
import { RemoteReceivePort, RemoteSendPort } from './remote.js';

/** The ends of one message while it is written, in the order of its table. */
export class Collected {
  ends = [];
  kinds = [];

  /** The index of an end; undefined for any other value. */
  index(value) {
    const kind = kindOf(value);
    if (kind === undefined) {
      return undefined;
    }
    if (this.ends.includes(value)) {
      throw new MisuseError('an end twice in one message');
    }
    this.ends.push(value);
    return this.kinds.push(kind) - 1;
  }
}

function kindOf(value) {
  if (value instanceof Sender || value instanceof Receiver) {
    if (!value.isOpen) {
      value.check();
    }
    if (!(value[PORT].channel instanceof MemoryChannel) || !value[PORT].channel.isWhole) {
      // A relay keeps both streams busy for as long as the channel lives: a page is no place for one. FWD-17.
      throw new ChannelReset(Reason.of('UNSUPPORTED', 'FWD-17: this side does not forward channels that lead to a peer'));
    }
    return value instanceof Sender ? StreamKind.OPENER_RECEIVES : StreamKind.OPENER_SENDS;
  }
  const kind = byteKindOf(value);
  if (kind !== undefined) {
    checkUnused(value);
  }
  return kind;
}

/** One end on its way: `commit` gives it away, `undo` gives it back. */
export class Move {
  #end;
  #port;

  constructor(session, end, kind, reference, codec) {
    this.#end = end;
    this.headers = { kind, reference, capacity: undefined, codec: '' };
    if (end instanceof Sender || end instanceof Receiver) {
      this.headers.capacity = end.capacity;
      this.headers.codec = codec;
      end[MOVE]('moving');
    }
    this.#port = portOf(session, this.headers, true);
  }

  get port() {
    return this.#port;
  }

  commit() {
    const end = this.#end;
    if (!(end instanceof Sender || end instanceof Receiver)) {
      carry(end, this.#port);
      return;
    }
    const channel = end[PORT].channel;
    channel.isWhole = false;
    end[MOVE]('moved');
    if (end instanceof Receiver) {
      this.#port.adopt(channel);
      channel.sender[ATTACH](this.#port);
    } else {
      this.#port.adopt(channel);
      channel.receiver[ATTACH](this.#port);
    }
  }

  undo() {
    if (this.#end instanceof Sender || this.#end instanceof Receiver) {
      this.#end[MOVE]('open');
    }
    this.#port.stream.reset(Reason.of('UNCLAIMED').number);
  }
}

/** The port for a stream, by what its preamble says and who opened it. */
export function portOf(session, headers, isOpener) {
  const { kind } = headers;
  if (kind !== StreamKind.OPENER_SENDS && kind !== StreamKind.OPENER_RECEIVES) {
    return new BytePort(session, headers, isOpener);
  }
  const sends = isOpener === (kind === StreamKind.OPENER_SENDS);
  return sends ? new RemoteSendPort(session, headers) : new RemoteReceivePort(session, headers);
}

/** What an application gets for an attachment. Rule ATT-2. */
export function endOf(slot) {
  if (slot.isMissing) {
    throw new MessageRejected(Reason.of('REF_NOT_FOUND', `attachment ${slot.reference} did not arrive`));
  }
  if (slot.isTaken) {
    throw new MessageRejected(Reason.of('TYPE_MISMATCH', 'an attachment twice in one message'));
  }
  const port = slot.take();
  if (port instanceof RemoteSendPort) {
    return new Sender(port);
  }
  return port instanceof RemoteReceivePort ? new Receiver(port) : port.end;
}

