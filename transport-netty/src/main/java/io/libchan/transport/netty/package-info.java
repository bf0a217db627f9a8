/** The options of every transport on Netty: sockets, and TLS. */
package io.libchan.transport.netty;
