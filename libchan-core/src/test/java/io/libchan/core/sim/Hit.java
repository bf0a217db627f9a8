package io.libchan.core.sim;

/** What a run can meet. The build is red if 5,000 runs met one of them less often than that. */
enum Hit {
  CUT_IN_ORDER,
  CUT_BY_RESET,
  FAILED_TO_START,
  STALL,
  SILENCE,
  SLOW_LINK,
  TRICKLE,
  OVERTAKEN,
  KEEPALIVE_TIMEOUT,
  CONNECTION_LOST,
  CLOSED,
  ABORTED,
  DRAINED,
  LIMIT,
  NO_STREAM_LEFT,
  ABOVE_WINDOW,
  NESTED_SENDER,
  NESTED_RECEIVER,
  NESTED_BYTES,
  DEPTH_3,
  SENT_BEFORE_MOVE,
  SKIPPED_END,
  DROPPED_END,
  REJECTED,
  RENDEZVOUS,
  WITHDRAWN,
  WITHDRAWN_TOO_LATE,
  TAKEN_BACK,
  WAIT_GIVEN_UP,
  FLUSHED,
  CANCELLED,
  FAILED,
  CLEAN_END,
  BYTES_ENDED,
  BYTES_RESET,
  INPUT_CLOSED,
  LOST_END,
  LOST_LOCALLY,
  IDLE_CHECK,
  SENT_ON(5_000),
  RELAYED(5_000),
  RELAYED_TWICE(500),
  RELAYED_ENDS(500),
  RELAYED_RENDEZVOUS(500),
  RELAYED_WITHDRAWAL(50),
  ECHO(500),
  CUT_BY_CONNECTING(200),
  CUT_BY_LISTENING(200),
  LOOP_OF_RELAYS(50),
  MOVED_BEFORE_FENCE(50),
  HOME_AGAIN(200),
  REST_ELSEWHERE(200),
  LOST_LEG(50),
  REASON_OVER_HOPS(50);

  private final int least;

  Hit() {
    this(1);
  }

  Hit(int least) {
    this.least = least;
  }

  /** How often 5,000 runs are to meet it. */
  int least() {
    return least;
  }
}
