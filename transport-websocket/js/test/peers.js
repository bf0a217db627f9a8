// Where the Java peers are, and the WebSocket of this Node.
import WebSocket from 'ws';

const addresses = process.env.LIBCHAN_PEERS;
if (addresses === undefined) {
  throw new Error('LIBCHAN_PEERS is not set: these tests need the Java peers, so Maven runs them (NodeTest)');
}

export const peers = JSON.parse(addresses);

/** Options of every test: Node 20 has no WebSocket of its own. */
export const options = globalThis.WebSocket === undefined ? { WebSocket } : {};
