package io.libchan.codec.msgpack;

/** Keeps the package open until its first type arrives. Thread-safe. */
public final class Placeholder {
  private Placeholder() {}
}
