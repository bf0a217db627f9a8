/**
 * The contracts that every transport, codec and engine passes, and the tools to write more: faults,
 * scripted peers, leak checks, a ledger.
 */
package io.libchan.testkit;
