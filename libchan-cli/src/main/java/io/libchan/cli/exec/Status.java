package io.libchan.cli.exec;

/**
 * How a command ended.
 *
 * <p>Thread-safe: immutable.
 *
 * @param Status its exit status; 128 and the signal's number where a signal ended it
 */
record Status(int Status) {}
