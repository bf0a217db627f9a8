// Which streams the peer opened for attachments, and which ones its messages named. Section 5.3 of the specification.
import { LimitExceeded, Reason, violation } from './reason.js';
import { StreamKind } from './frames.js';

/** One attachment that a message named: settled once its stream is there or will not come. */
class Slot {
  port = null;
  isMissing = false;
  isTaken = false;
  #isReleased = false;
  #reason = Reason.of('UNCLAIMED', 'ATT-6: nobody took the attachment');

  constructor(kind, reference, parent, changed) {
    this.kind = kind;
    this.reference = reference;
    this.parent = parent;
    this.changed = changed;
  }

  get isSettled() {
    return this.port !== null || this.isMissing;
  }

  take() {
    this.isTaken = true;
    return this.port;
  }

  arrived(port) {
    this.port = port;
    if (this.#isReleased) {
      port.refuse(this.#reason);
    }
    this.changed();
  }

  missing() {
    this.isMissing = true;
    this.changed();
  }

  /** Nobody will take it. Rule ATT-6. */
  release() {
    if (!this.isTaken) {
      this.#isReleased = true;
      this.port?.refuse(this.#reason);
    }
  }
}

export class References {
  #session;
  #arrived = new Map(); // reference -> {kind, parent, port, timer}: no message named it yet
  #awaited = new Map(); // reference -> {slot, timer}: it has not arrived yet
  #named = new Set(); // references of live streams that were named, or can't be

  constructor(session) {
    this.#session = session;
  }

  /** The peer opened a stream. Rules PRE-1, PRE-3. */
  checkNew(reference) {
    if (reference % 2n !== 0n || reference === 0n || reference >= 2n ** 63n) {
      throw violation('PRE-3', `reference ${reference} is not the peer's`);
    }
    if (this.#arrived.has(reference) || this.#named.has(reference)) {
      throw violation('PRE-3', `reference ${reference} is used twice`);
    }
  }

  topLevel(reference) {
    this.#named.add(reference);
  }

  /** The stream of an attachment. Returns a reason to refuse it, or null. */
  attachment({ reference, kind, parent }, port) {
    const awaited = this.#awaited.get(reference);
    if (awaited !== undefined) {
      this.#awaited.delete(reference);
      this.#session.never(awaited.timer);
      this.#named.add(reference);
      if (!fits(awaited.slot, { kind, parent })) {
        awaited.slot.missing();
        return violation('ATT-3', `attachment ${reference} is not what its message says`).reason;
      }
      awaited.slot.arrived(port);
      return null;
    }
    if (this.#arrived.size >= this.#session.limits.maxPendingReferences) {
      return Reason.limit('pending-references', `${this.#arrived.size} streams that no message named`);
    }
    const entry = { kind, parent, port, timer: null };
    this.#arrived.set(reference, entry);
    this.#expireLater(reference, entry);
    return null;
  }

  /** Rule PRE-8. */
  #expireLater(reference, entry) {
    entry.timer = this.#session.later(this.#session.options.referenceTimeout, () => {
      if (this.#session.isArriving(entry.parent)) {
        this.#expireLater(reference, entry);
      } else {
        this.#arrived.delete(reference);
        entry.port.refuse(Reason.of('UNCLAIMED', 'PRE-8: no message named it'));
      }
    });
  }

  /** The attachments of a message. Rules ATT-2, ATT-3, ATT-4, FD-8. */
  claim(table, parent, changed) {
    const { maxAttachments, maxPendingReferences } = this.#session.limits;
    if (table.length > maxAttachments) {
      throw new LimitExceeded(Reason.limit('attachments', `message of ${table.length} > ${maxAttachments}`));
    }
    const seen = new Set();
    for (const { type, reference } of table) {
      this.#checkName(type, reference, parent, seen);
      seen.add(reference);
    }
    const missing = table.filter(({ reference }) => !this.#arrived.has(reference)).length;
    if (missing + this.#awaited.size > maxPendingReferences) {
      throw new LimitExceeded(Reason.limit('pending-references', `${missing} named before they came`));
    }
    return table.map(({ type, reference }) => this.#claimOne(new Slot(type, reference, parent, changed)));
  }

  #checkName(type, reference, parent, seen) {
    if (type === StreamKind.CONTROL || type > StreamKind.FILE) {
      throw violation(type > 64 ? 'FD-8' : 'ATT-3', `attachment of type ${type}`);
    }
    const isPeers = reference % 2n === 0n && reference > 0n && reference < 2n ** 63n;
    if (!isPeers || seen.has(reference) || this.#named.has(reference) || this.#awaited.has(reference)) {
      throw violation('ATT-3', `attachment ${reference} is not the sender's, or named twice`);
    }
    const entry = this.#arrived.get(reference);
    if (entry !== undefined && !fits({ kind: type, parent }, entry)) {
      throw violation('ATT-3', `attachment ${reference} is not what its message says`);
    }
  }

  #claimOne(slot) {
    const { reference } = slot;
    const entry = this.#arrived.get(reference);
    if (entry !== undefined) {
      this.#session.never(entry.timer);
      this.#arrived.delete(reference);
      if (!entry.port.stream.isOver) {
        this.#named.add(reference);
      }
      slot.port = entry.port;
      return slot;
    }
    const timer = this.#session.later(this.#session.options.referenceTimeout, () => {
      this.#awaited.delete(reference);
      slot.missing();
    });
    this.#awaited.set(reference, { slot, timer });
    return slot;
  }

  /** A stream is over. One that no message named yet stays: the message may still come. */
  over(reference) {
    this.#named.delete(reference);
  }

  clear() {
    for (const { slot } of this.#awaited.values()) {
      slot.missing();
    }
    this.#arrived.clear();
    this.#awaited.clear();
  }
}

function fits(one, other) {
  return one.kind === other.kind && one.parent === other.parent;
}
