export { connect } from './websocket.js';
export { connectOver } from './session.js';
export { DEFAULT_LIMITS, DEFAULT_OPTIONS } from './options.js';
export { channel } from './channels.js';
export { ByteStream, ReceivedFile } from './bytestreams.js';
export {
  Reason, ReasonCode, ChannelError, ChannelReset, SessionLost, LimitExceeded, ProtocolViolation, ConnectFailed, MessageRejected,
  MisuseError,
} from './reason.js';
