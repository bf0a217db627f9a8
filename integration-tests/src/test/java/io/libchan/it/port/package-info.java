/** Several wires on one port. */
package io.libchan.it.port;
