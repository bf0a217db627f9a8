/** The Go reference as a live peer. */
package io.libchan.it.spdy;
