// Sessions over WebSocket: the bytes of binary messages, one after the other, are the connection's. Section 2.3.
import { optionsOf } from './options.js';
import { connectOver } from './session.js';
import { ConnectFailed, Reason } from './reason.js';

const SUBPROTOCOL = 'libchan.v1';
const NORMAL = 1000;
const POLICY = 1008;
const TOO_BIG = 1009;
const OF_THE_APPLICATION = 4000; // a browser's code may send no other ones
const BROKEN_RULE = new Set([1002, 1003, 1007, 1010]);

/** A WebSocket that is open, as a pipe of bytes. */
class SocketPipe {
  #socket;
  #isClosed = false;
  onbytes = () => {};
  onclose = () => {};

  constructor(socket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = ({ code, reason, wasClean }) => this.#ended(closedBy(code, reason, wasClean));
    socket.onerror = () => {}; // a close follows
  }

  get bufferedAmount() {
    return this.#socket.bufferedAmount;
  }

  send(bytes) {
    if (this.#socket.readyState === 1) {
      this.#socket.send(bytes);
    }
  }

  #received(data) {
    if (data instanceof ArrayBuffer) {
      this.onbytes(new Uint8Array(data));
    } else {
      this.#ended(Reason.of('PROTOCOL_ERROR', 'WS-4: a text message, only binary ones carry the session'));
    }
  }

  #ended(reason) {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.onclose(reason);
    }
  }

  close(reason) {
    this.#isClosed = true;
    const isOrderly = reason === null || reason.code === 'SESSION_CLOSED';
    this.#socket.close(isOrderly ? NORMAL : OF_THE_APPLICATION + Math.min(reason.number, 999), isOrderly ? '' : reason.code);
  }
}

/** What the session ends with by the code the peer closed with; null for one in good order. Rule WS-7. */
function closedBy(code, text, wasClean) {
  if (code === NORMAL) {
    return null;
  }
  const what = `the peer closed the WebSocket with ${code}${text === '' ? '' : `: ${text}`}`;
  if (BROKEN_RULE.has(code)) {
    return Reason.of('PROTOCOL_ERROR', what);
  }
  if (code === POLICY) {
    return Reason.of('REFUSED', what);
  }
  if (code === TOO_BIG) {
    return Reason.limit('websocket-message', what);
  }
  return Reason.of('CONNECTION_LOST', wasClean ? what : 'truncated: the connection ended without a close frame');
}

/** Opens the WebSocket; its handlers are the caller's from then on. */
function openSocket(url, { WebSocket: Socket = globalThis.WebSocket, connectTimeout, signal }) {
  if (Socket === undefined) {
    throw new TypeError('there is no WebSocket here: give one, such as that of the package ws, as options.WebSocket');
  }
  return new Promise((resolve, reject) => {
    const socket = new Socket(url, SUBPROTOCOL);
    socket.binaryType = 'arraybuffer';
    const done = (settle, value) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
      settle(value);
    };
    const failed = (what) => {
      socket.onopen = null;
      socket.onclose = null;
      socket.onerror = () => {};
      socket.close();
      done(reject, new ConnectFailed(Reason.of('CONNECT_FAILED', `${url}: ${what}`)));
    };
    const giveUp = () => {
      failed('given up');
      reject(signal.reason);
    };
    const timer = setTimeout(() => failed(`no answer within ${connectTimeout} ms`), connectTimeout);
    signal?.addEventListener('abort', giveUp, { once: true });
    socket.onopen = () => (socket.protocol === SUBPROTOCOL
      ? done(resolve, socket) : failed(`the server does not speak ${SUBPROTOCOL}`));
    socket.onerror = (event) => failed(event.message ?? 'no WebSocket there');
    socket.onclose = ({ code }) => failed(`closed with ${code}`);
  });
}

/** A session with the server at a `ws:` or `wss:` address. Rejects with ConnectFailed, or with the signal's reason. */
export async function connect(url, given = {}) {
  const { options } = optionsOf(given);
  const { signal } = given;
  signal?.throwIfAborted();
  const socket = await openSocket(String(url), options);
  const session = connectOver(new SocketPipe(socket), given);
  if (signal === undefined) {
    return session;
  }
  return abortable(session, socket, signal);
}

/** Giving up while the peers greet each other ends the connection. */
async function abortable(session, socket, signal) {
  let giveUp;
  const given = new Promise((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([session, given]);
  } catch (error) {
    session.catch(() => {});
    socket.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
