// A listening side made of raw bytes, for what a correct peer would not do.
import { connectOver } from 'libchan';
import { Kind, concat, encodeHeaders, encodePreamble, encodeText, frame, uint32, view } from '../lib/frames.js';
import { within } from './support.js';

export const DATA = 0;
export const WINDOW_UPDATE = 1;
export const PING = 2;
export const GO_AWAY = 3;
export const SYN = 1;
export const ACK = 2;
export const FIN = 4;
export const RST = 8;

export function mux(type, flags, stream, length, payload = new Uint8Array(0)) {
  const header = new Uint8Array(12);
  const out = view(header);
  out.setUint8(1, type);
  out.setUint16(2, flags);
  out.setUint32(4, stream);
  out.setUint32(8, length);
  return concat([header, payload]);
}

export function data(stream, bytes, flags = 0) {
  return mux(DATA, flags, stream, bytes.length, bytes);
}

/** Opens a stream by its preamble. */
export function opening(stream, headers) {
  return concat([mux(WINDOW_UPDATE, SYN, stream, 0), data(stream, encodePreamble({ reference: BigInt(stream), codec: 'msgpack', ...headers }))]);
}

export function hello({ version = '1', streams = 500, messageBytes = 1 << 20, attachments = 10 } = {}) {
  return frame(Kind.HELLO, encodeHeaders([
    [1, encodeText(version)], [3, encodeText('script')], [4, encodeText('msgpack')], [5, uint32(streams)],
    [6, uint32(messageBytes)], [8, uint32(attachments)], [99, encodeText('ignored')],
  ]));
}

/** A pipe of which the test is the other end. */
export class Script {
  sent = []; // frames {type, flags, stream, length, payload}
  closedWith = undefined;
  bufferedAmount = 0;
  #rest = new Uint8Array(0);

  send(bytes) {
    this.#rest = concat([this.#rest, bytes]);
    while (this.#rest.length >= 12) {
      const input = view(this.#rest);
      const [type, flags, stream, length] = [this.#rest[1], input.getUint16(2), input.getUint32(4), input.getUint32(8)];
      const end = 12 + (type === DATA ? length : 0);
      if (this.#rest.length < end) {
        return;
      }
      this.sent.push({ type, flags, stream, length, payload: this.#rest.slice(12, end) });
      this.#rest = this.#rest.slice(end);
    }
  }

  close(reason) {
    this.closedWith = reason;
  }

  /** Says something, whole or in pieces. */
  say(bytes, pieceBytes = bytes.length) {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      this.onbytes(bytes.slice(at, at + pieceBytes));
    }
  }

  cut() {
    this.onclose(null);
  }

  /** What was written on a stream, without the framing. */
  written(stream) {
    const parts = this.sent.filter((one) => one.type === DATA && one.stream === stream).map(({ payload }) => payload);
    return parts.length === 0 ? new Uint8Array(0) : concat(parts);
  }

  count(type, flags, stream) {
    return this.sent.filter((one) => one.type === type && (one.flags & flags) === flags && one.stream === stream).length;
  }
}

/** A session with a script that has said HELLO. */
export async function greeted(options = {}, said = hello()) {
  const script = new Script();
  const connecting = connectOver(script, { closeTimeout: 200, referenceTimeout: 200, ...options });
  script.say(concat([mux(WINDOW_UPDATE, ACK, 1, 0), data(1, said)]));
  return { script, session: await within(connecting) };
}
