// What each side says of itself first. Section 5.1 of the specification.
import { Kind, MAX_REASON_BYTES, decodeHeaders, decodeText, encodeHeaders, encodeText, frame, uint32, view } from './frames.js';
import { ConnectFailed, Reason, violation } from './reason.js';

/** The one codec of this side. */
export const CODEC = 'msgpack';

const VERSION = '1';
const AGENT = 'libchan-js';
const KNOWN_HEADERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const Header = Object.freeze({
  VERSION: 1, AGENT: 2, NODE: 3, CODECS: 4, STREAMS: 5, MESSAGE_BYTES: 6, CREDENTIALS: 7, ATTACHMENTS: 8,
});

/** The longest body of a control frame; -1 for a kind that is none. Rules FRM-1, FRM-2. */
export function controlLimit(kind, limits) {
  switch (kind) {
    case Kind.HELLO:
      return limits.maxControlBytes;
    case Kind.SESSION_END:
      return MAX_REASON_BYTES;
    case Kind.DRAIN:
      return 0;
    case Kind.JOINED:
      return 16;
    case Kind.TAKEN:
      return 8;
    default:
      return -1;
  }
}

export function helloFrame({ node, credentials }, { maxStreams, maxMessageBytes, maxAttachments }) {
  const entries = [
    [Header.VERSION, encodeText(VERSION)],
    [Header.AGENT, encodeText(AGENT)],
    [Header.NODE, encodeText(node)],
    [Header.CODECS, encodeText(CODEC)],
    [Header.STREAMS, uint32(maxStreams)],
    [Header.MESSAGE_BYTES, uint32(maxMessageBytes)],
    [Header.CREDENTIALS, credentials],
    [Header.ATTACHMENTS, uint32(maxAttachments)],
  ];
  return frame(Kind.HELLO, encodeHeaders(entries.filter(([, value]) => value.length > 0)));
}

/** What the peer says. Rules CTL-3, CTL-8. */
export function parseHello(body) {
  const headers = decodeHeaders(body, KNOWN_HEADERS, 'CTL-10');
  const version = textOf(headers, Header.VERSION);
  if (version !== VERSION) {
    throw new ConnectFailed(Reason.of('UNSUPPORTED', `CTL-3: version ${version.slice(0, 20)}`));
  }
  return Object.freeze({
    agent: textOf(headers, Header.AGENT),
    node: textOf(headers, Header.NODE),
    codecs: Object.freeze(textOf(headers, Header.CODECS).split(',')),
    streams: numberOf(headers, Header.STREAMS),
    messageBytes: numberOf(headers, Header.MESSAGE_BYTES),
    attachments: numberOf(headers, Header.ATTACHMENTS),
  });
}

function textOf(headers, key) {
  try {
    return decodeText(headers.get(key) ?? new Uint8Array(0));
  } catch {
    throw violation('CTL-10', `HELLO header ${key} is not UTF-8`);
  }
}

function numberOf(headers, key) {
  const value = headers.get(key);
  if (value === undefined) {
    return 0;
  }
  if (value.length !== 4) {
    throw violation('CTL-10', `HELLO header ${key} of ${value.length} bytes`);
  }
  return view(value).getUint32(0);
}
