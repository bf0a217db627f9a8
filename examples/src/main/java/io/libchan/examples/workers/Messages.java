package io.libchan.examples.workers;

import io.libchan.Sender;
import io.libchan.calls.Call;

/** What dispatcher and workers say to each other. Thread-safe: immutable. */
final class Messages {
  private Messages() {}

  /** A text whose words are to be counted. */
  record Job(int number, String text) {}

  /** How many words there are, and who counted them. */
  record Result(int number, int words, String worker) {}

  /** A worker that offers itself: jobs are called on this channel. */
  record Registration(String worker, Sender<Call<Job, Result>> jobs) {}

  /** The worker is registered; there are so many now. */
  record Welcome(int workers) {}
}
