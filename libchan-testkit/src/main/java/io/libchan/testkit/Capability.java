package io.libchan.testkit;

/**
 * What a transport can do beyond the contract that all keep; a test that needs one skips without.
 */
public enum Capability {
  /** It is one byte pipe, so that faults can be put between it and the engine. */
  BYTE_CONNECTION,
  /** Streams arrive in the order in which they were opened. */
  OPENING_ORDER,
  /** Other processes can connect: an address is more than a name in this one. */
  NETWORK
}
