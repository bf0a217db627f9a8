/** Channels over WebSocket: the JavaScript side of libchan. Times are in milliseconds. */

/** The names of the reasons that have one. */
export type ReasonName =
  | 'END' | 'CANCELLED' | 'FAILED' | 'SESSION_CLOSED' | 'CONNECTION_LOST' | 'KEEPALIVE_TIMEOUT' | 'PROTOCOL_ERROR' | 'LIMIT'
  | 'REFUSED' | 'REF_NOT_FOUND' | 'UNSUPPORTED' | 'UNCLAIMED' | 'DEADLINE' | 'DRAINING' | 'TYPE_MISMATCH' | 'TRUNCATED'
  | 'CONNECT_FAILED' | 'WITHDRAWN' | 'INTERNAL' | 'RETURNED';

/** The numbers of reasons; from 65,536 on they are the application's. */
export const ReasonCode: Readonly<Record<ReasonName, number>>;

/** Why something ended. Immutable; texts are cut to 1,024 characters, hops to 16. */
export class Reason {
  constructor(number: number, message?: string, origin?: string, hops?: readonly string[]);
  static of(code: ReasonName | number, message?: string): Reason;
  readonly number: number;
  readonly message: string;
  /** The node where it happened; empty where unknown. */
  readonly origin: string;
  /** The nodes that passed it on, nearest to the origin first. */
  readonly hops: readonly string[];
  /** The name of the number; `UNKNOWN` if it has none. */
  readonly code: ReasonName | 'UNKNOWN';
  readonly isEnd: boolean;
  toString(): string;
}

/** What ended a channel, a byte stream or a session, or kept one message from being sent or received. */
export class ChannelError extends Error {
  constructor(reason: Reason, options?: ErrorOptions);
  static of(reason: Reason): ChannelError;
  readonly reason: Reason;
  readonly code: ReasonName | 'UNKNOWN';
  readonly number: number;
  readonly origin: string;
  readonly hops: readonly string[];
}

/** The peer ended this channel; the session lives. */
export class ChannelReset extends ChannelError {}
/** The session ended. */
export class SessionLost extends ChannelError {}
/** A limit of either side was hit; the reason's text begins with its name. */
export class LimitExceeded extends ChannelError {}
/** The peer broke a rule, which the reason's text names. */
export class ProtocolViolation extends ChannelError {}
/** There is no session. */
export class ConnectFailed extends ChannelError {}
/** This one message could not be sent or received; the channel goes on. */
export class MessageRejected extends ChannelError {}

/** An end was used after it was closed here or sent away: a defect of the calling program. */
export class MisuseError extends Error {}

export interface Waiting {
  /** Gives up: the call rejects with the signal's reason, and nothing was sent or taken. */
  signal?: AbortSignal;
}

/** What stands for a reason where a program gives one: an error of ours keeps its own, anything else is FAILED with a text. */
export type ReasonLike = Reason | Error | string;

/**
 * The sending end of a channel. A `send` that resolves has given the ends inside the message away; one that rejects has
 * delivered nothing, and the caller still owns them.
 */
export interface Sender<T> {
  readonly capacity: number;
  /** Resolves with the reason when the channel has ended: END once everything was received. Never rejects. */
  readonly closed: Promise<Reason>;
  /** Whether this end is still the caller's to use. */
  readonly isOpen: boolean;
  /** Sends a message, waiting while the channel is full; with capacity 0 until a receiver took it. */
  send(message: T & NonNullable<unknown>, options?: Waiting): Promise<void>;
  /** Sends a message if there is room now; with capacity 0 always false. */
  trySend(message: T & NonNullable<unknown>): boolean;
  /** Waits until the application at the far end received every message sent so far. */
  flush(options?: Waiting): Promise<void>;
  /** The receiver gets everything sent so far and then the clean end. Sends that wait reject. */
  close(): void;
  /** The receiver gets everything sent so far and then an error with this reason. */
  fail(reason: ReasonLike): void;
}

/** The receiving end of a channel. */
export interface Receiver<T> extends AsyncIterable<T> {
  readonly capacity: number;
  /** Resolves with the reason when the channel has ended. Never rejects. */
  readonly closed: Promise<Reason>;
  /** Whether this end is still the caller's to use. */
  readonly isOpen: boolean;
  /** The next message; null at the clean end and only there. Rejects with whatever else ended the channel. */
  receive(options?: Waiting): Promise<T | null>;
  /** The next message if there is one now; undefined if there is none, null at the clean end. */
  poll(): T | null | undefined;
  /** Tells the sender to stop, by default with CANCELLED; what was not received is dropped. */
  close(reason?: ReasonLike): void;
  /** The messages until the clean end. Leaving the loop early leaves the channel open. */
  [Symbol.asyncIterator](): AsyncIterator<T>;
}

