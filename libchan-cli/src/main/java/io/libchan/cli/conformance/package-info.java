/** The conformance runner, and this library as a peer for it. */
package io.libchan.cli.conformance;
