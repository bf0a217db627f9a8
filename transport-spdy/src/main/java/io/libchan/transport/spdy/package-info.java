/** The {@code spdy} and {@code spdys} transports, to speak with the Go reference, on Netty. */
package io.libchan.transport.spdy;
