// What a program may set, with the defaults of the Java side.
import { encodeText } from './frames.js';

/** What one peer may cost this process, and what it holds back; each is named in the reason when it is hit. */
export const DEFAULT_LIMITS = Object.freeze({
  maxMessageBytes: 4194304,
  maxDepth: 64,
  maxElements: 100000,
  maxStringBytes: 4194304,
  maxAttachments: 128,
  maxPendingReferences: 1024,
  maxStreams: 500,
  maxBacklog: 256,
  maxControlBytes: 16384,
  maxSessionBytes: 33554432,
  maxQueuedBytes: 1048576,
  maxBufferedBytes: 262144,
  maxIdleFrames: 1000,
  maxPings: 100,
});

/** Times in milliseconds, and what this side says of itself. */
export const DEFAULT_OPTIONS = Object.freeze({
  node: '',
  credentials: new Uint8Array(0),
  connectTimeout: 10000,
  handshakeTimeout: 5000,
  keepAliveInterval: 30000,
  keepAliveTimeout: 10000,
  referenceTimeout: 10000,
  closeTimeout: 5000,
});

const MAX_CREDENTIAL_BYTES = 4096;

/** The options with their defaults, checked. */
export function optionsOf({ limits = {}, ...given }) {
  const options = { ...DEFAULT_OPTIONS, ...given };
  const allLimits = { ...DEFAULT_LIMITS, ...limits };
  for (const [name, value] of Object.entries(allLimits)) {
    if (!(name in DEFAULT_LIMITS) || !Number.isInteger(value) || value < 1) {
      throw new RangeError(`limit ${name}: ${value}`);
    }
  }
  options.credentials = typeof options.credentials === 'string' ? encodeText(options.credentials) : options.credentials;
  if (options.credentials.length > MAX_CREDENTIAL_BYTES) {
    throw new RangeError(`credentials of ${options.credentials.length} bytes > ${MAX_CREDENTIAL_BYTES}`);
  }
  return { options, limits: Object.freeze(allLimits) };
}
