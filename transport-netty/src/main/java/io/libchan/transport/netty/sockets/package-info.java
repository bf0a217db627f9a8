/** Sockets, event loops and TLS, for libchan's own transports on Netty; not for applications. */
package io.libchan.transport.netty.sockets;
