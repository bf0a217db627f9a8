package io.libchan.core.sim;

/** What a run can meet. The build is red if 5,000 runs met one of them less often than that. */
enum Hit {
  CUT_IN_ORDER,
  CUT_BY_RESET,
  BODY_CUT(0), // over bodies only, as the next two
  BODIES_CUT(0),
  LIVED_ON(0),
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
  SENT_ON(10_000),
  RELAYED(7_000),
  RELAYED_TWICE(1_200),
  RELAYED_ENDS(1_200),
  RELAYED_RENDEZVOUS(1_400),
  RELAYED_WITHDRAWAL(150),
  ECHO(6_000),
  CUT_BY_CONNECTING(2_000),
  CUT_BY_LISTENING(2_000),
  LOOP_OF_RELAYS(700),
  MOVED_BEFORE_FENCE(350),
  HOME_AGAIN(350),
  REST_ELSEWHERE(600),
  BYTES_HOME_AGAIN(50),
  BYTES_REST_ELSEWHERE(25),
  LOST_LEG(100),
  REASON_OVER_HOPS(150);

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
