/** The {@code unix} transport: sessions over Unix sockets, by path or abstract name. */
package io.libchan.transport.unix;