export interface Ends<T> {
  sender: Sender<T>;
  receiver: Receiver<T>;
}

/** A channel inside this program; either end, but not both, may be sent to a peer inside a message. */
export function channel<T = unknown>(capacity?: number): Ends<T>;

/** A two-way stream of bytes; each direction ends on its own. */
export class ByteStream {
  constructor(ends: { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> });
  /** Two connected ends in this program; either may be sent to a peer inside a message. */
  static pair(): [ByteStream, ByteStream];
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Fails both directions, here and at the other side. */
  reset(reason?: ReasonLike): void;
}

/** A file that a peer sent: its bytes from `position` to `size`. */
export class ReceivedFile {
  private constructor();
  readonly position: number;
  readonly size: number;
  readonly readable: ReadableStream<Uint8Array>;
}

/** What one peer may cost this program, and what it holds back. Each is at least 1; defaults are in DEFAULT_LIMITS. */
export interface Limits {
  maxMessageBytes: number;
  maxDepth: number;
  maxElements: number;
  maxStringBytes: number;
  maxAttachments: number;
  maxPendingReferences: number;
  maxStreams: number;
  maxBacklog: number;
  maxControlBytes: number;
  /** Bytes received and unread, of the whole session. */
  maxSessionBytes: number;
  /** Bytes sent and not yet handed to the WebSocket, of one channel: a send waits above it. */
  maxQueuedBytes: number;
  /** What the WebSocket may have buffered: nothing more is written above it. */
  maxBufferedBytes: number;
  maxIdleFrames: number;
  maxPings: number;
}

export const DEFAULT_LIMITS: Readonly<Limits>;

export interface SessionOptions {
  /** The name this side gives itself; the origin of its reasons. */
  node?: string;
  /** For the peer's authenticator, at most 4,096 bytes. */
  credentials?: Uint8Array | string;
  handshakeTimeout?: number;
  keepAliveInterval?: number;
  keepAliveTimeout?: number;
  referenceTimeout?: number;
  closeTimeout?: number;
  limits?: Partial<Limits>;
}

export interface ConnectOptions extends SessionOptions, Waiting {
  connectTimeout?: number;
  /** The class to use where the platform has none, such as that of the package ws. */
  WebSocket?: unknown;
}

export const DEFAULT_OPTIONS: Readonly<Required<Omit<SessionOptions, 'limits'>> & { connectTimeout: number }>;

export interface Peer {
  readonly agent: string;
  readonly node: string;
  readonly codecs: readonly string[];
  readonly streams: number;
  readonly messageBytes: number;
  readonly attachments: number;
}

/** A connection to a peer on which both sides open channels. When it is lost, every end fails; none sees a clean end. */
export interface Session {
  readonly peer: Peer;
  /** Resolves with the reason when the session has ended; SESSION_CLOSED where that was in good order. Never rejects. */
  readonly closed: Promise<Reason>;
  /** Opens a channel; waits only while the peer's limit of streams is reached. */
  open<T = unknown>(name?: string, options?: Waiting & { capacity?: number }): Promise<Sender<T>>;
  /** The next channel that the peer opens with this name. */
  accept<T = unknown>(name?: string, options?: Waiting): Promise<Receiver<T>>;
  /** Closes in good order: ends here fail, what was sent is written out. */
  close(): Promise<Reason>;
  /** Opens nothing new in either direction, waits until the open channels have ended, closes; whether all of them had. */
  drain(millis?: number): Promise<boolean>;
  /** Ends the session at once. */
  abort(reason?: ReasonLike): void;
}

/** A session with the server at a `ws:` or `wss:` address. Rejects with ConnectFailed, or with the signal's reason. */
export function connect(url: string | URL, options?: ConnectOptions): Promise<Session>;

/** A reliable, ordered pipe of bytes that is open. */
export interface Pipe {
  /** The bytes that were given and have not left. */
  readonly bufferedAmount: number;
  send(bytes: Uint8Array): void;
  close(reason: Reason | null): void;
  /** Set by the session, called by the pipe. */
  onbytes: (bytes: Uint8Array) => void;
  onclose: (reason: Reason | null) => void;
  ondrain?: () => void;
}

/** A session over any pipe, this side being the connecting one. */
export function connectOver(pipe: Pipe, options?: SessionOptions): Promise<Session>;
