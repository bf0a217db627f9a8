/** The service of {@code spec/conformance.md}, on this library. */
package io.libchan.conformance.peer;
