/** The ports of spec/peers, as processes: with Java over TCP, and with each other through it. */
package io.libchan.it.peers;
