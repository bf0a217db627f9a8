package io.libchan.cli.demo;

import io.libchan.Receiver;
import io.libchan.Sender;
import java.io.InputStream;

/** What the demo's two sides say to each other. Thread-safe: immutable. */
final class Messages {
  private Messages() {}

  /** A value and nothing else. */
  record Value(long value) {}

  /** A request for a value's square, with the channel for the answer. */
  record Request(long value, Sender<Value> answer) {}

  /** The first of three nested channels. */
  record Outer(Sender<Middle> answer) {}

  /** The second. */
  record Middle(Sender<Inner> answer) {}

  /** The third. */
  record Inner(Sender<Value> answer) {}

  /** Bytes to be summed up. */
  record Blob(InputStream data, Sender<Digest> answer) {}

  /** The sum of some bytes. */
  record Digest(String sha256, long bytes) {}

  /** A wish for numbers from 1 on without end; {@code ended} tells why they ended. */
  record Subscription(Sender<Value> numbers, Sender<Ended> ended) {}

  /** Why a channel ended. */
  record Ended(String code, String message) {}

  /** Numbers to be received only after the gate opened. */
  record Gated(Receiver<Value> gate, Receiver<Value> numbers, Sender<Value> sum) {}

  /** A ball that goes there and back. */
  record PingPong(Receiver<Value> there, Sender<Value> back) {}
}
