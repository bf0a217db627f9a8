package io.libchan.it.proxy;

/** A text in a file of docs/proxies and what a test has instead of it. */
record Edit(String from, String to) {
  /** Fails where the file does not say that any more. */
  String in(String settings) {
    if (!settings.contains(from)) {
      throw new AssertionError("not in the file any more: " + from);
    }
    return settings.replace(from, to);
  }
}
