/** The {@code http} and {@code https} transports: HTTP/2, on Netty. */
package io.libchan.transport.http2;
