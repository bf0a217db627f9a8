/** The conformance runner: a peer that speaks the wire byte by byte, right and wrong. */
package io.libchan.conformance;
