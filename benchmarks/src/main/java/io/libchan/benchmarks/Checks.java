package io.libchan.benchmarks;

/** A figure counts only if everything arrived. Thread-safe. */
final class Checks {
  private Checks() {}

  static void sameId(Sample sent, long repliedId) {
    if (sent.id() != repliedId) {
      throw new Mismatch("sent record " + sent.id() + ", the reply was " + repliedId);
    }
  }

  static void allReceived(long sent, Received received) {
    if (received.count() != sent || received.misplaced() != 0) {
      throw new Mismatch("sent " + sent + " records, the far end has " + received);
    }
  }

  static void sameLength(long sent, long read) {
    if (sent != read) {
      throw new Mismatch("sent a file of " + sent + " bytes, the far end has read " + read);
    }
  }

  static final class Mismatch extends IllegalStateException {
    private static final long serialVersionUID = 1;

    Mismatch(String message) {
      super(message);
    }
  }
}
