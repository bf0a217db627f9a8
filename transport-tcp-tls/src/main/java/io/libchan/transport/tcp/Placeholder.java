package io.libchan.transport.tcp;

/** Keeps the package open until its first type arrives. Thread-safe. */
public final class Placeholder {
  private Placeholder() {}
}
