/** Unix sockets together with other transports. */
package io.libchan.it.unix;
