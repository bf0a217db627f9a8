package io.libchan;

/**
 * Why a channel, byte stream or session ended. Rule CH-30.
 *
 * <p>The number space is open: a peer may send a number that this version does not know, and {@link
 * Reason#number()} keeps it while {@link Reason#code()} answers {@link #UNKNOWN}. Numbers from
 * {@value #FIRST_APPLICATION_NUMBER} belong to applications.
 *
 * <p>Thread-safe.
 */
public enum ReasonCode {
  /** The sender closed the channel and everything sent before was delivered. Not an error. */
  END(0),
  /** The receiver closed the channel. */
  CANCELLED(1),
  /** The sending application gave up, with a message of its own. */
  FAILED(2),
  /** The session was closed in good order by one of its two sides. */
  SESSION_CLOSED(3),
  /** The connection broke, or the peer's process went away. */
  CONNECTION_LOST(4),
  /** The peer was silent for longer than the keep-alive interval and time-out. */
  KEEPALIVE_TIMEOUT(5),
  /** The peer broke a rule of the specification. */
  PROTOCOL_ERROR(6),
  /** A limit was hit. The reason's message starts with the limit's name and a colon. */
  LIMIT(7),
  /** The peer refused: authentication failed, or nothing is served there. */
  REFUSED(8),
  /** A message named an attachment that never arrived, or that was already taken. */
  REF_NOT_FOUND(9),
  /** The peer does not support what was asked for, such as a codec. */
  UNSUPPORTED(10),
  /** Nobody took the attachment: unknown field, failed decode, dropped message. */
  UNCLAIMED(11),
  /** A deadline passed. */
  DEADLINE(12),
  /** The session accepts no new channels because it is draining. */
  DRAINING(13),
  /** A message does not fit the type that the receiver asked for. */
  TYPE_MISMATCH(14),
  /** The stream ended without the frame that ends a channel: what was sent may be incomplete. */
  TRUNCATED(15),
  /** A connection could not be set up at all. */
  CONNECT_FAILED(16),
  /** The message was withdrawn by its sender before a receiver took it. */
  WITHDRAWN(17),
  /** A defect or a lack of resources on one side. */
  INTERNAL(18),
  /** What was sent comes out where it was sent, so the channel goes on without its streams. */
  RETURNED(19),
  /** A number that this version does not know. */
  UNKNOWN(-1);

  /** The first number that applications may use for reasons of their own. */
  public static final int FIRST_APPLICATION_NUMBER = 0x1_0000;

  private static final ReasonCode[] BY_NUMBER = new ReasonCode[20];

  static {
    for (ReasonCode code : values()) {
      if (code != UNKNOWN) {
        BY_NUMBER[code.number] = code;
      }
    }
  }

  private final int number;

  ReasonCode(int number) {
    this.number = number;
  }

  /** The number on the wire; −1 for {@link #UNKNOWN}, which is never sent. */
  public int number() {
    return number;
  }

  /** The code of a number; {@link #UNKNOWN} where this version has no name for it. */
  public static ReasonCode of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
  }
}
