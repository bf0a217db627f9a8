/** The {@code tcp} and {@code tls} transports, on Netty. */
package io.libchan.transport.tcp;
