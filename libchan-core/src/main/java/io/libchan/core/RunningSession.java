package io.libchan.core;

import io.libchan.Session;
import java.util.concurrent.CompletionStage;

/** A session of either wire, as the engine and its listeners see it. Thread-safe. */
public interface RunningSession extends Session {
  /** Starts; the session once the peer was admitted, or a {@link io.libchan.ChannelException}. */
  CompletionStage<Session> start();

  /** Runs a task on the thread that ends the session. */
  void whenOver(Runnable task);

  /** Whether there is a reason for the end; ports may not have been told yet. */
  boolean isEnding();

  /** Whether the connection is gone. */
  boolean isOver();

  /** Stops new top-level channels; returns at once. */
  void startDraining();

  /** Fails local ends and lets what was sent be written; returns at once. */
  void startClosing();

  /** Waits for the end, for so long; then, or when interrupted, cuts the connection. */
  void awaitOver(long nanos);
}
