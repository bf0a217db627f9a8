export { connect } from './websocket.js';
export { connectOver, DEFAULT_LIMITS, DEFAULT_OPTIONS } from './session.js';
export { channel } from './channels.js';
export { ByteStream, ReceivedFile } from './bytestreams.js';
export {
  Reason, ReasonCode, ChannelError, ChannelReset, SessionLost, LimitExceeded, ProtocolViolation, ConnectFailed, MessageRejected,
  MisuseError,
} from './reason.js';
